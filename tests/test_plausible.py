"""Impossible poses are named; true ones are not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.people import People
from people3d.plausible import implausible
from people3d.skeleton import SKELETONS

MUCO = SKELETONS["muco21"]
JOINT = {name: n for n, name in enumerate(MUCO.joints)}


def people_of(joints_mm: np.ndarray, distance_mm: float = 4000.0) -> People:
    """(N, 21, 3) poses, put before a camera."""
    joints = joints_mm - joints_mm[:, :1] + [0, 0, distance_mm]
    n, camera = len(joints), Camera.default(640, 480)
    return People(
        np.tile([0.0, 0, 10, 10], (n, 1)), np.ones(n), joints, camera.project(joints), np.full((n, 21), 2, np.uint8),
        joints[:, MUCO.root], MUCO, camera, 640, 480,
    )  # fmt: skip


def standing() -> np.ndarray:
    """(21, 3) somebody upright who faces the camera, mm: y down."""
    half = {"Shoulder": (190, -500, 0), "Elbow": (220, -220, 20), "Wrist": (230, 30, -10), "Hand": (230, 100, -10)}
    half |= {"Hip": (110, 0, 0), "Knee": (120, 430, -10), "Ankle": (120, 850, 20), "Toe": (130, 900, -120)}
    middle = {"Head_top": (0, -800, 0), "Thorax": (0, -500, 0), "Pelvis": (0, 0, 0), "Spine": (0, -250, 0)}
    middle |= {"Head": (0, -650, -20)}
    places = middle | {f"{s}_{n}": (x * v, y, z) for s, x in (("L", 1), ("R", -1)) for n, (v, y, z) in half.items()}
    return np.array([places[name] for name in MUCO.joints], float)


def bent_knee(forward: bool) -> np.ndarray:
    pose = standing()
    pose[JOINT["L_Ankle"]] = pose[JOINT["L_Knee"]] + [0, 300, -300 if forward else 300]
    return pose


def test_somebody_who_stands_or_bends_a_knee_is_possible():
    assert implausible(people_of(np.stack([standing(), bent_knee(forward=False)]))) == [(), ()]


def test_what_is_impossible_is_named():
    poses = np.stack([standing()] * 5)
    poses[0] = bent_knee(forward=True)
    poses[1, JOINT["R_Wrist"]] += [0, 500, 0]
    poses[2] *= 3
    poses[3, JOINT["Head"]] = [0, -100, 50]
    poses[4, [JOINT["L_Knee"], JOINT["L_Ankle"]]] -= [0, 300, 0]
    found = implausible(people_of(poses))
    assert found[0] == ("knee bends forward",)
    assert found[1] == ("proportions", "left and right differ")
    assert found[2] == ("size",)
    assert found[3] == ("neck",)
    assert found[4] == ("proportions", "left and right differ")
    assert implausible(people_of(standing()[None], -500.0))[0][0] == "behind the camera"


def test_a_skeleton_without_a_trunk_or_nobody_is_no_error(make_people):
    people = people_of(standing()[None])
    few = dataclasses.replace(
        people,
        skeleton=dataclasses.replace(MUCO, name="few", joints=("Head", "Pelvis"), edges=((0, 1),), root=1),
        **{f: getattr(people, f)[:, [16, 14]] for f in ("joints_cam_mm", "joints_px", "joint_flags")},
    )
    assert implausible(few) == [()]
    assert implausible(people[[]]) == []


def test_it_is_written_with_the_result():
    people = people_of(np.stack([standing(), bent_knee(forward=True)]))
    assert [row["implausible"] for row in people.to_annotations()] == [[], ["knee bends forward"]]


@pytest.mark.parametrize("name", ["cmu_expmap_joints_10hz", "cmu_bvh_walks_joints_10hz"])
def test_motion_capture_is_possible(shared, name):
    poses = np.load(shared / "kit/mocap" / f"{name}.npz")["joints_mm"] * [1, -1, -1]  # y down, as a camera sees it
    named = [bool(reasons) for reasons in implausible(people_of(poses, 10_000.0))]
    assert np.mean(named) < 0.01


def test_true_people_of_real_frames_are_possible(shared):
    from people3d.evaluate.inputs import open_ground_truth
    from people3d.skeleton import convert

    for folder in ("h36m_s9", "h36m_frames", "mpi_inf_3dhp"):
        truth = open_ground_truth(shared / "kit/real_dev" / folder / "ground_truth.json")
        poses = convert(truth.joints_cam_mm, truth.skeleton, MUCO)[0]
        poses[~np.isfinite(poses)] = 0
        poses[:, JOINT["Head"]] = 2 * poses[:, JOINT["Thorax"]] - poses[:, JOINT["Spine"]]  # Human3.6M has it not
        assert sum(map(bool, implausible(people_of(poses, 10_000.0)))) <= 0.02 * len(poses)
