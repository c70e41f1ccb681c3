from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.joints import SYNTH, JointRegressor
from people3d.synth.pose import POSTURES, procedural_pose
from people3d.synth.retarget import Pose, Retargeter, axis_rotation

LIMBS = ("Shoulder Elbow", "Elbow Wrist", "Hip Knee", "Knee Ankle")


def _angles_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between the limbs of two (27 or 21, 3) joint sets."""
    out = []
    for side in "LR":
        for pair in LIMBS:
            first, second = (SYNTH.index(f"{side}_{n}") for n in pair.split())
            u, v = a[second] - a[first], b[second] - b[first]
            out.append(np.degrees(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))))
    return np.array(out)


@pytest.fixture(scope="module")
def body(body_model):
    return body_model.sample(np.random.default_rng(0), 30)


def _joints(body_model, body, pose: Pose) -> np.ndarray:
    rotations = Retargeter(body_model)(body, pose)
    np.testing.assert_allclose(
        rotations @ np.swapaxes(rotations, 1, 2), np.tile(np.eye(3), (len(rotations), 1, 1)), atol=1e-6
    )
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-6)
    _, heads, landmarks = body_model.skin(body, rotations)
    return JointRegressor(body_model)(heads, landmarks)


def test_own_rest_pose_gives_itself(body_model, body):
    rest = JointRegressor(body_model)(body.bone_heads_mm, body.landmarks_mm)
    posed = _joints(body_model, body, Pose(rest[:21]))
    assert _angles_deg(posed, rest).max() < 2
    assert np.linalg.norm(posed - rest, axis=1).max() < 45  # the clavicle's lift is guessed from the arm


@pytest.mark.parametrize("posture", POSTURES)
def test_limbs_point_where_the_pose_says(body_model, body, posture):
    """Nearly always: the few that the joints' limits move are off by no more than they gave way."""
    rng = np.random.default_rng(1)
    off = []
    for _ in range(8):
        pose = procedural_pose(rng, posture)
        off.append(_angles_deg(_joints(body_model, body, pose), pose.joints_mm))
    assert np.percentile(off, 85) < 6 and np.max(off) < 40


def test_turning_the_pose_turns_the_body(body_model, body):
    pose = procedural_pose(np.random.default_rng(2), "walking")
    turn = axis_rotation(np.array([0, 0, 1.0]), 70)
    first = _joints(body_model, body, pose)
    second = _joints(body_model, body, Pose(pose.joints_mm @ turn.T, pose.head_yaw_deg, pose.pronation_deg, pose.curl))
    np.testing.assert_allclose((first - first[14]) @ turn.T, second - second[14], atol=1e-3)


def test_knees_do_not_bend_backwards(body_model, body):
    """However the joints lie, the shank turns backwards seen from the thigh."""
    rng = np.random.default_rng(3)
    hip, knee, ankle = (SYNTH.index(f"L_{n}") for n in ("Hip", "Knee", "Ankle"))
    for _ in range(10):
        pose = procedural_pose(rng, "crouching")
        rotations = Retargeter(body_model)(body, pose)
        lateral = rotations[body_model.bone("upperleg02.L")][:, 0]
        joints = _joints(body_model, body, pose)
        bend = np.cross(joints[knee] - joints[hip], joints[ankle] - joints[knee])
        assert bend @ lateral > 0


def test_raised_arms_raise_the_shoulders(body_model, body):
    """By about 30 degrees of the clavicle from hanging to overhead, no more than a hand's breadth."""
    rest = JointRegressor(body_model)(body.bone_heads_mm, body.landmarks_mm)[:21]
    heights = []
    for up in (-1.0, 1.0):
        joints = rest.copy()
        for side in "LR":
            shoulder = joints[SYNTH.index(f"{side}_Shoulder")]
            for i, name in enumerate(("Elbow", "Wrist", "Hand"), 1):
                joints[SYNTH.index(f"{side}_{name}")] = shoulder + np.array([0, -5.0, up * 250]) * i
        posed = _joints(body_model, body, Pose(joints))
        heights.append(posed[SYNTH.index("L_Shoulder"), 2] - posed[SYNTH.index("Neck"), 2])
    assert 30 < heights[1] - heights[0] < 130
