"""Seconds per frame and stage."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from people3d.evaluate.timing import STAGES, TimedPredictor, machine, seconds_per_frame, stated_seconds
from people3d.predictor import Predictor
from people3d.runtime import PoseOutput, RootOutput
from people3d.skeleton import SKELETONS


class SlowNetworks:
    """Networks that take a known time."""

    crop_size, skeleton, info = 256, SKELETONS["muco21"], {}

    def detector_path(self):
        raise AssertionError("a detector is given")

    def root(self, crops, k):
        time.sleep(0.02)
        return RootOutput(np.tile([0.5, 0.5, 4000.0], (len(crops), 1)), None)

    def pose(self, crops, flip_test=False):
        time.sleep(0.04)
        return PoseOutput(np.random.default_rng(0).uniform(0.2, 0.8, (len(crops), 21, 3)), None)


def slow_detector(image_rgb):
    time.sleep(0.06)
    return np.array([[10.0, 10, 60, 90], [70, 10, 120, 90]]), np.ones(2)


def test_each_stage_is_timed_and_the_total_holds_them(tmp_path):
    pictures = [tmp_path / f"{n}.png" for n in range(2)]
    for picture in pictures:
        cv2.imwrite(str(picture), np.zeros((100, 140, 3), np.uint8))
    timed = seconds_per_frame(Predictor(SlowNetworks(), slow_detector), pictures)
    seconds = timed.seconds
    assert (timed.pictures, timed.people) == (2, 4) and set(seconds) == set(STAGES)
    for stage, expected in zip(STAGES, (0.06, 0.02, 0.04), strict=False):
        assert expected <= seconds[stage] < expected + 0.5
    assert seconds["total"] > sum(seconds[stage] for stage in STAGES[:3])


def test_no_picture_is_an_error():
    with pytest.raises(ValueError, match="at least one picture"):
        seconds_per_frame(Predictor(SlowNetworks(), slow_detector), [])


def test_timing_changes_nothing_and_is_stated():
    picture = np.zeros((100, 140, 3), np.uint8)
    plain = Predictor(SlowNetworks(), slow_detector, skeleton="muco17")
    timed = TimedPredictor(plain)
    for _ in range(3):
        people = timed(picture)
    assert np.array_equal(people.joints_cam_mm, plain(picture).joints_cam_mm) and len(people.skeleton) == 17
    assert (timed.pictures, timed.people) == (2, 4)  # the first one warms up
    stated = timed.provenance()
    seconds, provenance = stated_seconds({"weights": {"rootnet": "x"}, **stated}, "file")
    assert seconds == pytest.approx([timed.seconds[stage] for stage in STAGES], abs=1e-6)
    assert stated["seconds_per_image"] == seconds[-1]
    assert provenance == {"weights": {"rootnet": "x"}, "pictures": 2, "people": 4, "machine": machine()}
    for info in ({}, {"timing": 3}, {"timing": {"seconds_per_stage": {"total": 1.0}}}):
        with pytest.raises(ValueError, match=r"file: expected info\.timing\.seconds_per_stage"):
            stated_seconds(info, "file")


def test_boxes_from_elsewhere_need_no_detector():
    class NoDetector(Predictor):
        @property
        def detector(self):
            raise AssertionError("boxes were given")

    timed = TimedPredictor(NoDetector(SlowNetworks()))
    assert len(timed(np.zeros((100, 140, 3), np.uint8), boxes=[[10, 10, 60, 90]])) == 1
    assert timed.seconds["DetectNet"] == 0 < timed.seconds["PoseNet"]
