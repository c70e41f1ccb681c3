"""What the ONNX files compute, as torch modules: uint8 crops in, sides of the crop and millimetres out.

The same modules are exported and run by the torch runtime, so that no preprocessing or unit can differ.
Inputs: ``crops`` (N, S, S, 3) uint8 RGB and, for RootNet, ``k`` (N,) mm. Outputs: ``root`` (N, 3) and ``depth_std_mm``
(N,), or ``joints`` (N, J, 3) and ``std`` (N, J, 2); standard deviations only from networks that estimate them.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from people3d.models import PoseNet, RootNet

INPUTS = {"rootnet": ("crops", "k"), "posenet": ("crops",)}
_SQRT2 = math.sqrt(2)  # standard deviation of a Laplace distribution of scale 1
# Scales that training can reach; beyond, a stray network would give infinite deviations.
LOG_SCALE_RANGE = (-8.0, 4.0)


class Normalise(nn.Module):
    """(N, S, S, 3) uint8 → (N, 3, S, S): (pixel * scale - mean) / std."""

    factor: torch.Tensor
    shift: torch.Tensor

    def __init__(self, scale: float, mean: list[float], std: list[float]):
        super().__init__()
        self.register_buffer("factor", (scale / torch.tensor(std)).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("shift", (torch.tensor(mean) / torch.tensor(std)).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        return crops.permute(0, 3, 1, 2).float() * self.factor - self.shift


class RootGraph(nn.Module):
    """Crops and k → root (x, y in sides of the crop, depth in mm) and, if estimated, the depth's standard deviation."""

    def __init__(self, network: RootNet, preprocessing: dict[str, Any]):
        super().__init__()
        self.normalise = _normalise(preprocessing)
        self.network = network
        self.heatmap_cells = network.cells(preprocessing["input_size"])

    @property
    def outputs(self) -> tuple[str, ...]:
        return ("root",) if self.network.scale_layer is None else ("root", "depth_std_mm")

    def forward(self, crops: torch.Tensor, k: torch.Tensor) -> tuple[torch.Tensor, ...]:
        images = self.normalise(crops)
        if self.network.scale_layer is None:
            root = self.network(images, k)
            return (torch.cat([root[:, :2] / self.heatmap_cells, root[:, 2:]], 1),)
        xy, gamma, log_scale = self.network.forward_with_scale(images)
        depth = gamma * k
        std = _SQRT2 * log_scale.clamp(*LOG_SCALE_RANGE).exp() * depth.abs()
        return torch.cat([xy / self.heatmap_cells, depth[:, None]], 1), std


class PoseGraph(nn.Module):
    """Crops → joints (x, y in sides of the crop, z in mm) and, if estimated, their standard deviations (same units)."""

    def __init__(self, network: PoseNet, preprocessing: dict[str, Any]):
        super().__init__()
        self.normalise = _normalise(preprocessing)
        self.network = network
        self.heatmap_cells = network.cells(preprocessing["input_size"])

    @property
    def outputs(self) -> tuple[str, ...]:
        return ("joints",) if self.network.scale_layer is None else ("joints", "std")

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
        images = self.normalise(crops)
        if self.network.scale_layer is None:
            return (self._units(self.network(images)),)
        joints, _, log_scale = self.network.forward_with_scale(images)
        std = _SQRT2 * log_scale.clamp(*LOG_SCALE_RANGE).exp()
        return self._units(joints), torch.stack([std[..., 0], std[..., 1] * 1000], -1)

    def _units(self, joints: torch.Tensor) -> torch.Tensor:
        return torch.cat([joints[..., :2] / self.heatmap_cells, self.network.depth_mm(joints[..., 2:])], -1)


def _normalise(preprocessing: dict[str, Any]) -> Normalise:
    return Normalise(preprocessing["scale"], preprocessing["mean"], preprocessing["std"])


def build_graph(
    kind: str, arguments: dict[str, Any], preprocessing: dict[str, Any], state: dict[str, torch.Tensor]
) -> RootGraph | PoseGraph:
    """The graph of a network with these constructor arguments and weights, in evaluation mode.

    Args:
        preprocessing: ``{input_size, scale, mean, std}``.

    Raises:
        ValueError: arguments, preprocessing or weights do not fit the network.
    """
    try:
        network = {"rootnet": RootNet, "posenet": PoseNet}[kind](**arguments)
        network.load_state_dict(state)
        graph = RootGraph if kind == "rootnet" else PoseGraph
        return graph(network, preprocessing).eval()
    except (KeyError, TypeError, RuntimeError, AttributeError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(f"{kind}: arguments or weights do not fit: {' '.join(lines[:2])[:300]}") from error
