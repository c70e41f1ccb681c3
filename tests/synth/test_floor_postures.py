"""Postures near the floor: what should touch it does, and nothing else is below."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.data.synthetic import people
from people3d.skeleton import SKELETONS
from people3d.synth.pose import POSTURES, procedural_pose

NAMES = SKELETONS["muco21"].joints
SEAT_MM = 85  # from a hip joint down to the skin of who sits


def lowest(joints_mm: np.ndarray, *names: str) -> float:
    return min(joints_mm[NAMES.index(f"{side}_{name}"), 2] for side in "LR" for name in names)


def poses(posture: str, count: int = 60) -> list[np.ndarray]:
    return [procedural_pose(np.random.default_rng(seed), posture).joints_mm for seed in range(count)]


def test_on_all_fours_a_hand_and_a_leg_are_on_the_floor():
    gaps = [lowest(p, "Wrist", "Hand") - lowest(p, "Knee", "Ankle", "Toe") for p in poses("all fours")]
    assert np.mean(np.abs(gaps) < 10) > 0.7  # the others lift one of two hands
    upright = [p[NAMES.index("Head"), 2] - p[NAMES.index("Pelvis"), 2] for p in poses("all fours")]
    assert max(upright) < 450  # nobody just stands


def test_who_reclines_sits_and_leans_on_an_arm():
    gaps = [lowest(p, "Hip") - SEAT_MM - lowest(p, "Elbow", "Wrist", "Hand") for p in poses("reclining")]
    assert np.mean(np.abs(gaps) < 10) > 0.65  # the others lift one of two arms
    behind = [p[NAMES.index("Thorax"), 1] - p[NAMES.index("Pelvis"), 1] for p in poses("reclining")]
    assert np.mean(np.array(behind) > 0) > 0.95  # they face -y


def test_who_is_folded_keeps_the_hands_above_the_floor():
    gaps = [lowest(p, "Wrist", "Hand") - (lowest(p, "Hip") - SEAT_MM) for p in poses("folded")]
    assert min(gaps) > -150
    assert np.mean(np.array(gaps) > -10) > 0.9


def test_both_feet_of_a_lunge_are_about_as_low():
    feet = [abs(p[NAMES.index("L_Ankle"), 2] - p[NAMES.index("R_Ankle"), 2]) for p in poses("lunging")]
    assert np.mean(np.array(feet) < 250) > 0.8


def test_who_bends_stands_with_the_head_well_below_upright():
    hip, heads, hands = NAMES.index("Pelvis"), [], []
    for p in poses("bending"):
        feet = lowest(p, "Ankle", "Toe")
        assert p[hip, 2] - feet > 500  # on the feet, not crouching on the floor
        heads.append(p[NAMES.index("Head"), 2] - p[hip, 2])
        hands.append(lowest(p, "Wrist") - feet)
    assert np.mean(np.array(heads) < 400) > 0.8  # upright it is about 600
    assert np.mean(np.array(heads) < 0) > 0.2
    assert min(hands) > -100 and np.mean(np.array(hands) < 350) > 0.15  # some reach the floor, none through it


def test_only_postures_with_a_share_are_drawn_unasked():
    drawn = {procedural_pose(np.random.default_rng(seed)).name for seed in range(300)}
    assert drawn == {name for name, (_, share) in POSTURES.items() if share}
    with pytest.raises(ValueError, match=r"posture: expected one of standing, .*, got 'flying'"):
        procedural_pose(np.random.default_rng(0), "flying")


def test_crops_show_the_postures_asked_for():
    from itertools import islice

    from people3d.synth.generate import crops

    shown = [scene.postures[0] for scene in islice(crops(3, size=64, postures=("folded", "all fours")), 6)]
    assert set(shown) == {"folded", "all fours"}
    assert next(people(3, postures=("reclining",))).joints_px.shape == (21, 2)
