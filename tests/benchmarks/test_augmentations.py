"""The degradations of benchmarks/augmentations.py move labels with pictures; its table shows differences."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from people3d.data.augment import NONE, make_batch
from people3d.data.pack import PACK_MARGIN, Pack
from people3d.skeleton import get_skeleton

MUCO = get_skeleton("muco21")


@pytest.fixture
def pack() -> Pack:
    """Noise with a white square at everybody's joints."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 100, (6, 144, 144, 3), dtype=np.uint8)
    joints = np.zeros((6, len(MUCO), 3), np.float32)
    joints[..., :2] = rng.integers(60, 84, (6, 1, 2))
    for image, (x, y, _) in zip(images, joints[:, 0].astype(int), strict=True):
        image[y - 2 : y + 3, x - 2 : x + 3] = 255
    ones, rays = np.ones(6, np.float32), np.zeros((6, len(MUCO)), np.float32)
    return Pack(images, joints, np.ones((6, len(MUCO), 2), np.float32), ones, ones, rays)


def batch_of(pack):
    return make_batch(pack, np.arange(len(pack)), 96, MUCO, NONE, np.random.default_rng(0))


def test_shifted_boxes_move_picture_and_labels_by_a_share_of_the_side(pack):
    from augmentations import SHIFT, shifted

    plain, moved = batch_of(pack), batch_of(shifted(pack))
    away = np.linalg.norm(moved.joints[:, 0, :2] - plain.joints[:, 0, :2], axis=-1)
    assert np.abs(away - SHIFT).max() < PACK_MARGIN / 144
    for image, joint in zip(moved.images, moved.joints[:, 0], strict=True):
        x, y = np.round(joint[:2] * 96).astype(int)
        assert image[y - 1 : y + 2, x - 1 : x + 2].max() > 200
    assert np.array_equal(shifted(pack).images, shifted(pack).images)


def test_a_cut_blackens_a_third_and_knows_the_joints_in_it(pack):
    from augmentations import cut

    batch = batch_of(pack)
    before = batch.images.copy()
    images, hidden = cut(batch)
    assert np.array_equal(batch.images, before)
    black = (images == 0).all((1, 3)).sum(1) + (images == 0).all((2, 3)).sum(1)
    assert (black == 32).all()
    at = (batch.joints[:, 0, :2] * 96).astype(int)
    assert [not images[n, y, x].any() for n, (x, y) in enumerate(at)] == hidden[:, 0].tolist()
    assert np.array_equal(cut(batch)[0], images)


def test_the_table_shows_errors_of_the_start_and_the_base_and_differences_of_all_others():
    from augmentations import BASE, START, table

    rows = {START: (12.0, 90.0), BASE: (10.0, 80.0), "no shift": (10.5, 79.0)}
    text = table("photos", {label: {"photos": {"clean": list(v)}} for label, v in rows.items()}, BASE)
    assert text.splitlines() == [
        "| photos | clean |",
        "| --- | ---: |",
        "| before | 12.00 · 90.0 |",
        f"| {BASE} | 10.00 · 80.0 |",
        "| no shift | +0.50 · -1.0 |",
    ]
