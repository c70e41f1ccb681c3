"""Exchanged parts: another PoseNet, another source of distances, MediaPipe's landmarks."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.depth_map import DepthMap
from people3d.hips import HIP_RISE
from people3d.mediapipe_pose import MediaPipePose, joints_of
from people3d.parts import JudgedPose, Parts
from people3d.people import SEEN, UNCERTAIN
from people3d.predictor import Predictor
from people3d.results import read_results, write_results
from people3d.skeleton import SKELETONS

COCO = SKELETONS["coco19"]
CAMERA = Camera(300, 300, 100, 75)
PICTURE = np.zeros((150, 200, 3), np.uint8)
BOXES = np.array([[20.0, 30, 60, 110], [100, 20, 150, 120]])


def nobody(image_rgb):
    return np.zeros((0, 4)), np.zeros(0)


def two_people(image_rgb):
    return BOXES, np.array([0.9, 0.8])


class CocoNet:
    """A PoseNet of another skeleton: joints on a line; ``missing`` are the crops in which it finds nobody."""

    skeleton = COCO
    info = {"id": "coconet", "sha256": "1" * 64}  # noqa: RUF012

    def __init__(self, *missing: int):
        self.missing = list(missing)

    def pose(self, crops, flip_test=False):
        joints = np.repeat(np.linspace([0.3, 0.3, -90.0], [0.7, 0.7, 90], len(COCO))[None], len(crops), 0)
        joints[self.missing] = np.nan
        seen = np.ones((len(crops), len(COCO)), bool)
        seen[:, 3] = False
        return JudgedPose(joints, None, seen)


def test_another_posenet(fake_networks):
    networks = fake_networks()
    predictor = Predictor(networks, two_people, posenet=CocoNet())
    people = predictor(PICTURE, CAMERA)
    assert people.skeleton is COCO
    assert isinstance(predictor.networks, Parts)
    assert predictor.networks.info["posenet"]["id"] == "coconet"
    np.testing.assert_allclose(people.root_cam_mm, Predictor(networks, two_people)(PICTURE, CAMERA).root_cam_mm)
    np.testing.assert_allclose(people.joints_cam_mm[:, -1, 2], people.root_cam_mm[:, 2] + 90)
    assert people.joint_flags[:, :5].tolist() == [[SEEN, SEEN, SEEN, UNCERTAIN, SEEN]] * 2
    with pytest.raises(ValueError, match="muco21 has joints that coco19 lacks: Head_top"):
        Predictor(networks, two_people, posenet=CocoNet(), skeleton="muco21")


def test_whoever_posenet_does_not_find_is_left_out(fake_networks):
    people = Predictor(fake_networks(), nobody, posenet=CocoNet(0))(PICTURE, CAMERA, BOXES, [0.3, 0.6])
    np.testing.assert_array_equal(people.boxes_xyxy, BOXES[1:])
    assert people.scores.tolist() == [0.6]
    networks = fake_networks()
    assert len(Predictor(networks, two_people, posenet=CocoNet(0, 1))(PICTURE, CAMERA)) == 0
    assert networks.batches == []


def test_distances_from_a_callable(fake_networks):
    networks, asked = fake_networks(), []

    def root_depth(image_rgb, poses):
        asked.append((image_rgb.shape, len(poses), poses.joints_px.shape, poses.skeleton.name))
        return [4321, np.nan]

    predictor = Predictor(networks, two_people)
    plain = predictor(PICTURE, CAMERA)
    people = predictor(PICTURE, CAMERA, root_depth=root_depth)
    assert asked == [((150, 200, 3), 2, (2, 21, 2), "muco21")]
    assert people.root_depth_given is not None
    assert people.root_depth_given.tolist() == [True, False]
    assert people.root_cam_mm[0, 2] == 4321
    np.testing.assert_allclose(CAMERA.project(people.root_cam_mm)[0], people.joints_px[0, 14])
    np.testing.assert_allclose(people.joints_cam_mm[0, :, 2], 4421)  # the fake's pose lies 100 mm behind the root
    np.testing.assert_allclose(people.joints_px, plain.joints_px)
    np.testing.assert_allclose(people.root_cam_mm[1], plain.root_cam_mm[1])
    np.testing.assert_allclose(people.joints_cam_mm[1], plain.joints_cam_mm[1])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([1000], r"shape \(2,\), one a person, got \(1,\)"),
        ([1000, 0], "positive mm"),
        ([1000, -5], "positive mm"),
        ([1000, np.inf], "positive mm"),
    ],
)
def test_distances_that_cannot_be(fake_networks, answer, reason):
    with pytest.raises(ValueError, match=f"root depth: expected .*{reason}"):
        Predictor(fake_networks(), two_people)(PICTURE, CAMERA, root_depth=lambda image, poses: answer)


def test_a_map_with_nothing_in_it_leaves_all_to_rootnet(fake_networks):
    predictor = Predictor(fake_networks(), two_people)
    people = predictor(PICTURE, CAMERA, root_depth=DepthMap(np.zeros((150, 200))))
    assert people.root_depth_given is not None
    assert not people.root_depth_given.any()
    np.testing.assert_allclose(people.joints_cam_mm, predictor(PICTURE, CAMERA).joints_cam_mm)
    with pytest.raises(ValueError, match="expected 200 x 150 px"):
        predictor(PICTURE, CAMERA, root_depth=DepthMap(np.ones((200, 150))))


def test_a_given_distance_stays_with_another_focal_length_and_in_files(fake_networks, tmp_path):
    people = Predictor(fake_networks(), two_people)(PICTURE, CAMERA, root_depth=lambda image, poses: [3000, np.nan])
    wider = people.with_focal(150)
    np.testing.assert_allclose(wider.root_cam_mm[:, 2] / people.root_cam_mm[:, 2], [1, 0.5])
    np.testing.assert_allclose(wider.joints_cam_mm[0, :, 2], people.joints_cam_mm[0, :, 2])
    np.testing.assert_allclose(wider.camera.project(wider.joints_cam_mm), people.joints_px, atol=1e-6)
    write_results(tmp_path / "a.json", [("a.png", people)], people.skeleton)
    ((_, again),) = read_results(tmp_path / "a.json")
    assert again.root_depth_given is not None
    assert again.root_depth_given.tolist() == [True, False]


# -- MediaPipe -----------------------------------------------------------------------------------------------------


def _landmarks(**values):
    return [SimpleNamespace(x=i / 100, y=i / 50, z=i / 1000, visibility=0.9, **values) for i in range(33)]


def test_mediapipes_landmarks_as_cocos_joints():
    places = _landmarks()
    places[15].visibility = 0.2
    joints, seen = joints_of(places, _landmarks())
    named = dict(zip(COCO.joints, joints, strict=True))
    hips = 23.5 + HIP_RISE * (11.5 - 23.5)  # mean of landmarks 23 and 24, raised towards that of 11 and 12
    for name, index in (("Nose", 0), ("L_Wrist", 15), ("R_Wrist", 16), ("R_Ankle", 28), ("Pelvis", hips)):
        np.testing.assert_allclose(named[name], [index / 100, index / 50, index - hips], atol=1e-9)
    np.testing.assert_allclose(named["Thorax"], [0.115, 0.23, 11.5 - hips], atol=1e-9)
    assert [n for n, s in zip(COCO.joints, seen, strict=True) if not s] == ["L_Wrist"]
    with pytest.raises(ValueError, match="expected 33 landmarks, got 32 and 33"):
        joints_of(places[:32], places)


def test_mediapipe_that_is_missing(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"gone\.task: expected MediaPipe's \.task file, found none"):
        MediaPipePose(tmp_path / "gone.task")
    (tmp_path / "a.task").write_bytes(b"no model")
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ImportError, match="pip install mediapipe"):
        MediaPipePose(tmp_path / "a.task")


def test_a_file_that_mediapipe_cannot_use(tmp_path):
    pytest.importorskip("mediapipe")
    (tmp_path / "a.task").write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"a\.task: expected a \.task file of a pose landmarker"):
        MediaPipePose(tmp_path / "a.task")
