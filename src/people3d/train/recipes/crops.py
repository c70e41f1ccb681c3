"""Recipes of the two networks that see person crops: RootNet and PoseNet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from people3d.data.augment import Augmentation
from people3d.train.loop import LoopConfig


@dataclass(frozen=True)
class CropRecipe:
    """A network, its data and its loop.

    ``shares`` names the sources (``photos``: labelled by teachers; ``synthetic``: rendered) and their part of a batch.
    ``frozen_blocks`` of the backbone stay as ImageNet left them.
    """

    model: dict[str, Any]
    shares: dict[str, float]
    loop: LoopConfig
    frozen_blocks: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    heatmap_weight: float = 0.1


_COMPACT_POSE = {
    "backbone": "efficientnet_lite0",
    "skeleton": "muco21",
    "deconv_widths": (128, 128),
    "depth_cells": 8,
    "cell_offset": 0.5,
    "uncertainty": True,
}
_COMPACT_ROOT = {"backbone": "efficientnet_lite0", "deconv_widths": (64,), "cell_offset": 0.5, "uncertainty": True}

POSENET = {
    # 2D of photographs first, on small crops, at a constant rate; "mixed" goes on from it.
    "photos": CropRecipe(
        model=_COMPACT_POSE,
        shares={"photos": 1.0},
        loop=LoopConfig(
            steps=6000, batch_size=48, sizes=((128, 1.0),), schedule="step", milestones=(), evaluate_every=1000
        ),
        frozen_blocks=3,
    ),
    # Half photographs (2D, weak depth), half synthetic (exact), as the paper's batches are half 2D, half 3D.
    "mixed": CropRecipe(
        model=_COMPACT_POSE,
        shares={"photos": 0.5, "synthetic": 0.5},
        loop=LoopConfig(steps=8000, batch_size=48, sizes=((160, 1.0),), evaluate_every=1000),
        frozen_blocks=3,
    ),
}

ROOTNET = {
    "mixed": CropRecipe(
        model=_COMPACT_ROOT,
        shares={"photos": 0.3, "synthetic": 0.7},
        loop=LoopConfig(steps=4000, batch_size=48, sizes=((160, 1.0),), evaluate_every=1000),
        frozen_blocks=3,
    ),
}
