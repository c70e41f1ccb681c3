"""The formats that hold everything: COCO JSON, CSV, NPZ, angles."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from people3d.export.angles import joint_angles_deg
from people3d.results import read_results
from people3d.skeleton import SKELETONS

MUCO = SKELETONS["muco21"]


def _all_joints(path):
    return np.concatenate([people.joints_cam_mm for _, people in read_results(path)])


def test_csv(export, video, tmp_path):
    assert export(video.path, "--format", "csv", "--output", tmp_path)[0] == 0
    with open(tmp_path / "people3d.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = _all_joints(video.path)
    assert len(rows) == expected.shape[0] * 21
    xyz = np.array([[float(row[k]) for k in ("x_mm", "y_mm", "z_mm")] for row in rows])
    np.testing.assert_allclose(xyz, expected.reshape(-1, 3), atol=1e-4)
    assert [row["joint"] for row in rows[:21]] == list(MUCO.joints)
    stray = [row for row in rows if row["track_id"] == ""]
    assert len(stray) == 21 and {row["frame"] for row in stray} == {"103"} and stray[0]["time_s"] == "4.12"


def test_csv_of_one_track(export, video, tmp_path):
    assert export(video.path, "--format", "csv", "--person", 2, "--output", tmp_path / "two.csv") == (0, [])
    with open(tmp_path / "two.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["track_id"] for row in rows} == {"2"}
    assert sorted({int(row["frame"]) for row in rows}) == [101, 102, 103, 105, 106, 107, 108]


def test_npz(export, video, tmp_path):
    assert export(video.path, "--format", "npz", "--output", tmp_path)[0] == 0
    with np.load(tmp_path / "people3d.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["joints_cam_mm"], _all_joints(video.path))
        assert stored["joint_names"].tolist() == list(MUCO.joints)
        assert stored["file_names"][stored["image_index"][0]] == "street.mp4#000100"
        assert sorted(set(stored["track_ids"].tolist())) == [0, 1, 2]
        np.testing.assert_allclose(stored["times_s"], 4 + np.arange(10) / 25, atol=1e-6)


def test_coco(export, photos, tmp_path):
    coco_class = pytest.importorskip("faster_coco_eval").COCO
    assert export(photos, "--format", "coco", "--output", tmp_path) == (0, [])
    coco = coco_class(str(tmp_path / "people3d.coco.json"))
    rows = coco.loadAnns(coco.getAnnIds())
    np.testing.assert_allclose([row["keypoints_cam"] for row in rows], _all_joints(photos), atol=1e-4)
    assert coco.loadCats(1)[0]["keypoints"] == list(MUCO.joints)
    assert len(coco.getImgIds()) == 3 and len(coco.getAnnIds(imgIds=3)) == 0


def test_coco_with_cocos_own_joints(export, photos, tmp_path):
    coco_class = pytest.importorskip("faster_coco_eval").COCO
    assert export(photos, "--format", "coco", "--skeleton", "coco17", "--output", tmp_path / "c.json") == (0, [])
    coco = coco_class(str(tmp_path / "c.json"))
    names = coco.loadCats(1)[0]["keypoints"]
    assert len(names) == 17 and names[0] == "nose" and names[5:7] == ["left_shoulder", "right_shoulder"]
    people = read_results(photos)[0][1]
    row = coco.loadAnns(1)[0]
    keypoints = np.array(row["keypoints"]).reshape(17, 3)
    np.testing.assert_allclose(keypoints[6, :2], people.joints_px[0, MUCO.index("R_Shoulder")], atol=1e-4)
    np.testing.assert_allclose(row["keypoints_cam"][15], people.joints_cam_mm[0, MUCO.index("L_Ankle")], atol=1e-4)
    assert not keypoints[:5].any() and row["keypoints_cam"][0] == [None] * 3


def test_angles_of_a_stick_figure():
    """Joints placed by turning limbs about the body's axes: flexion first, then abduction."""
    up, left, forward = np.array([0.0, -1, 0]), np.array([1.0, 0, 0]), np.array([0.0, 0, -1])  # seen from the front
    assert np.allclose(np.cross(left, up), forward)

    def hanging(flexion, abduction, outwards):
        f, a = np.deg2rad(flexion), np.deg2rad(abduction)
        return np.cos(a) * (np.cos(f) * -up + np.sin(f) * forward) + np.sin(a) * outwards * left

    def bent(limb, degrees):
        """The limb turned forwards within the plane across the body's left."""
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        along, ahead = limb @ -up, limb @ forward
        return (c * along - s * ahead) * -up + (s * along + c * ahead) * forward + (limb @ left) * left

    at = {"Pelvis": np.array([100.0, 50, 3000])}
    at["Spine"] = at["Pelvis"] + 230 * up
    trunk = -hanging(-12, 0, 1)  # 12 degrees forwards
    at["Thorax"] = at["Spine"] + 240 * trunk
    at["Head"] = at["Thorax"] + 120 * trunk
    at["Head_top"] = at["Head"] + 150 * trunk
    for side, sign in (("L", 1), ("R", -1)):
        at[f"{side}_Hip"] = at["Pelvis"] + sign * 110 * left
        thigh = hanging(35, 20 if side == "L" else 5, sign)
        at[f"{side}_Knee"] = at[f"{side}_Hip"] + 400 * thigh
        shank = hanging(0, 0, sign)
        at[f"{side}_Ankle"] = at[f"{side}_Knee"] + 400 * shank
        at[f"{side}_Toe"] = at[f"{side}_Ankle"] + 130 * bent(shank, 80)
        at[f"{side}_Shoulder"] = at["Thorax"] + sign * 180 * left
        arm = bent(hanging(50, 30, sign), -12)  # hangs from the trunk, which leans
        at[f"{side}_Elbow"] = at[f"{side}_Shoulder"] + 280 * arm
        at[f"{side}_Wrist"] = at[f"{side}_Elbow"] + 250 * arm
        at[f"{side}_Hand"] = at[f"{side}_Wrist"] + 80 * arm
    joints = np.stack([at[name] for name in MUCO.joints])[None]
    angles = {name: float(value[0]) for name, value in joint_angles_deg(joints, MUCO).items()}
    expected = {
        "L_hip_flexion": 35,
        "L_hip_abduction": 20,
        "R_hip_flexion": 35,
        "R_hip_abduction": 5,
        "L_shoulder_flexion": 50,
        "L_shoulder_abduction": 30,
        "R_shoulder_abduction": 30,
        "R_elbow_flexion": 0,
        "L_ankle_dorsiflexion": -10,
        "trunk_flexion": 12,
        "trunk_left": 0,
        "neck_flexion": 0,
    }
    for name, value in expected.items():
        assert angles[name] == pytest.approx(value, abs=1e-6), name
    thigh, shank = at["R_Knee"] - at["R_Hip"], at["R_Ankle"] - at["R_Knee"]
    between = np.rad2deg(np.arccos(thigh @ shank / 400 / 400))
    assert angles["R_knee_flexion"] == pytest.approx(between)


def test_angles_do_not_depend_on_the_camera(video):
    seen, upright = (joint_angles_deg(joints[0], MUCO) for joints in (video.joints_mm, video.upright_mm))
    for name in seen:
        np.testing.assert_allclose(seen[name], upright[name], atol=1e-6)


def test_angles_without_their_joints_are_empty(export, photos, tmp_path):
    assert export(photos, "--format", "angles", "--skeleton", "mpii16", "--output", tmp_path / "a.csv") == (0, [])
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file_name"] for row in rows] == ["a/photo.jpg", "a/photo.jpg", "b/photo.jpg"]
    assert rows[0]["L_ankle_dorsiflexion"] == "" and float(rows[0]["L_knee_flexion"]) > 0
