"""RootNet's training: L1 on the root's pixel and on its depth (Eq. 3 of the paper), on packed crops.

The depth error is the logarithm of predicted over true depth, which is that of γ over the true γ: no focal length
enters it, and near and far people weigh the same. (The released code adds millimetres to heatmap units.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from people3d.data.augment import Batch
from people3d.models.rootnet import RootNet
from people3d.skeleton import get_skeleton
from people3d.train.crop_task import CropTask, laplace_nll, to_input

ROOT = get_skeleton("muco21").root
MIN_GAMMA = 0.05  # below, where the logarithm would run away, the error grows linearly
DEPTH_WEIGHT = 10.0  # of the relative depth error against the pixel error in crop sides


@dataclass
class RootTask(CropTask):
    """A :class:`people3d.train.loop.Task` for RootNet."""

    network: str = "rootnet"

    def loss(self, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        device = next(self.model.parameters()).device
        images = to_input(batch.images, device)
        target = torch.from_numpy(batch.joints[:, ROOT, :2]).to(device)
        weight = torch.from_numpy(batch.weights[:, ROOT, 0]).to(device)
        gamma = torch.from_numpy(batch.gamma).to(device)
        known = torch.isfinite(gamma) & (gamma > 0)
        gamma = torch.where(known, gamma, torch.ones_like(gamma))
        xy, predicted, log_scale = self.model.forward_with_scale(images)
        cells = heatmap_cells(self.model, images.shape[-1])
        xy_error = ((xy / cells - target).abs().sum(1) * weight).sum() / weight.sum().clamp(min=1)
        # |log| and not |ratio - 1|, which forgives too near more than too far: it left RootNet 7 % too near.
        relative = (predicted.clamp(min=MIN_GAMMA).log() - gamma.log()).abs() + (MIN_GAMMA - predicted).clamp(min=0)
        count = known.sum().clamp(min=1)
        depth_error = (relative * known).sum() / count
        nll = (laplace_nll(relative.detach(), log_scale) * known).sum() / count
        figures = {"xy": float(xy_error.detach()), "depth": float(depth_error.detach()), "nll": float(nll.detach())}
        return 10 * xy_error + DEPTH_WEIGHT * depth_error + 0.1 * nll, figures

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """For each held-out pack the mean |ΔZ|/Z of the network and of k times the best constant γ."""
        assert isinstance(model, RootNet)
        model.eval()
        device = next(model.parameters()).device
        figures = {}
        for name, pack in self.held_out.items():
            predicted, true = [], []
            for batch in self.held_out_batches(pack):
                images = to_input(batch.images, device)
                predicted.append(model(images, torch.ones(len(images), device=device))[:, 2].cpu().numpy())
                true.append(batch.gamma)
            p, t = np.concatenate(predicted), np.concatenate(true)
            known = np.isfinite(t)
            if known.any():
                p, t = p[known], t[known]
                figures[f"{name}_depth"] = float(np.abs(p / t - 1).mean())
                constants = np.linspace(0.5, 2, 151)
                figures[f"{name}_constant"] = float(np.abs(constants[:, None] / t - 1).mean(1).min())
        return figures


def heatmap_cells(model: RootNet, size: int) -> int:
    """Cells along a side of the root's heatmap for inputs of ``size`` px."""
    return size // 32 * 2 ** (len(model.root.deconv_layers) // 3)
