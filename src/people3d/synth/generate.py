"""Endless streams of synthetic pictures: the same scene for the same seed and index, whatever the number of workers.

``scenes`` makes whole pictures of several people; ``crops`` draws only what a network would be shown of one person,
at about the network's own resolution, which is what training from a stream wants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from people3d.synth.closeup import closeup
from people3d.synth.group import group
from people3d.synth.mocap import Source
from people3d.synth.scene import Scene


def scenes(
    seed: int,
    start: int = 0,
    step: int = 1,
    *,
    mocap: Source | None = None,
    backgrounds: Path | None = None,
    image_size: tuple[int, int] | None = None,
    people: tuple[int, int] = (1, 8),
) -> Iterator[Scene]:
    """Pictures of several people on a floor, indices ``start``, ``start + step`` and so on.

    Args:
        mocap: a folder of motion capture files (or a file; or several, each used as often) for half of the poses;
            None samples all of them.
        backgrounds: a folder of photographs without people for most backdrops; None draws all of them.
        image_size: (width, height) px; None draws one of the usual shapes, 640 px or less.
        people: fewest and most people; fewer are in the picture where no room was found for them.

    Raises:
        ValueError: a folder holds nothing of use, or the numbers make no sense.
    """
    low, high = people
    if not 0 <= low <= high <= 200:
        raise ValueError(f"people: expected fewest and most between 0 and 200, got {low}-{high}")
    for index in count(start, step):
        yield group(np.random.default_rng([seed, index, 0]), people, image_size, mocap, backgrounds, index)


def crops(
    seed: int,
    start: int = 0,
    step: int = 1,
    *,
    size: int = 256,
    mocap: Source | None = None,
    backgrounds: Path | None = None,
    postures: Sequence[str] = (),
) -> Iterator[Scene]:
    """Pictures of one person (and sometimes another who hides part of them), for training from a stream.

    Each is the part of an imagined photograph that holds person 0 with a margin beyond the 1.25 of a crop, cut where
    the photograph ends; its longer side is ``size`` px and its camera is the photograph's, so the principal point may
    lie far outside. Worker w of n takes ``start=w, step=n``. ``mocap`` and ``backgrounds`` as in :func:`scenes`.
    Person 0 is in one of ``postures`` (:data:`people3d.synth.pose.POSTURES`), each as often, where any are named.
    """
    for index in count(start, step):
        yield closeup(np.random.default_rng([seed, index, 1]), size, mocap, backgrounds, index, postures)
