"""One person found twice is told once; two people are two."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from people3d import Predictor
from people3d.doubles import distinct


@pytest.fixture
def pair(make_people):
    """Somebody, and the same again a little off, less surely found."""
    people = make_people(1)
    twice = people[[0, 0]]
    return dataclasses.replace(
        twice, joints_px=twice.joints_px + np.array([[[0, 0]], [[2, -2]]]), scores=np.array([0.9, 0.6])
    )


def test_the_surer_of_two_at_one_place_is_kept(pair):
    assert distinct(pair).tolist() == [True, False]
    assert distinct(pair[[1, 0]]).tolist() == [False, True]


def test_of_equals_the_first(pair):
    assert distinct(dataclasses.replace(pair, scores=np.ones(2))).tolist() == [True, False]


def test_somebody_exactly_behind_is_somebody_else(pair):
    roots = pair.root_cam_mm * [[1.0], [1.5]]
    assert distinct(dataclasses.replace(pair, root_cam_mm=roots)).all()


def test_somebody_beside_at_the_same_depth_is_somebody_else(pair):
    size = np.linalg.norm(pair.boxes_xyxy[0, 2:] - pair.boxes_xyxy[0, :2])
    assert distinct(
        dataclasses.replace(pair, joints_px=pair.joints_px + np.array([[[0, 0]], [[0.15 * size, 0]]]))
    ).all()


def test_half_a_body_seen_again_is_the_same_one(pair):
    """A box of the upper body: shoulders and hips where they were, the legs anywhere."""
    size = np.linalg.norm(pair.boxes_xyxy[0, 2:] - pair.boxes_xyxy[0, :2])
    px = pair.joints_px[[0, 0]] + 0.001 * size
    legs = [pair.skeleton.index(f"{side}_{joint}") for side in "LR" for joint in ("Knee", "Ankle", "Toe")]
    px[1, legs] += [0, 0.5 * size]
    assert np.linalg.norm(px[1] - px[0], axis=1).mean() > 0.1 * size
    assert distinct(dataclasses.replace(pair, joints_px=px)).tolist() == [True, False]
    hips = [pair.skeleton.index(f"{side}_Hip") for side in "LR"]
    px[1, hips] += [0.1 * size, 0]
    assert distinct(dataclasses.replace(pair, joints_px=px)).all()


def test_nobody():
    from people3d.camera import Camera
    from people3d.people import People
    from people3d.skeleton import SKELETONS

    assert distinct(People.empty(SKELETONS["muco21"], Camera.default(9, 9), 9, 9)).shape == (0,)


def test_a_detectors_doubles_go_and_given_boxes_stay(fake_networks):
    """The made-up PoseNet puts all joints on the picture's brightest place, whatever the box."""
    picture = np.zeros((150, 200, 3), np.uint8)
    picture[70:73, 40:43] = 255
    boxes = np.array([[20.0, 30, 60, 110], [21, 31, 62, 111]])
    found = Predictor(fake_networks(), lambda image: (boxes, np.array([0.9, 0.8])))(picture)
    assert found.scores.tolist() == [0.9]
    assert len(Predictor(fake_networks(), lambda image: (boxes[:0], np.zeros(0)))(picture, boxes=boxes)) == 2
