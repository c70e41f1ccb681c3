"""Hands at the body: they are where they are said to be, by arms of the same length and within their limits."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.hand_postures import hands_at_body
from people3d.synth.pose import procedural_pose
from people3d.synth.stick_figure import NAMES, Angles, positions


def joint(joints_mm: np.ndarray, name: str) -> np.ndarray:
    return joints_mm[NAMES.index(name)]


def gestures(count: int = 200) -> list[np.ndarray]:
    return [procedural_pose(np.random.default_rng(seed), "gesturing").joints_mm for seed in range(count)]


def test_most_hands_are_near_the_body_or_at_each_other():
    near = []
    for p in gestures():
        body = [joint(p, n) for n in ("Head", "Head_top", "Thorax", "Spine", "Pelvis", "L_Hip", "R_Hip")]
        body += [joint(p, f"{s}_{n}") for s in "LR" for n in ("Shoulder", "Elbow", "Knee")]
        hands = [joint(p, "L_Hand"), joint(p, "R_Hand")]
        gaps = [min(np.linalg.norm(hand - other) for other in [*body, hands[1 - i]]) for i, hand in enumerate(hands)]
        near.append(min(gaps) < 200)
    assert np.mean(near) > 0.9


def test_hands_at_the_head_are_common_and_at_its_front_as_well_as_its_sides():
    heads = [joint(p, f"{s}_Hand") - joint(p, "Head") for p in gestures() for s in "LR"]
    close = np.array([d for d in heads if np.linalg.norm(d) < 200])
    assert len(close) > 0.15 * len(heads)
    assert (np.abs(close[:, 0]) > 70).any() and (np.abs(close[:, 0]) < 40).any()


def test_arms_keep_their_length():
    for p in gestures(40):
        for side in "LR":
            upper = np.linalg.norm(joint(p, f"{side}_Elbow") - joint(p, f"{side}_Shoulder"))
            lower = np.linalg.norm(joint(p, f"{side}_Wrist") - joint(p, f"{side}_Elbow"))
            assert upper == pytest.approx(285) and lower == pytest.approx(250)


def test_elbows_bend_forwards_and_no_further_than_they_can():
    rng = np.random.default_rng(0)
    for _ in range(100):
        a = Angles()
        hands_at_body(rng, a)
        assert min(a.elbow) >= 0 and max(a.elbow) <= 148


@pytest.mark.parametrize("turned", [{}, {"bend": 40.0, "twist": 25.0, "lean": 10.0}, {"pitch": 80.0}])
def test_the_trunk_stays_and_so_does_an_arm_out_of_reach(turned):
    before = Angles(**turned)
    for seed in range(20):
        a = Angles(**turned)
        hands_at_body(np.random.default_rng(seed), a)
        rest = [i for i, n in enumerate(NAMES) if not n.endswith(("Elbow", "Wrist", "Hand"))]
        np.testing.assert_allclose(positions(a)[rest], positions(before)[rest])


def test_same_seed_same_hands():
    np.testing.assert_array_equal(gestures(3), gestures(3))
