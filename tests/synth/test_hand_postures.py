"""Hands at the body: they are where they are said to be, by arms of the same length and within their limits."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.hand_postures import hands_at_body, reach
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
def test_trunk_and_legs_stay(turned):
    before = Angles(**turned)
    for seed in range(20):
        a = Angles(**turned)
        hands_at_body(np.random.default_rng(seed), a)
        rest = [i for i, n in enumerate(NAMES) if not n.endswith(("Elbow", "Wrist", "Hand"))]
        np.testing.assert_allclose(positions(a)[rest], positions(before)[rest])


@pytest.mark.parametrize("turned", [{}, {"bend": 40.0, "twist": 25.0, "lean": 10.0}, {"pitch": 80.0, "roll": 30.0}])
@pytest.mark.parametrize("side", [0, 1])
def test_a_palm_comes_to_where_it_is_asked_for(turned, side):
    rng = np.random.default_rng(0)
    for elbow in (60.0, 90.0, 120.0):
        asked = Angles(**turned, arm_flex=[40.0, 40.0], elbow=[elbow, elbow])
        target = joint(positions(asked), f"{'LR'[side]}_Hand")
        a = Angles(**turned)
        reach(rng, a, side, target)
        moved = positions(a)
        assert np.linalg.norm(joint(moved, f"{'LR'[side]}_Hand") - target) < 100
        np.testing.assert_allclose(
            joint(moved, f"{'RL'[side]}_Hand"), joint(positions(Angles(**turned)), f"{'RL'[side]}_Hand")
        )


def test_an_arm_stays_where_the_place_is_out_of_reach():
    a = Angles()
    reach(np.random.default_rng(0), a, 0, np.array([0.0, -2000.0, 0.0]))
    assert a == Angles()


def test_same_seed_same_hands():
    np.testing.assert_array_equal(gestures(3), gestures(3))
