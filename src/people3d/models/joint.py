"""The joint network of the paper's Table 1: RootNet's and PoseNet's heads side by side on one backbone."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from people3d.models.backbones import Features, build_backbone
from people3d.models.posenet import PoseNet
from people3d.models.rootnet import RootNet


class JointNet(nn.Module):
    """The backbone's features go to both branches in parallel (paper, "Disjointed pipeline").

    ``root`` and ``pose`` are a RootNet and a PoseNet that take features for images; the arguments are theirs.

    Args:
        root_deconv_widths: channels of RootNet's deconvolutions; as PoseNet's if None.
    """

    def __init__(
        self,
        backbone: str = "resnet50",
        skeleton: str = "muco21",
        deconv_widths: tuple[int, ...] = (256, 256, 256),
        root_deconv_widths: tuple[int, ...] | None = None,
        depth_cells: int = 64,
        cell_offset: float = 0.0,
        uncertainty: bool = False,
        depth_axis: str = "optical",
    ):
        super().__init__()
        shared = {"cell_offset": cell_offset, "uncertainty": uncertainty}
        self._root_arguments: dict[str, Any] = {"deconv_widths": list(root_deconv_widths or deconv_widths), **shared}
        self._pose_arguments: dict[str, Any] = {
            "skeleton": skeleton, "deconv_widths": list(deconv_widths), "depth_cells": depth_cells,
            "depth_axis": depth_axis, **shared
        }  # fmt: skip
        self._backbone_name = backbone
        self.backbone = build_backbone(backbone)
        features = Features(self.backbone.out_channels)
        self.root = RootNet(features, **self._root_arguments)
        self.pose = PoseNet(features, **self._pose_arguments)

    def forward(self, images: torch.Tensor, k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, S, S) normalised images and (N,) k in mm → RootNet's (N, 3) and PoseNet's (N, J, 3)."""
        features = self.backbone(images)
        return self.root(features, k), self.pose(features)

    def parts(self, state: dict[str, torch.Tensor]) -> dict[str, tuple[dict[str, Any], dict[str, torch.Tensor]]]:
        """Constructor arguments and state of the RootNet and of the PoseNet that together answer as this network does.

        Args:
            state: a state dict of this network, whose backbone both get.
        """
        backbone = {k: v for k, v in state.items() if k.startswith("backbone.")}
        out = {}
        for kind, prefix, arguments in (
            ("rootnet", "root.", self._root_arguments),
            ("posenet", "pose.", self._pose_arguments),
        ):
            head = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            out[kind] = ({"backbone": self._backbone_name, **arguments}, {**backbone, **head})
        return out
