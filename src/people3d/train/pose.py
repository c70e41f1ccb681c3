"""PoseNet's training: L1 between estimated and true joints (Eq. 4 of the paper), on packed crops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from people3d.data.augment import Batch
from people3d.models.posenet import DEPTH_RANGE_MM, PoseNet
from people3d.train.crop_task import CropTask, laplace_nll, to_input

LOSS_CELLS = 64.0  # errors are counted in 64ths of the crop and of the depth range, as in the released code


def heatmap_cross_entropy(
    logits: torch.Tensor, depth_cells: int, joints: torch.Tensor, weight: torch.Tensor, offset: float
) -> torch.Tensor:
    """Cross-entropy between the x, y marginal of the volume and a Gaussian of one cell about the true joint.

    Args: (N, J * D, H, W) logits; (N, J, 2) x, y in 0..1; (N, J) weights. Returns the weighted mean.
    """
    n, channels, h, w = logits.shape
    j = channels // depth_cells
    marginal = logits.float().reshape(n, j, depth_cells, h * w).logsumexp(2).log_softmax(-1)
    columns = torch.arange(w, device=logits.device) + offset
    rows = torch.arange(h, device=logits.device) + offset
    x = -((columns - joints[..., :1] * w) ** 2) / 2
    y = -((rows - joints[..., 1:] * h) ** 2) / 2
    target = (y[..., :, None] + x[..., None, :]).reshape(n, j, h * w).softmax(-1)
    return (-(target * marginal).sum(-1) * weight).sum() / weight.sum().clamp(min=1)


@dataclass
class PoseTask(CropTask):
    """A :class:`people3d.train.loop.Task` for PoseNet."""

    heatmap_weight: float = 0.1
    network: str = "posenet"

    def loss(self, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        device = next(self.model.parameters()).device
        target = torch.from_numpy(batch.joints).to(device)
        weights = torch.from_numpy(batch.weights).to(device)
        joints, logits, log_scale = self.model.forward_with_scale(to_input(batch.images, device))
        cells = torch.tensor([logits.shape[3], logits.shape[2]], device=device)
        xy_error = (joints[..., :2] / cells - target[..., :2]).abs()
        z_error = (self.model.depth_mm(joints[..., 2]) - target[..., 2]).abs() / (2 * DEPTH_RANGE_MM)
        # Eq. 4 as in the released code: the mean of |dx| + |dy| + have_depth * |dz| over 3.
        l1 = LOSS_CELLS * ((xy_error.sum(-1) * weights[..., 0]) + z_error * weights[..., 1]) / 3
        l1 = l1.sum() / weights[..., 0].sum().clamp(min=1)
        cross_entropy = heatmap_cross_entropy(
            logits, self.model.depth_cells, target[..., :2], weights[..., 0], self.model.cell_offset
        )
        nll = laplace_nll(xy_error.detach().sum(-1) / 2, log_scale[..., 0]) * weights[..., 0]
        nll = nll + laplace_nll(z_error.detach() * 2 * DEPTH_RANGE_MM / 1000, log_scale[..., 1]) * weights[..., 1]
        nll = nll.sum() / weights[..., 0].sum().clamp(min=1)
        with torch.no_grad():
            wz = weights[..., 1]
            figures = {
                "l1": float(l1),
                "ce": float(cross_entropy),
                "px256": 256
                * float(
                    (xy_error.square().sum(-1).sqrt() * weights[..., 0]).sum() / weights[..., 0].sum().clamp(min=1)
                ),
                "z_mm": 2 * DEPTH_RANGE_MM * float((z_error * wz).sum() / wz.sum().clamp(min=1)),
                "nll": float(nll),
            }
        return l1 + self.heatmap_weight * cross_entropy + 0.1 * nll, figures

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """For each held-out pack: mean x, y error in px of a 256 px crop and mean |z| error in mm."""
        assert isinstance(model, PoseNet)
        model.eval()
        device = next(model.parameters()).device
        figures = {}
        for name, pack in self.held_out.items():
            sums = np.zeros(4)
            for batch in self.held_out_batches(pack):
                volume = model.volume(to_input(batch.images, device))
                joints = _joints(model, volume).cpu().numpy()
                distance = 256 * np.linalg.norm(joints[..., :2] - batch.joints[..., :2], axis=-1)
                z = np.abs(joints[..., 2] - batch.joints[..., 2])
                w = batch.weights
                sums += [(distance * w[..., 0]).sum(), w[..., 0].sum(), (z * w[..., 1]).sum(), w[..., 1].sum()]
            figures[f"{name}_px256"] = sums[0] / max(sums[1], 1)
            figures[f"{name}_z_mm"] = sums[2] / max(sums[3], 1)
        return figures


def _joints(model: PoseNet, volume: torch.Tensor) -> torch.Tensor:
    """(N, J, 3): x, y in sides of the crop, z in mm."""
    from people3d.models.heatmap import soft_argmax

    joints = soft_argmax(volume, model.depth_cells, model.cell_offset)
    cells = torch.tensor([volume.shape[3], volume.shape[2]], device=volume.device)
    return torch.cat([joints[..., :2] / cells, model.depth_mm(joints[..., 2:])], -1)
