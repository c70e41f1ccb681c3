"""Heatmaps and what is read from them: deconvolutions and the soft-argmax of integral regression (Sun et al., 2018)."""

from __future__ import annotations

import torch
from torch import nn


def deconv_layers(inputs: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Each ×2: ConvTranspose2d kernel 4, stride 2, padding 1, no bias → BatchNorm → ReLU (paper section 5.3)."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [
            nn.ConvTranspose2d(inputs, width, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        ]
        inputs = width
    return nn.Sequential(*layers)


def heatmap_cells(input_size: int, deconvs: int) -> int:
    """Cells a side of the heatmap of a crop of ``input_size`` px: stride 32, then each deconvolution doubles."""
    return -(-input_size // 32) * 2**deconvs


def init_head(module: nn.Module) -> None:
    """Normal with σ = 0.001 for everything that is not the backbone, biases zero (paper section 7)."""
    for m in module.modules():
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(m.weight, std=0.001)
            if m.bias is not None:
                nn.init.zeros_(m.bias)


def expectation(probability: torch.Tensor, cell_offset: float = 0.0) -> torch.Tensor:
    """(..., S) probabilities over cells → (...) expected cell coordinate, cell i lying at i + ``cell_offset``."""
    cells = torch.arange(probability.shape[-1], device=probability.device, dtype=probability.dtype) + cell_offset
    return (probability * cells).sum(-1)


def soft_argmax(heatmaps: torch.Tensor, depth_cells: int, cell_offset: float = 0.0) -> torch.Tensor:
    """Expected position under a softmax over the whole volume.

    Args:
        heatmaps: (N, J * depth_cells, H, W) logits.

    Returns:
        (N, J, 3) x, y, z in cells; z is ``cell_offset`` for ``depth_cells`` = 1.
    """
    n, channels, height, width = heatmaps.shape
    shape = (n, channels // depth_cells, depth_cells, height, width)
    volume = heatmaps.float().reshape(shape).flatten(2).softmax(-1).reshape(shape)
    x = expectation(volume.sum((2, 3)), cell_offset)
    y = expectation(volume.sum((2, 4)), cell_offset)
    z = expectation(volume.sum((3, 4)), cell_offset)
    return torch.stack([x, y, z], -1)
