"""Made-up people for the tests of packs and batches."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.data.pack import Pack, Person, write_pack
from people3d.skeleton import get_skeleton

MUCO = get_skeleton("muco21")


def made_up_person(rng: np.random.Generator, depth_over_focal: float = 4.0) -> Person:
    """Noise with a white square at the pelvis, so that picture and labels can be compared."""
    height, width = 240, 320
    image = rng.integers(0, 100, (height, width, 3), dtype=np.uint8)
    joints = np.stack([rng.uniform(100, 200, len(MUCO)), rng.uniform(60, 180, len(MUCO))], -1)
    pelvis = np.round(joints[MUCO.root]).astype(int)
    joints[MUCO.root] = pelvis
    image[pelvis[1] - 2 : pelvis[1] + 3, pelvis[0] - 2 : pelvis[0] + 3] = 255
    ones = np.ones(len(MUCO))
    return Person(
        image, np.array([90.0, 50, 120, 140]), joints, rng.normal(0, 200, len(MUCO)), ones, ones, depth_over_focal
    )


@pytest.fixture(scope="session")
def pack(tmp_path_factory) -> Pack:
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("packs") / "made-up"
    write_pack(folder, (made_up_person(rng) for _ in range(12)), 20)
    return Pack.load(folder)
