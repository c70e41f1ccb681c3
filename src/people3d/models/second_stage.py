"""A second stage of PoseNet's head: it sees where the first one puts every joint, and corrects it.

After the convolutional pose machines of Wei et al. (CVPR 2016). Each joint of the first stage is found by itself: of
two legs that look alike, left and right may both land on the one that is plainer to see. Here all joints' probabilities
are input, and wide kernels at half the heatmaps' resolution reach from one leg to the other.
"""

from __future__ import annotations

import torch
from torch import nn

from people3d.models.efficientnet_lite import MBConv
from people3d.models.heatmap import deconv_layers

_BLOCKS, _KERNEL, _EXPANSION = 3, 7, 2
_PROBABILITY_SCALE = 16.0  # a joint that is sure of its place has about 0.1 in one cell; the features are about 1


class SecondStage(nn.Module):
    """Features and logits of the first stage → logits of the second, of the same shape.

    At first it changes nothing, so that a network that was trained without goes on from where it was.

    Args:
        channels: of the features.
        width: channels at half the heatmaps' resolution.
    """

    def __init__(self, channels: int, joints: int, depth_cells: int, width: int):
        super().__init__()
        self.depth_cells = depth_cells
        self.down = nn.Sequential(
            nn.Conv2d(channels + 2 * joints, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.blocks = nn.Sequential(*(MBConv(width, width, _KERNEL, 1, _EXPANSION) for _ in range(_BLOCKS)))
        self.up = deconv_layers(width, (channels,))
        self.lateral = nn.Conv2d(channels, channels, 1, bias=False)
        self.final_layer = nn.Conv2d(channels, joints * depth_cells, 1)
        nn.init.zeros_(self.final_layer.weight)
        nn.init.zeros_(self.final_layer.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, features: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W), (N, J * D, H, W) → (N, J * D, H, W)."""
        h, w = features.shape[-2:]
        x = self.blocks(self.down(torch.cat([features, self._joints_seen(logits)], 1)))
        deconvolution, *norm_and_relu = self.up
        x = deconvolution(x)[..., :h, :w] + self.lateral(features)
        for layer in norm_and_relu:
            x = layer(x)
        return logits + self.final_layer(x)

    def _joints_seen(self, logits: torch.Tensor) -> torch.Tensor:
        """(N, 2 J, H, W): each joint's probability of lying in a cell, and that times its z there, -1..1."""
        n, channels, h, w = logits.shape
        joints = channels // self.depth_cells
        shape = (n, joints, self.depth_cells, h, w)
        volume = logits.float().reshape(n, joints, -1).softmax(-1).reshape(shape) * _PROBABILITY_SCALE
        z = (torch.arange(self.depth_cells, device=logits.device) + 0.5) * (2 / self.depth_cells) - 1
        seen = torch.cat([volume.sum(2), (volume * z[:, None, None]).sum(2)], 1)
        return seen.to(logits.dtype)
