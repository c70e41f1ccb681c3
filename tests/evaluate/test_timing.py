"""Seconds per frame and stage."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from people3d.evaluate.timing import STAGES, seconds_per_frame
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
    seconds, people = seconds_per_frame(Predictor(SlowNetworks(), slow_detector), pictures)
    assert people == 4 and set(seconds) == set(STAGES)
    for stage, expected in zip(STAGES, (0.06, 0.02, 0.04), strict=False):
        assert expected <= seconds[stage] < expected + 0.5
    assert seconds["total"] > sum(seconds[stage] for stage in STAGES[:3])


def test_no_picture_is_an_error():
    with pytest.raises(ValueError, match="at least one picture"):
        seconds_per_frame(Predictor(SlowNetworks(), slow_detector), [])
