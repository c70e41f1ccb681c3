"""Recipes of the person detector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from people3d.data.box_augment import BoxAugmentation
from people3d.detect.views import View
from people3d.train.loop import LoopConfig


@dataclass(frozen=True)
class DetectorRecipe:
    """A network, its loop and its augmentation; ``views``: how it looks at a picture when it is used."""

    model: dict[str, Any]
    loop: LoopConfig
    views: tuple[View, ...] = (View(320),)
    augmentation: BoxAugmentation = field(default_factory=BoxAugmentation)


_VIEWS = View(320), View(384, mirrored=True), View(512)

_MIXED = LoopConfig(
    steps=2100,
    batch_size=16,
    sizes=((192, 0.65), (256, 1.0)),
    learning_rate=1e-3,
    backbone_rate=0.4,
    warmup_steps=100,
    weight_decay=0.02,
    ema_decay=0.998,
    evaluate_every=2000,
)

_REFINE = replace(
    _MIXED, steps=1400, sizes=((256, 0.5), (320, 1.0)), learning_rate=8e-4, backbone_rate=0.5, evaluate_every=700
)

# One block more at stride 8, two at stride 16, where people of 60 px and more are told: what 25 MB of weights leave.
_ADDED = (0, 0, 1, 0, 2, 0, 0)

_CALM = BoxAugmentation(
    zoom=(0.8, 1.5),
    aspect=0.05,
    aspect_stretched=0.3,
    mosaic_prob=0.1,
    colour=0.08,
    light=0.15,
    grey_prob=0.04,
    blur_prob=0.05,
)

DETECTOR = {
    # 34,000 pictures, small ones first: about an hour on one core.
    "mixed": DetectorRecipe(model={"width": 64}, loop=_MIXED),
    # From "mixed" on, at the size at which it is used.
    "refine": DetectorRecipe(model={"width": 64}, loop=_REFINE),
    # From "refine" on.
    "longer": DetectorRecipe(
        model={"width": 64},
        loop=replace(_REFINE, steps=2400, sizes=((256, 0.4), (320, 1.0)), learning_rate=1e-3, evaluate_every=800),
    ),
    # From "longer" on, at 320 and 384 px: the sizes at which pictures are looked at.
    "larger": DetectorRecipe(
        model={"width": 64},
        loop=replace(
            _REFINE, steps=1600, sizes=((320, 0.6), (384, 1.0)), learning_rate=8e-4, warmup_steps=50, evaluate_every=800
        ),
        views=_VIEWS,
    ),
    # From "larger" on, three blocks deeper, with calmer augmentation: it knew the pictures that it had learned from no
    # better than others.
    "deeper": DetectorRecipe(
        model={"width": 64, "added": _ADDED},
        loop=replace(_REFINE, steps=2000, sizes=((384, 1.0),), learning_rate=6e-4, warmup_steps=50, evaluate_every=500),
        views=_VIEWS,
        augmentation=_CALM,
    ),
}
