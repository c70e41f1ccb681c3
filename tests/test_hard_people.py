"""People cut by the frame, tiny ones and overlapping ones, through the default weights: finite, in order, honest."""

from __future__ import annotations

import numpy as np
import pytest

from people3d import Camera, Predictor
from people3d.evaluate.inputs import open_ground_truth
from people3d.people import OUTSIDE, SEEN
from people3d.runtime import packaged_entries
from people3d.sources import read_image

pytestmark = pytest.mark.skipif("default" not in packaged_entries(), reason="no weights come with this installation")
CAMERA = Camera.from_fov(55)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor()


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray, Camera, np.ndarray]:
    """The demo's picture, true boxes xyxy, camera and true root depths, from the nearest to the farthest person."""
    from pathlib import Path

    folder = Path(__file__).parents[1] / "examples"
    truth = open_ground_truth(folder / "demo.json")
    order = np.argsort(truth.root_depth_mm)
    xywh = truth.boxes_xywh[order]
    boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)
    return read_image(folder / "demo.jpg").rgb, boxes, Camera(*truth.images[0]["intrinsic"]), truth.root_depth_mm[order]


def check(people) -> None:
    """What holds of every result."""
    assert np.isfinite(people.joints_cam_mm).all() and np.isfinite(people.root_cam_mm).all()
    assert people.root_depth_std_mm is not None and people.joints_std_mm is not None
    assert (people.root_depth_std_mm > 0).all() and (people.joints_std_mm > 0).all()
    inside = ((people.joints_px >= 0) & (people.joints_px < [people.width, people.height])).all(-1)
    assert ((people.joint_flags == OUTSIDE) == ~inside).all()


def test_most_joints_of_people_in_plain_sight_are_seen(predictor, scene):
    rgb, boxes, camera, depth = scene
    people = predictor(rgb, camera, boxes=boxes)
    check(people)
    assert (people.joint_flags[:3] == SEEN).mean() > 0.4
    assert np.median(np.abs(people.root_cam_mm[:, 2] / depth - 1)) < 0.3


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_somebody_cut_by_the_frame(predictor, scene, share):
    """The picture ends in the middle of the nearest person: what is outside is said to be outside."""
    rgb, boxes, camera, _ = scene
    x1, y1, x2, y2 = boxes[0]
    bottom = int(y1 + share * (y2 - y1))
    people = predictor(rgb[:bottom], Camera(camera.fx, camera.fy, camera.cx, camera.cy), boxes=[[x1, y1, x2, bottom]])
    check(people)
    assert people.root_depth_std_mm[0] > 0


def test_somebody_tiny(predictor, scene):
    """Twenty pixels high: the networks are less sure of the poses than of the same people at full size."""
    import cv2

    rgb, boxes, camera, depth = scene
    factor = 20 / (boxes[0, 3] - boxes[0, 1])
    small = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    tiny_camera = Camera(camera.fx * factor, camera.fy * factor, camera.cx * factor, camera.cy * factor)
    tiny, full = predictor(small, tiny_camera, boxes=boxes * factor), predictor(rgb, camera, boxes=boxes)
    check(tiny)
    assert tiny.joints_std_mm.mean() > full.joints_std_mm.mean()
    assert tiny.root_cam_mm[0, 2] == pytest.approx(depth[0], rel=0.6)


def test_overlapping_people_stay_apart_and_in_order(predictor, scene):
    """Two boxes of two people that overlap by half; then the same box twice: given boxes are never merged."""
    rgb, boxes, camera, _ = scene
    shifted = boxes[0] + [0.5 * (boxes[0, 2] - boxes[0, 0]), 0, 0.5 * (boxes[0, 2] - boxes[0, 0]), 0]
    shifted = np.minimum(shifted, [rgb.shape[1], rgb.shape[0]] * 2)
    people = predictor(rgb, camera, boxes=[boxes[0], shifted, boxes[0]])
    check(people)
    np.testing.assert_array_equal(people.boxes_xyxy[[0, 2]], [boxes[0], boxes[0]])
    np.testing.assert_allclose(people.joints_cam_mm[0], people.joints_cam_mm[2], rtol=1e-4)
    assert np.abs(people.joints_px[0] - people.joints_px[1]).mean() > 5
