"""RootNet: where a person's root is and how far from the camera (paper section 5)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from people3d.models.backbones import Features, build_backbone
from people3d.models.heatmap import deconv_layers, heatmap_cells, init_head, soft_argmax
from people3d.models.posenet import load_strict
from people3d.models.released import released_state


class RootHead(nn.Module):
    """Features → root heatmap logits (N, 1, H, W) and γ (N,)."""

    def __init__(self, inputs: int, deconv_widths: tuple[int, ...]):
        super().__init__()
        self.deconv_layers = deconv_layers(inputs, deconv_widths)
        self.xy_layer = nn.Conv2d(deconv_widths[-1] if deconv_widths else inputs, 1, 1)
        self.depth_layer = nn.Conv2d(inputs, 1, 1)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pooled = features.mean((2, 3), keepdim=True)
        return self.xy_layer(self.deconv_layers(features)), self.depth_layer(pooled).reshape(-1)


class RootNet(nn.Module):
    """2D heatmap for the root's pixel; global average pool and a 1×1 convolution for γ; depth = γ·k.

    The defaults are the paper's. γ comes from the image alone and does not belong to a camera (section 5.2).

    Args:
        backbone: a name of ``BACKBONES``; or ``Features``, where ``images`` below are another network's features.
        deconv_widths: channels of each ×2 deconvolution.
        cell_offset: as in ``PoseNet``.
        uncertainty: also learn the Laplace scale of the relative depth error (:meth:`forward_with_scale`).
    """

    def __init__(
        self,
        backbone: str | Features = "resnet50",
        deconv_widths: tuple[int, ...] = (256, 256, 256),
        cell_offset: float = 0.0,
        uncertainty: bool = False,
    ):
        super().__init__()
        self.cell_offset = cell_offset
        self.backbone = build_backbone(backbone)
        self.root = RootHead(self.backbone.out_channels, tuple(deconv_widths))
        self.scale_layer = nn.Linear(self.backbone.out_channels, 1) if uncertainty else None
        init_head(self.root)
        if self.scale_layer is not None:
            init_head(self.scale_layer)
            nn.init.constant_(self.scale_layer.bias, -2.0)  # 14 % of the depth: where training soon gets to

    def forward(self, images: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        """(N, 3, S, S) normalised images, (N,) or (N, 1) k in mm → (N, 3): x, y in heatmap cells, depth in mm."""
        xy, gamma, _ = self.read(images)
        return torch.cat([xy, (gamma * k.reshape(-1).to(gamma.dtype))[:, None]], 1)

    def read(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """x, y (N, 2) in cells, γ (N,), and the (N,) log Laplace scale of γ's relative error (no gradient into the
        features: it describes the error, it does not shape it), None where it is not learned."""
        features = self.backbone(images)
        heatmap, gamma = self.root(features)
        scale = None
        if self.scale_layer is not None:
            scale = self.scale_layer(features.detach().float().mean((2, 3))).reshape(-1).float()
        return soft_argmax(heatmap, 1, self.cell_offset)[:, 0, :2], gamma.float(), scale

    def forward_with_scale(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """:meth:`read` of a network that learns its scale; ``ValueError`` from one that does not."""
        xy, gamma, scale = self.read(images)
        if scale is None:
            raise ValueError("this RootNet was built with uncertainty=False")
        return xy, gamma, scale

    def cells(self, input_size: int) -> int:
        """Cells a side of the heatmap of crops of ``input_size`` px."""
        return heatmap_cells(input_size, len(self.root.deconv_layers) // 3)

    def load_released(self, path: str | Path) -> RootNet:
        """Load a released snapshot, strictly (see ``PoseNet.load_released``)."""
        state = released_state(path)
        if "root.depth_layer.weight" not in state:
            raise ValueError(f"{path}: expected a RootNet snapshot, it has no root.depth_layer")
        return load_strict(self, state, path)
