from __future__ import annotations

import itertools

import numpy as np
import pytest

from people3d.synth import limits
from people3d.synth.joints import JointRegressor
from people3d.synth.retarget import Pose, Retargeter

SLACK_DEG = 0.5


def _impossible(rng: np.random.Generator) -> Pose:
    """Joints anywhere: knees and elbows bent backwards, limbs through the trunk."""
    return Pose(rng.normal(0, 400, (21, 3)), head_yaw_deg=150.0, pronation_deg=(170.0, -170.0))


@pytest.fixture(scope="module")
def posed(body_model):
    """Rotations of 60 impossible poses on one body, and its joints at rest."""
    body = body_model.sample(np.random.default_rng(0), 30)
    retarget, rng = Retargeter(body_model), np.random.default_rng(1)
    rest = JointRegressor(body_model)(body.bone_heads_mm, body.landmarks_mm)
    return [retarget(body, _impossible(rng)) for _ in range(60)], rest


def _at(rest, a: str, b: str) -> np.ndarray:
    from people3d.synth.joints import SYNTH

    d = rest[SYNTH.index(b)] - rest[SYNTH.index(a)]
    return d / np.linalg.norm(d)


@pytest.mark.parametrize(
    ("upper", "lower", "joints", "hinge"),
    [
        ("upperleg02", "lowerleg01", ("Hip", "Knee", "Ankle"), limits.KNEE),
        ("upperarm02", "lowerarm01", ("Shoulder", "Elbow", "Wrist"), limits.ELBOW),
    ],
)
def test_knees_and_elbows_bend_forwards_only(body_model, posed, upper, lower, joints, hinge):
    everything, rest = posed
    for side in "LR":
        first, second = (_at(rest, f"{side}_{a}", f"{side}_{b}") for a, b in itertools.pairwise(joints))
        axis = np.array([1.0, 0, 0]) if "leg" in upper else np.cross(first, second)
        for rotations in everything:
            relative = rotations[body_model.bone(f"{upper}.{side}")].T @ rotations[body_model.bone(f"{lower}.{side}")]
            bend, lean = limits.hinge_angles(relative @ second, first, axis)
            assert hinge.bend_deg[0] - SLACK_DEG < bend < hinge.bend_deg[1] + SLACK_DEG
            assert abs(lean) < hinge.side_deg + SLACK_DEG


@pytest.mark.parametrize(
    ("base", "bone", "joints", "ball"),
    [
        ("root", "upperleg02", ("Hip", "Knee"), limits.HIP),
        ("spine01", "upperarm02", ("Shoulder", "Elbow"), limits.SHOULDER),
    ],
)
def test_hips_and_shoulders_stay_out_of_their_caps(body_model, posed, base, bone, joints, ball):
    everything, rest = posed
    for side, mirror in (("L", 1), ("R", -1)):
        along = _at(rest, f"{side}_{joints[0]}", f"{side}_{joints[1]}")
        for rotations in everything:
            direction = rotations[body_model.bone(base)].T @ rotations[body_model.bone(f"{bone}.{side}")] @ along
            for cap, least in ball.caps:
                away = np.degrees(np.arccos(np.clip(direction * [mirror, 1, 1] @ cap / np.linalg.norm(cap), -1, 1)))
                assert away > least - 8  # where caps meet, the last one pushes into the others by a little


def test_spine_neck_wrists_ankles(body_model, posed):
    def turn_deg(rotations, a: str, b: str) -> float:
        relative = rotations[body_model.bone(a)].T @ rotations[body_model.bone(b)]
        return float(np.degrees(np.arccos(np.clip((np.trace(relative) - 1) / 2, -1, 1))))

    for rotations in posed[0]:
        chest = rotations[body_model.bone("root")].T @ rotations[body_model.bone("spine01")]
        assert chest[:, 2] @ [0, 1, 0] < np.cos(np.radians(40 - 8))
        assert turn_deg(rotations, "spine01", "head") < limits.NECK_DEG + limits.HEAD_TURN_DEG + SLACK_DEG
        for side in "LR":
            assert turn_deg(rotations, f"lowerleg02.{side}", f"foot.{side}") < limits.ANKLE_DEG + SLACK_DEG
            forearm = turn_deg(rotations, f"lowerarm01.{side}", f"wrist.{side}")
            assert forearm < limits.WRIST_DEG + limits.FOREARM_TURN_DEG + SLACK_DEG


def test_what_is_possible_stays(body_model):
    down, forwards = np.array([0.1, -0.1, -1.0]), np.array([0.2, -1.0, 0.1])
    for direction in (down, forwards):
        kept = limits.keep_out(direction, limits.HIP)
        np.testing.assert_allclose(kept, direction / np.linalg.norm(direction), atol=1e-9)
    mirrored = limits.keep_out(np.array([-0.2, 1.0, 0.1]), limits.HIP, mirror=True)
    np.testing.assert_allclose(mirrored * [-1, 1, 1], limits.keep_out(np.array([0.2, 1.0, 0.1]), limits.HIP), atol=1e-9)
    assert mirrored[1] < np.cos(np.radians(50)) + 1e-6


def test_motion_capture_is_within_the_limits(body_model, shared):
    """People do what the limits allow: hardly a limb of real motion is moved."""
    from people3d.synth.joints import SYNTH
    from people3d.synth.mocap import load_poses

    poses = load_poses(shared / "kit" / "mocap" / "cmu_expmap_joints_10hz.npz")
    retarget, regress = Retargeter(body_model), JointRegressor(body_model)
    body = body_model.sample(np.random.default_rng(0), 30)
    moved = []
    for pose in poses[:: len(poses) // 60]:
        joints = regress(*body_model.bones_of(body, retarget(body, Pose(pose))))
        for side in "LR":
            for a, b in (("Hip", "Knee"), ("Knee", "Ankle"), ("Shoulder", "Elbow"), ("Elbow", "Wrist")):
                i, j = SYNTH.index(f"{side}_{a}"), SYNTH.index(f"{side}_{b}")
                u, v = joints[j] - joints[i], pose[j] - pose[i]
                moved.append(np.degrees(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))))
    assert np.mean(np.array(moved) > 5) < 0.02
