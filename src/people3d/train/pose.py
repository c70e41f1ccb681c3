"""PoseNet's training: L1 between estimated and true joints (Eq. 4 of the paper), on packed crops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from people3d.data.augment import Batch
from people3d.models.posenet import DEPTH_RANGE_MM, PoseNet
from people3d.train.crop_task import PICTURES, CropTask, laplace_nll
from people3d.train.pictures import draw_skeletons, grid

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
        return pose_loss(self.model, self.inputs(batch), batch, self.heatmap_weight)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        assert isinstance(model, PoseNet)
        return evaluate_pose(self, model)

    def pictures(self, model: nn.Module) -> dict[str, np.ndarray]:
        """For each held-out pack a picture of some people with their true and predicted joints."""
        assert isinstance(model, PoseNet)
        return pose_pictures(self, model)


def pose_loss(
    network: PoseNet, inputs: torch.Tensor, batch: Batch, heatmap_weight: float
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of PoseNet on ``inputs``, the batch's images or, for a head, its features.

    Args:
        heatmap_weight: of the heatmaps' cross-entropy, which is ours; 0 leaves Eq. 4.
    """
    device = inputs.device
    target = torch.from_numpy(batch.joints).to(device)
    weights = torch.from_numpy(batch.weights).to(device)
    count = weights[..., 0].sum().clamp(min=1)
    joints, logits, log_scale = network.read(inputs)
    cells = torch.tensor([logits.shape[3], logits.shape[2]], device=device)
    xy_error = (joints[..., :2] / cells - target[..., :2]).abs()
    z_error = (network.depth_mm(joints[..., 2]) - target[..., 2]).abs() / (2 * DEPTH_RANGE_MM)
    # Eq. 4 as in the released code: the mean of |dx| + |dy| + have_depth * |dz| over 3; over the joints that are seen.
    l1 = LOSS_CELLS * ((xy_error.sum(-1) * weights[..., 0]) + z_error * weights[..., 1]) / 3
    loss = l1 = l1.sum() / count
    figures = {"l1": float(l1.detach())}
    if heatmap_weight:
        cross_entropy = heatmap_cross_entropy(
            logits, network.depth_cells, target[..., :2], weights[..., 0], network.cell_offset
        )
        loss = loss + heatmap_weight * cross_entropy
        figures["ce"] = float(cross_entropy.detach())
    with torch.no_grad():
        wz = weights[..., 1]
        figures["px256"] = 256 * float((xy_error.square().sum(-1).sqrt() * weights[..., 0]).sum() / count)
        figures["z_mm"] = 2 * DEPTH_RANGE_MM * float((z_error * wz).sum() / wz.sum().clamp(min=1))
    if log_scale is not None:
        nll = laplace_nll(xy_error.detach().sum(-1) / 2, log_scale[..., 0]) * weights[..., 0]
        nll = nll + laplace_nll(z_error.detach() * 2 * DEPTH_RANGE_MM / 1000, log_scale[..., 1]) * weights[..., 1]
        nll = nll.sum() / count
        loss = loss + 0.1 * nll
        figures["nll"] = float(nll.detach())
    return loss, figures


@torch.no_grad()
def evaluate_pose(task: CropTask, network: PoseNet, backbone: nn.Module | None = None) -> dict[str, float]:
    """For each held-out pack: mean x, y error in px of a 256 px crop and mean |z| error in mm.

    Args:
        backbone: gives ``network`` its features where it has no backbone of its own.
    """
    network.eval()
    if backbone is not None:
        backbone.eval()
    figures = {}
    for name, pack in task.held_out.items():
        sums = np.zeros(4)
        for batch in task.held_out_batches(pack):
            joints = _answer(task, network, backbone, batch)
            distance = 256 * np.linalg.norm(joints[..., :2] - batch.joints[..., :2], axis=-1)
            z = np.abs(joints[..., 2] - batch.joints[..., 2])
            w = batch.weights
            sums += [(distance * w[..., 0]).sum(), w[..., 0].sum(), (z * w[..., 1]).sum(), w[..., 1].sum()]
        figures[f"{name}_px256"] = sums[0] / max(sums[1], 1)
        figures[f"{name}_z_mm"] = sums[2] / max(sums[3], 1)
    return figures


@torch.no_grad()
def pose_pictures(task: CropTask, network: PoseNet, backbone: nn.Module | None = None) -> dict[str, np.ndarray]:
    """As :meth:`PoseTask.pictures`."""
    network.eval()
    pictures = {}
    for name, pack in task.held_out.items():
        batch = next(task.held_out_batches(pack, PICTURES))
        joints = _answer(task, network, backbone, batch)
        true = np.where(batch.weights[..., :1] > 0, batch.joints[..., :2], np.nan)
        pictures[f"{name}_pose"] = grid(draw_skeletons(batch.images, true, joints[..., :2], network.skeleton.edges))
    return pictures


def _answer(task: CropTask, network: PoseNet, backbone: nn.Module | None, batch: Batch) -> np.ndarray:
    """(N, J, 3): x, y in sides of the crop, z in mm."""
    inputs = task.inputs(batch, network)
    joints = network(inputs if backbone is None else backbone(inputs))
    xy = joints[..., :2] / network.cells(task.input_size)
    return torch.cat([xy, network.depth_mm(joints[..., 2:])], -1).cpu().numpy()
