"""What a recipe of the networks that see person crops is made of; those of the default weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from people3d.data.augment import Augmentation
from people3d.train.loop import LoopConfig


@dataclass(frozen=True)
class CropRecipe:
    """A network, its data and its loop.

    Attributes:
        model: the network's arguments.
        shares: the sources (``photos``: labelled by teachers; ``synthetic``: rendered; data sets by their names) and
            their part of a batch; empty: all that are given, in equal parts.
        frozen_blocks: how many blocks of the backbone stay as ImageNet left them.
        epochs: where it is not 0, ``loop.steps`` is made of it: an epoch sees the largest source once, as in the
            released code, which repeats the smaller one.
        z_weights: by source, what the weights of its joints' z are multiplied with in training, 1 where it is not
            named; at 0 a source teaches 2D alone, as the 2D data sets do in the paper (section 8.1).
        heatmap_weight: of the heatmaps' cross-entropy in PoseNet's loss (ours); 0 leaves the paper's.
        depth_loss: RootNet's, ``log`` (ours) or ``mm`` (the paper's).
    """

    model: dict[str, Any]
    shares: dict[str, float]
    loop: LoopConfig
    frozen_blocks: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    z_weights: dict[str, float] = field(default_factory=dict)
    heatmap_weight: float = 0.1
    depth_loss: str = "log"
    epochs: float = 0


COMPACT_POSE = {
    "backbone": "efficientnet_lite0",
    "skeleton": "muco21",
    "deconv_widths": (128, 128),
    "depth_cells": 8,
    "cell_offset": 0.5,
    "uncertainty": True,
    "laterals": True,
    "depth_axis": "ray",
}
DEEPER_POSE = {**COMPACT_POSE, "backbone": "efficientnet_lite0_deeper"}
DEEPEST_POSE = {**COMPACT_POSE, "backbone": "efficientnet_lite0_deepest"}  # of the default weights
COMPACT_ROOT = {"backbone": "efficientnet_lite0", "deconv_widths": (64,), "cell_offset": 0.5, "uncertainty": True}
DEEPER_ROOT = {**COMPACT_ROOT, "backbone": "efficientnet_lite0_deeper"}

# The joint network's heads share the coarsest features alone.
COMPACT_JOINT = {**{k: v for k, v in COMPACT_POSE.items() if k != "laterals"}, "root_deconv_widths": (64,)}

# The released code's augmentation is made for a hundred times as many steps; these are for runs of minutes.
SHORT = Augmentation(rotation_deg=20.0, occlusion_prob=0.25, blur_prob=0.1)

# From "mixed" on: smaller steps see the same people in more of them, which taught more.
_LONG = CropRecipe(
    model=COMPACT_POSE,
    shares={"photos": 0.45, "synthetic": 0.55},
    loop=LoopConfig(
        steps=4500, batch_size=32, sizes=((128, 0.25), (160, 1.0)), learning_rate=8e-4, evaluate_every=1000
    ),
    frozen_blocks=3,
    augmentation=replace(SHORT, occlusion_prob=0.12, truncation_prob=0.06),
    heatmap_weight=0.5,
)

# From "longer" on, at 192 px: an arm has a fifth more pixels. "floor": rendered people on all fours, reclining and so
# on, of whom the other sources have few (`data pack synthetic --postures`); "unusual": those of the photographs again
# (`data pack photos --unusual`).
_FINER = replace(
    _LONG,
    shares={"photos": 0.4, "unusual": 0.12, "synthetic": 0.28, "floor": 0.2},
    loop=replace(_LONG.loop, steps=5000, sizes=((192, 1.0),), learning_rate=6e-4),
    augmentation=replace(_LONG.augmentation, turn_prob=0.25),
)

# From "finer" on, at 256 px (packs of `--crop-px 256`). "hands": rendered people with hands at the head, the hips, the
# other arm, in pockets (`--postures gesturing`), which hide behind the body as often as not.
_FINEST = replace(
    _FINER,
    shares={"photos": 0.36, "unusual": 0.12, "synthetic": 0.2, "floor": 0.18, "hands": 0.14},
    loop=replace(_FINER.loop, steps=4000, sizes=((224, 0.5), (256, 1.0))),
)

# From "finest" on, four blocks deeper, which begin as copies of those before them.
_DEEPER = replace(
    _FINEST,
    model=DEEPER_POSE,
    loop=replace(_FINEST.loop, steps=1900, sizes=((224, 0.7), (256, 1.0))),
    frozen_blocks=5,
)

# About half of what _FINER does to a crop.
_CALM = replace(
    _FINER.augmentation,
    rotation_prob=0.4,
    rotation_deg=15.0,
    scale=0.12,
    colour=0.15,
    light=0.2,
    occlusion_prob=0.06,
    truncation_prob=0.04,
    turn_prob=0.1,
)

# From "deeper" on. People as they are come out at two thirds of the error that they have under the full augmentation,
# whether it learned from them or not: a small network spends itself on what hardly occurs.
_CALM_POSE = replace(
    _DEEPER,
    loop=replace(_DEEPER.loop, steps=2700, sizes=((256, 1.0),), learning_rate=3e-4, warmup_steps=50),
    # The photographs' z is BlazePose's: a network that learns it is wrong where that is wrong.
    z_weights={"photos": 0.0, "unusual": 0.0, "synthetic": 3.0, "floor": 3.0, "hands": 3.0},
    augmentation=_CALM,
)

POSENET = {
    # 2D of photographs first, on small crops, at a constant rate; "mixed" goes on from it.
    "photos": CropRecipe(
        model=COMPACT_POSE,
        shares={"photos": 1.0},
        loop=LoopConfig(steps=1092, batch_size=32, sizes=((128, 1.0),), schedule="step", milestones=()),
        frozen_blocks=3,
        heatmap_weight=1.0,
    ),
    # Half photographs (2D, weak depth), half synthetic (exact), as the paper's batches are half 2D, half 3D.
    "mixed": CropRecipe(
        model=COMPACT_POSE,
        shares={"photos": 0.5, "synthetic": 0.5},
        loop=LoopConfig(steps=3300, batch_size=48, sizes=((128, 0.85), (160, 1.0)), evaluate_every=500),
        frozen_blocks=3,
        augmentation=SHORT,
        heatmap_weight=0.5,
    ),
    "long": _LONG,
    # From "long" on, with other rendered people: no small crops any more.
    "longer": replace(_LONG, loop=replace(_LONG.loop, steps=5800, sizes=((160, 1.0),))),
    "finer": _FINER,
    "finest": _FINEST,
    "deeper": _DEEPER,
    "calm": _CALM_POSE,
    # From "calm" on, ten blocks deeper than the first; more of those whose depth is exact.
    "deepest": replace(
        _CALM_POSE,
        model=DEEPEST_POSE,
        shares={"photos": 0.28, "unusual": 0.12, "synthetic": 0.25, "floor": 0.2, "hands": 0.15},
        loop=replace(_CALM_POSE.loop, steps=3300, learning_rate=5e-4),
    ),
}

# Depth of the photographs is a hint (bodies of average size), that of rendered people is exact.
_REFINE = CropRecipe(
    model=COMPACT_ROOT,
    shares={"photos": 0.4, "synthetic": 0.6},
    loop=LoopConfig(steps=300, batch_size=48, sizes=((160, 1.0),), warmup_steps=20, learning_rate=3e-4),
    frozen_blocks=6,
    augmentation=SHORT,
)

ROOTNET = {
    "mixed": replace(
        _REFINE,
        shares={"photos": 0.3, "synthetic": 0.7},
        loop=LoopConfig(steps=1800, batch_size=48, sizes=((128, 0.8), (160, 1.0)), evaluate_every=600),
    ),
    # Weights that "mixed" had trained on another depth loss were 7 % too near; this mended it.
    "refine": _REFINE,
    # From PoseNet's backbone after "finer": the better it knows poses, the better RootNet gets.
    "longer": replace(
        _REFINE,
        loop=LoopConfig(steps=3000, batch_size=48, sizes=((160, 1.0),), learning_rate=8e-4, evaluate_every=500),
    ),
    # From PoseNet's backbone after "finer", at its size: better on rendered people, worse on photographs than two of
    # "longer" averaged (docs/training.md).
    "finer": replace(
        _REFINE,
        shares={"photos": 0.4, "synthetic": 0.5, "floor": 0.1},
        loop=LoopConfig(steps=2000, batch_size=48, sizes=((192, 1.0),), learning_rate=8e-4, evaluate_every=500),
    ),
    # From PoseNet's backbone after "calm".
    "deeper": replace(
        _REFINE,
        model=DEEPER_ROOT,
        shares={"photos": 0.4, "synthetic": 0.5, "floor": 0.1},
        loop=LoopConfig(steps=3000, batch_size=48, sizes=((160, 1.0),), learning_rate=8e-4, evaluate_every=500),
        augmentation=_CALM,
    ),
    # Only the heads learn: the roots' pixels, that hips lie elsewhere than they did (people3d.hips).
    "hips": replace(
        _REFINE,
        loop=replace(_REFINE.loop, steps=400, learning_rate=1e-3),
        frozen_blocks=16,
    ),
}
