from __future__ import annotations

import numpy as np
import pytest

from people3d.hips import HIP_RISE, lowered_hips, raised_hips
from people3d.skeleton import LIMB_JOINTS, Skeleton, get_skeleton

MUCO = get_skeleton("muco21")
LIMBS = Skeleton("limbs", LIMB_JOINTS, (), 0)


@pytest.fixture
def joints() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, len(MUCO), 3)) * 300


def middle(joints: np.ndarray, name: str, skeleton: Skeleton = MUCO) -> np.ndarray:
    return joints[..., [skeleton.index(f"{side}_{name}") for side in "LR"], :].mean(-2)


def test_hips_rise_along_the_trunk_and_nothing_else_moves(joints):
    raised = raised_hips(joints, MUCO)
    trunk = middle(joints, "Shoulder") - middle(joints, "Hip")
    moves = raised - joints
    for name in ("L_Hip", "R_Hip", "Pelvis"):
        np.testing.assert_allclose(moves[:, MUCO.index(name)], HIP_RISE * trunk)
    others = [n for n, name in enumerate(MUCO.joints) if "Hip" not in name and name != "Pelvis"]
    assert not moves[:, others].any()


def test_lowered_they_are_where_they_were(joints):
    np.testing.assert_allclose(lowered_hips(raised_hips(joints, MUCO), MUCO), joints, atol=1e-9)


def test_pixels_of_a_skeleton_without_pelvis_and_a_person_without_shoulders(joints):
    px = joints[:, :12, :2]
    px[1, LIMBS.index("L_Shoulder")] = np.nan
    raised = raised_hips(px, LIMBS)
    assert np.isnan(middle(raised, "Hip", LIMBS)).all(1).tolist() == [False, True, False, False, False]
    trunk = middle(raised, "Shoulder", LIMBS) - middle(raised, "Hip", LIMBS)
    before = middle(px, "Shoulder", LIMBS) - middle(px, "Hip", LIMBS)
    np.testing.assert_allclose(trunk, (1 - HIP_RISE) * before)
