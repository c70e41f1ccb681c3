"""The way of the data with networks that are made up: detect, crop, root, pose, lift."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from people3d import Camera, Predictor
from people3d.crop import crop_boxes
from people3d.lift import depth_along_ray, voxels_to_crop
from people3d.people import OUTSIDE, SEEN, UNCERTAIN
from people3d.runtime import PoseOutput, RootOutput, WeightsError
from people3d.skeleton import SKELETONS

MUCO = SKELETONS["muco21"]
GAMMA = 1.2  # of the made-up RootNet in conftest.py


def nobody(image_rgb):
    return np.zeros((0, 4)), np.zeros(0)


def one_person(image_rgb):
    return np.array([[20.0, 30, 60, 110]]), np.array([0.9])


@pytest.fixture
def picture() -> np.ndarray:
    """200 x 150, dark, with one bright pixel block about (41, 71)."""
    image = np.zeros((150, 200, 3), np.uint8)
    image[70:73, 40:43] = 255
    return image


def test_nobody_returns_early_and_well_shaped(fake_networks, picture):
    networks = fake_networks()
    people = Predictor(networks, nobody)(picture)
    assert len(people) == 0
    assert people.joints_cam_mm.shape == (0, 21, 3)
    assert (people.width, people.height) == (200, 150)
    assert people.camera == Camera.default(200, 150)
    assert networks.batches == []


def test_from_a_picture_to_camera_space(fake_networks, picture):
    camera = Camera(300, 300, 100, 75)
    people = Predictor(fake_networks(), one_person)(picture, camera)
    side = 80 * 1.25 - 1.25  # the released code's cleaning takes a pixel off each side
    depth = GAMMA * 2000 * 300 / side
    np.testing.assert_allclose(people.root_cam_mm[0, 2], depth)
    np.testing.assert_allclose(camera.project(people.root_cam_mm)[0], [39.5, 69.5], atol=1e-9)
    np.testing.assert_allclose(people.joints_px[0, 3], [41, 71], atol=1.6)  # found in a crop of 64 px
    np.testing.assert_allclose(people.joints_cam_mm[..., 2], depth + 100)
    np.testing.assert_allclose(camera.project(people.joints_cam_mm), people.joints_px, atol=1e-9)
    np.testing.assert_array_equal(people.boxes_xyxy, [[20, 30, 60, 110]])
    assert (people.joint_flags == SEEN).all()
    assert people.scores.tolist() == [0.9]


def test_depth_is_proportional_to_the_focal_length(fake_networks, picture):
    predictor = Predictor(fake_networks(), one_person)
    near, far = (predictor(picture, Camera.from_focal(f, 200, 150)) for f in (300, 900))
    rescaled = near.with_focal(900)
    np.testing.assert_allclose(rescaled.root_cam_mm, far.root_cam_mm)
    np.testing.assert_allclose(rescaled.joints_cam_mm, far.joints_cam_mm)


def test_all_people_of_a_picture_go_through_in_one_batch(fake_networks, picture):
    networks = fake_networks()
    boxes = np.array([[10.0 + i, 20, 50 + i, 100] for i in range(9)])
    people = Predictor(networks, nobody)(picture, boxes=boxes, scores=np.linspace(0.1, 0.9, 9))
    assert networks.batches == [9]
    np.testing.assert_array_equal(people.boxes_xyxy, boxes)
    np.testing.assert_allclose(people.scores, np.linspace(0.1, 0.9, 9))


def test_the_crop_is_the_pictures_own(fake_networks, picture):
    """What a crop shows depends on its box alone, also where it leaves the picture."""
    people = Predictor(fake_networks(), nobody)(picture, boxes=np.array([[-30.0, 60, 60, 90], [30, 30, 300, 400]]))
    np.testing.assert_allclose(people.joints_px[:, 0], [[41, 71]] * 2, atol=6)


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        ([300, 10, 340, 90], "outside the 200 x 150 image"),
        ([-50, 10, -10, 90], "outside the 200 x 150 image"),
        ([10, 10, 10, 90], "expected a positive width and height, got 0 x 80"),
        ([50, 10, 10, 90], "got -40 x 80"),
        ([10, float("nan"), 50, 90], "not all finite"),
        ([199.5, 10, 240, 90], "less than two pixels"),
    ],
)
def test_impossible_boxes_are_named(fake_networks, picture, box, problem):
    with pytest.raises(ValueError, match=rf"box 1 .*{problem}"):
        Predictor(fake_networks(), nobody)(picture, boxes=[[20, 30, 60, 110], box])


def test_boxes_and_scores_are_checked(fake_networks, picture):
    predictor = Predictor(fake_networks(), nobody)
    with pytest.raises(ValueError, match=r"boxes: expected \(N, 4\) x1 y1 x2 y2, got shape \(4,\)"):
        predictor(picture, boxes=[20, 30, 60, 110])
    with pytest.raises(ValueError, match=r"scores: expected shape \(1,\), got \(2,\)"):
        predictor(picture, boxes=[[20, 30, 60, 110]], scores=[1, 1])
    assert len(predictor(picture, boxes=[])) == 0


def test_a_detectors_sliver_is_left_out(fake_networks, picture):
    people = Predictor(
        fake_networks(), lambda image_rgb: (np.array([[5.0, 5, 5.5, 90], [20, 30, 60, 110]]), np.ones(2))
    )(picture)
    np.testing.assert_array_equal(people.boxes_xyxy, [[20, 30, 60, 110]])


@pytest.mark.parametrize("network", ["root", "pose"])
def test_numbers_that_are_not_finite_are_an_error(fake_networks, picture, network, monkeypatch):
    networks = fake_networks()
    good = getattr(networks, network)

    def broken(*args):
        values = good(*args)
        values[0][..., 2] = np.nan
        return values

    monkeypatch.setattr(networks, network, broken)
    with pytest.raises(
        FloatingPointError, match=r"(RootNet|PoseNet) gave numbers that are not finite for person 0 of 1"
    ):
        Predictor(networks, one_person)(picture)


def test_joint_flags(fake_networks, picture, monkeypatch):
    """Outside the picture 0; doubtful or behind the camera 1; else 2."""
    networks = fake_networks()
    uv = np.full((1, 21, 3), 0.5) * [1, 1, 0]
    uv[0, 0, 0] = 0.05  # the crop reaches beyond the left edge of the picture
    uv[0, 1, 2] = -1e6
    std = np.zeros((1, 21, 2))
    std[0, 2, 0] = 0.2
    monkeypatch.setattr(networks, "pose", lambda crops, flip_test=False: PoseOutput(uv, std))
    people = Predictor(networks, nobody)(picture, boxes=[[-10, 30, 30, 130]])
    assert people.joint_flags[0, :4].tolist() == [OUTSIDE, UNCERTAIN, UNCERTAIN, SEEN]
    assert people.joints_std_mm is not None
    assert people.joints_std_mm[0, 3] == 0
    side_mm = (
        people.root_cam_mm[0, 2] * crop_boxes(np.array([[-10, 30, 40, 100]]), 200, 150)[0][0, 2] / people.camera.fx
    )
    assert people.joints_std_mm[0, 2] == pytest.approx(np.sqrt(2) * 0.2 * side_mm)


def test_depths_along_the_ray_lift_to_the_same_people(fake_networks, picture, monkeypatch):
    """The same body, once told along the optical axis and once along the ray to its root."""
    networks, camera, boxes = fake_networks(), Camera(150, 150, 100, 75), [[5, 30, 45, 130]]
    rng = np.random.default_rng(0)
    crop = np.concatenate([rng.uniform(0.2, 0.8, (1, 21, 2)), rng.uniform(-300, 300, (1, 21, 1))], -1)
    crop[0, MUCO.root] = 0.5, 0.5, 0  # where the made-up RootNet sees it
    monkeypatch.setattr(networks, "pose", lambda crops, flip_test=False: PoseOutput(crop, None))
    expected = Predictor(networks, nobody)(picture, camera, boxes)
    along = depth_along_ray(expected.joints_cam_mm, expected.root_cam_mm)
    told = np.concatenate([crop[..., :2], along[..., None]], -1)
    monkeypatch.setattr(networks, "pose", lambda crops, flip_test=False: PoseOutput(told, None))
    networks.depth_axis = "ray"
    asked = []
    people = Predictor(networks, nobody)(picture, camera, boxes)
    np.testing.assert_allclose(people.joints_cam_mm, expected.joints_cam_mm, atol=1e-6)
    np.testing.assert_array_equal(told[..., 2], along)  # what the network gave is not written over
    assert people.depth_axis == "ray"
    wider = camera.with_focal(1.4 * camera.fx)
    again = Predictor(networks, nobody)(picture, wider, boxes)
    np.testing.assert_allclose(people.with_focal(wider.fx).joints_cam_mm, again.joints_cam_mm, atol=1e-6)

    def root_depth(image_rgb, poses):
        asked.append(poses.joints_z_mm)
        return expected.root_cam_mm[:, 2]

    by_depth = Predictor(networks, nobody)(picture, camera, boxes, root_depth=root_depth)
    relative = expected.joints_cam_mm[..., 2] - expected.root_cam_mm[:, None, 2]
    # Sources are told depths along the optical axis as well, as far as they can be known without a distance.
    assert abs(asked[0] - relative).mean() < abs(along - relative).mean() / 2
    np.testing.assert_allclose(by_depth.root_cam_mm[:, 2], expected.root_cam_mm[:, 2])


def test_an_image_may_be_a_path_or_pillows(fake_networks, picture, tmp_path):
    Image.fromarray(picture).save(tmp_path / "a.png")
    predictor = Predictor(fake_networks(), one_person)
    expected = predictor(picture).joints_cam_mm
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(picture)):
        np.testing.assert_array_equal(predictor(image).joints_cam_mm, expected)
    with pytest.raises(ValueError, match=r"gone\.png: No such file"):
        predictor(tmp_path / "gone.png")


def test_exif_gives_the_camera_of_a_file(fake_networks, picture, tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    Image.fromarray(picture).save(tmp_path / "a.jpg", exif=exif)
    people = Predictor(fake_networks(), nobody)(tmp_path / "a.jpg")
    assert people.camera.focal_source == "exif"
    assert people.camera.fx == pytest.approx(50 * 250 / 43.27)


def test_one_pixel_has_nobody_in_it(fake_networks):
    people = Predictor(fake_networks(), lambda image_rgb: (np.array([[0.0, 0, 1, 1]]), np.ones(1)))(
        np.zeros((1, 1, 3), np.uint8)
    )
    assert len(people) == 0


def test_flip_test_is_passed_on(fake_networks, picture, monkeypatch):
    networks, asked = fake_networks(), []
    good = networks.pose
    monkeypatch.setattr(networks, "pose", lambda crops, flip_test: asked.append(flip_test) or good(crops))
    Predictor(networks, one_person, flip_test=True)(picture)
    Predictor(networks, one_person)(picture)
    assert asked == [True, False]


def test_another_skeleton(fake_networks, picture):
    people = Predictor(fake_networks(), one_person, skeleton="muco17")(picture)
    assert people.joints_cam_mm.shape == (1, 17, 3)
    assert len(Predictor(fake_networks(), nobody, skeleton="muco17")(picture).skeleton) == 17
    with pytest.raises(ValueError, match="coco19 has joints that muco21 lacks"):
        Predictor(fake_networks(), one_person, skeleton="coco19")
    with pytest.raises(ValueError, match="unknown skeleton 'muco'; known: muco21"):
        Predictor(fake_networks(), one_person, skeleton="muco")


def test_detectors_by_name(fake_networks, picture):
    with pytest.raises(ValueError, match="detector: expected one of default, maskrcnn, got 'yolo'"):
        _ = Predictor(fake_networks(), "yolo").detector
    with pytest.raises(WeightsError, match="the fake has none"):
        _ = Predictor(fake_networks()).detector
    # With boxes from elsewhere no detector is asked for.
    assert len(Predictor(fake_networks())(picture, boxes=[[20, 30, 60, 110]])) == 1


def test_weights_that_are_missing(tmp_path):
    with pytest.raises(WeightsError, match="none"):
        Predictor(tmp_path / "none")


def test_the_released_networks_outputs_end_where_the_released_code_puts_them(shared):
    root, pose = (np.load(shared / "parity" / f"{name}net_seed7.npz") for name in ("root", "pose"))
    networks = SimpleNamespace(
        crop_size=256,
        skeleton=MUCO,
        info={},
        root=lambda crops, k: (
            RootOutput(root["out"] / [64, 64, 1], None)
            if np.allclose(k, root["k"], rtol=1e-5)
            else pytest.fail("k differs")
        ),
        pose=lambda crops, flip_test: PoseOutput(voxels_to_crop(pose["out"]), None),
    )
    boxes = pose["boxes"]
    image = np.zeros((392, 640, 3), np.uint8)
    camera = Camera(1500, 1500, 320, 196)
    people = Predictor(networks, nobody)(image, camera, np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1))  # pyright: ignore
    side = pose["processed"][:, None]
    x_px = pose["out"][..., 0] / 64 * side[..., 2] + side[..., 0]
    z = (pose["out"][..., 2] / 64 * 2 - 1) * 1000 + root["out"][:, 2:]
    np.testing.assert_allclose(people.joints_px[..., 0], x_px, rtol=1e-5)
    np.testing.assert_allclose(people.joints_cam_mm[..., 0], (x_px - 320) / 1500 * z, rtol=1e-4, atol=0.05)
    np.testing.assert_allclose(people.root_cam_mm[:, 2], root["out"][:, 2], rtol=1e-6)


def test_the_package_imports_without_torch_and_fast():
    code = (
        "import sys, people3d; assert 'people3d.predictor' not in sys.modules; people3d.Predictor; "
        "import people3d.commands.predict; "
        "assert not {'torch', 'onnxruntime', 'plotly', 'scipy'} & set(sys.modules), sys.modules"
    )
    source = Path(__file__).parents[1] / "src"
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(source)}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
