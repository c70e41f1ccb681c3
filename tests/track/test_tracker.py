"""Numbers that stay, on made-up people who walk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.people import People

pytest.importorskip("trackers")

from people3d.track import Tracker

HALF = np.array([250, 900, 0])
CAMERA = Camera.from_focal(800, 640, 480)


def walkers(make_people, roots_mm, scores=None) -> People:
    """People of 1.7 m with their roots there."""
    people = make_people(len(roots_mm), camera=CAMERA)
    roots = np.array(roots_mm, float).reshape(-1, 3)
    shift = roots[:, None] - people.joints_cam_mm[:, 14:15]
    top, bottom = roots - HALF, roots + HALF
    joints = people.joints_cam_mm + shift
    return replace(
        people,
        boxes_xyxy=np.concatenate([CAMERA.project(top), CAMERA.project(bottom)], 1),
        scores=np.full(len(roots), 0.9) if scores is None else np.array(scores),
        joints_cam_mm=joints,
        joints_px=CAMERA.project(joints),
        root_cam_mm=roots,
    )


def test_numbers_from_the_first_frame_in_any_order(make_people):
    tracker = Tracker(25)
    for t in range(10):
        roots = [[-800 + 20 * t, 0, 4000], [700, 0, 5000]]
        order = [1, 0] if t % 2 else [0, 1]
        people = tracker(walkers(make_people, [roots[i] for i in order]), t / 25)
        assert people.track_ids.tolist() == [i + 1 for i in order]


def test_nobody_and_newcomers(make_people):
    tracker = Tracker(25, first_id=7)
    assert tracker(walkers(make_people, []), 0).track_ids.tolist() == []
    assert tracker(walkers(make_people, [[0, 0, 4000]]), 0.04).track_ids.tolist() == [7]
    assert tracker(walkers(make_people, []), 0.08).track_ids.tolist() == []
    assert tracker(walkers(make_people, [[0, 0, 4000], [1200, 0, 4000]]), 0.12).track_ids.tolist() == [7, 8]
    assert tracker(walkers(make_people, [[0, 0, 4000]]), 5).track_ids.tolist() == [9]  # forgotten
    assert tracker.next_id == 10


def test_whom_the_detector_is_unsure_of_starts_no_track_but_keeps_one(make_people):
    tracker = Tracker(25)
    assert tracker(walkers(make_people, [[0, 0, 4000]], [0.3]), 0).track_ids.tolist() == [0]
    assert tracker(walkers(make_people, [[0, 0, 4000]], [0.9]), 0.04).track_ids.tolist() == [1]
    assert tracker(walkers(make_people, [[0, 0, 4000]], [0.3]), 0.08).track_ids.tolist() == [1]


@pytest.mark.parametrize("use_depth", [True, False])
def test_who_turns_back_where_boxes_cross_is_told_by_his_depth(make_people, use_depth):
    """Two people meet in the picture, one of them unseen for some frames, and walk back: boxes alone swap them."""
    tracker, ids = Tracker(10, use_depth=use_depth), []
    rng = np.random.default_rng(0)
    for t in range(40):
        x = abs(20 - t) * 40.0
        near, far = [-x, 0, 3000], [x * 4200 / 3000, 0, 4200]
        roots = np.array([near, far]) * rng.normal(1, 0.02, (2, 1))
        hidden = 16 <= t <= 19
        people = tracker(walkers(make_people, roots[:1] if hidden else roots), t / 10)
        ids.append(people.track_ids.tolist())
    assert ids[0] == [1, 2]
    if use_depth:
        assert ids[-1] == [1, 2]
        assert all(i[0] == 1 for i in ids)
