"""RootNet's training: L1 on the root's pixel and on its depth (Eq. 3 of the paper), on packed crops.

By default the depth error is the logarithm of predicted over true depth, which is that of γ over the true γ: no focal
length enters it, and near and far people weigh the same. The paper's recipes use the released code's millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from people3d.data.augment import Batch
from people3d.models.rootnet import RootNet
from people3d.train.crop_task import PICTURES, CropTask, laplace_nll
from people3d.train.pictures import draw_roots, grid

MIN_GAMMA = 0.05  # below, where the logarithm would run away, the error grows linearly
DEPTH_WEIGHT = 10.0  # of the relative depth error against the pixel error in crop sides
LOSS_CELLS = 64.0  # "mm": pixel errors are counted in 64ths of the crop, as in the released code
NOMINAL_FOCAL_PX = 1500.0  # "mm": packs hold Z / f; the released code's focal length where a set has none


@dataclass
class RootTask(CropTask):
    """A :class:`people3d.train.loop.Task` for RootNet."""

    depth_loss: str = "log"
    network: str = "rootnet"

    def loss(self, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        return root_loss(self.model, self.inputs(batch), batch, self.mixture.skeleton.root, self.depth_loss)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        assert isinstance(model, RootNet)
        return evaluate_root(self, model)

    def pictures(self, model: nn.Module) -> dict[str, np.ndarray]:
        """For each held-out pack a picture of some people with their true and predicted roots."""
        assert isinstance(model, RootNet)
        return root_pictures(self, model)


def root_loss(
    network: RootNet, inputs: torch.Tensor, batch: Batch, root: int, depth_loss: str
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of RootNet on ``inputs``, the batch's images or, for a head, its features.

    Args:
        depth_loss: ``log``, or ``mm``: Eq. 3 as in the released code, the mean of |Δx| + |Δy| in 64ths of the crop and
            |ΔZ| in mm over 3, for a camera of ``NOMINAL_FOCAL_PX``.
    """
    device = inputs.device
    target = torch.from_numpy(batch.joints[:, root, :2]).to(device)
    weight = torch.from_numpy(batch.weights[:, root, 0]).to(device)
    gamma = torch.from_numpy(batch.gamma).to(device)
    known = torch.isfinite(gamma) & (gamma > 0)
    gamma = torch.where(known, gamma, torch.ones_like(gamma))
    count = known.sum().clamp(min=1)
    xy, predicted, log_scale = network.read(inputs)
    xy_error = (xy / network.cells(batch.images.shape[1]) - target).abs().sum(1) * weight
    # |log| and not |ratio - 1|, which forgives too near more than too far: it left RootNet 7 % too near.
    relative = (predicted.clamp(min=MIN_GAMMA).log() - gamma.log()).abs() + (MIN_GAMMA - predicted).clamp(min=0)
    mean_xy = xy_error.sum() / weight.sum().clamp(min=1)
    mean_relative = (relative * known).sum() / count
    if depth_loss == "log":
        loss = 10 * mean_xy + DEPTH_WEIGHT * mean_relative
    elif depth_loss == "mm":
        depth = torch.from_numpy(np.nan_to_num(batch.depth_over_focal)).to(device) * NOMINAL_FOCAL_PX
        depth_error = ((predicted / gamma - 1).abs() * depth * known).mean()
        loss = (LOSS_CELLS * xy_error.mean() + depth_error) / 3
    else:
        raise ValueError(f"depth_loss: expected log or mm, got {depth_loss!r}")
    figures = {"xy": float(mean_xy.detach()), "depth": float(mean_relative.detach())}
    if log_scale is not None:
        nll = (laplace_nll(relative.detach(), log_scale) * known).sum() / count
        figures["nll"] = float(nll.detach())
        loss = loss + 0.1 * nll
    return loss, figures


@torch.no_grad()
def evaluate_root(task: CropTask, network: RootNet, backbone: nn.Module | None = None) -> dict[str, float]:
    """For each held-out pack: mean |ΔZ|/Z of the network (``depth``), of k alone (``k``, γ = 1) and of k times the best
    constant γ (``constant``), and the mean distance of the root's pixel in px of a 256 px crop (``root_px256``).

    Args:
        backbone: gives ``network`` its features where it has no backbone of its own.
    """
    network.eval()
    if backbone is not None:
        backbone.eval()
    root, figures = task.mixture.skeleton.root, {}
    for name, pack in task.held_out.items():
        columns = []
        for batch in task.held_out_batches(pack):
            xy, gamma = _answer(task, network, backbone, batch)
            distance = 256 * np.linalg.norm(xy - batch.joints[:, root, :2], axis=-1)
            columns.append(np.stack([gamma, batch.gamma, distance, batch.weights[:, root, 0]]))
        p, t, distance, weight = np.concatenate(columns, 1)
        figures[f"{name}_root_px256"] = float((distance * weight).sum() / max(weight.sum(), 1))
        known = np.isfinite(t)
        if known.any():
            p, t = p[known], t[known]
            figures[f"{name}_depth"] = float(np.abs(p / t - 1).mean())
            figures[f"{name}_k"] = float(np.abs(1 / t - 1).mean())
            constants = np.linspace(0.5, 2, 151)
            figures[f"{name}_constant"] = float(np.abs(constants[:, None] / t - 1).mean(1).min())
    return figures


@torch.no_grad()
def root_pictures(task: CropTask, network: RootNet, backbone: nn.Module | None = None) -> dict[str, np.ndarray]:
    """As :meth:`RootTask.pictures`."""
    network.eval()
    root, pictures = task.mixture.skeleton.root, {}
    for name, pack in task.held_out.items():
        batch = next(task.held_out_batches(pack, PICTURES))
        xy, gamma = _answer(task, network, backbone, batch)
        pictures[f"{name}_root"] = grid(draw_roots(batch.images, batch.joints[:, root, :2], xy, gamma / batch.gamma))
    return pictures


def _answer(
    task: CropTask, network: RootNet, backbone: nn.Module | None, batch: Batch
) -> tuple[np.ndarray, np.ndarray]:
    """x, y in sides of the crop (N, 2) and γ (N,)."""
    inputs = task.inputs(batch, network)
    xy, gamma, _ = network.read(inputs if backbone is None else backbone(inputs))
    return (xy / network.cells(task.input_size)).cpu().numpy(), gamma.cpu().numpy()
