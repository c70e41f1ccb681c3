"""Recipes of the lifting network of Table 7's baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from people3d.train.loop import LoopConfig


@dataclass(frozen=True)
class LiftingRecipe:
    """A lifting network, its loop and what its 2D poses suffer.

    Attributes:
        mocap_share: part of the poses that are captured, where motion capture is given; the others are made up.
        noise: standard deviation of the 2D joints at most, in mean distances of the joints from their middle.
        missing_prob: of each joint.
    """

    model: dict[str, Any]
    loop: LoopConfig
    mocap_share: float = 0.7
    noise: float = 0.06
    missing_prob: float = 0.05


_LOOP = LoopConfig(
    steps=3000, batch_size=256, sizes=((0, 1.0),), weight_decay=0.0, evaluate_every=1000, ema_decay=0.998
)
LIFTING = {
    # Poses seen by random cameras: no pictures. Martinez et al.'s width.
    "synthetic": LiftingRecipe(model={"skeleton": "muco17", "width": 1024, "blocks": 2, "dropout": 0.1}, loop=_LOOP),
    # A sixteenth of the weights: a minute.
    "small": LiftingRecipe(
        model={"skeleton": "muco17", "width": 256, "blocks": 2, "dropout": 0.0},
        loop=replace(_LOOP, steps=2000, batch_size=128, learning_rate=2e-3, evaluate_every=500),
    ),
}
