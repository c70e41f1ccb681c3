"""The network that lifts a 2D pose to 3D (Martinez et al., ICCV 2017), for the baseline of the paper's Table 7."""

from __future__ import annotations

import torch
from torch import nn

from people3d.skeleton import Skeleton, get_skeleton

UNIT_MM = 1000.0  # of the network's output


class _Residual(nn.Module):
    """Two linear layers, each with batch norm, ReLU and dropout, around which the input is led."""

    def __init__(self, width: int, dropout: float):
        super().__init__()
        self.layers = nn.Sequential(*_layer(width, width, dropout), *_layer(width, width, dropout))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x)


def _layer(inputs: int, outputs: int, dropout: float) -> list[nn.Module]:
    return [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True), nn.Dropout(dropout)]


class LiftingNet(nn.Module):
    """2D pose → root-relative 3D pose in the camera's axes. Width, depth and dropout are Martinez et al.'s.

    Ours: the pose is moved and scaled to a standard place in the network instead of with a data set's mean, so that any
    camera serves, and joints may be missing, so that skeletons that share most of their joints do.

    Args:
        skeleton: name; its joints are the network's, its root the origin of what comes out.
        width: units a layer.
        blocks: residual blocks of two layers each.
        dropout: share of the units that are dropped in training.
    """

    def __init__(self, skeleton: str | Skeleton = "muco17", width: int = 1024, blocks: int = 2, dropout: float = 0.5):
        super().__init__()
        self.skeleton = get_skeleton(skeleton)
        joints = len(self.skeleton)
        self.layers = nn.Sequential(
            *_layer(3 * joints, width, dropout),
            *(_Residual(width, dropout) for _ in range(blocks)),
            nn.Linear(width, 3 * joints),
        )

    def forward(self, joints_px: torch.Tensor) -> torch.Tensor:
        """(N, J, 2) px, NaN where not known → (N, J, 3) mm relative to the root: x right, y down, z forward."""
        known = torch.isfinite(joints_px).all(-1, keepdim=True)
        centred = torch.cat([normalise(joints_px), known.to(joints_px.dtype)], -1)
        out = self.layers(centred.flatten(1)).reshape(-1, len(self.skeleton), 3) * UNIT_MM
        return out - out[:, self.skeleton.root, None]


def normalise(joints_px: torch.Tensor) -> torch.Tensor:
    """(N, J, 2) px → the same about the mean of the joints that are known, their mean distance from it 1; others 0.

    Nobody is known of whom no joint, or only one, is: all 0.
    """
    known = torch.isfinite(joints_px).all(-1, keepdim=True)
    count = known.sum(1, keepdim=True).clamp(min=1)
    filled = torch.where(known, joints_px, torch.zeros_like(joints_px))
    centred = (filled - filled.sum(1, keepdim=True) / count) * known
    size = (centred.norm(dim=-1, keepdim=True).sum(1, keepdim=True) / count).clamp(min=1e-3)
    return centred / size
