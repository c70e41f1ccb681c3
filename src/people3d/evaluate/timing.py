"""Seconds per frame of each stage (the paper's Table 8)."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from people3d.detect import Detector
from people3d.predictor import Networks, Predictor
from people3d.runtime import PoseOutput, RootOutput
from people3d.skeleton import Skeleton

STAGES = ("DetectNet", "RootNet", "PoseNet", "total")


class Stopwatch:
    """Seconds summed up by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - start


class TimedDetector:
    """A detector whose calls are timed."""

    def __init__(self, detector: Detector, watch: Stopwatch):
        self.detector, self.watch = detector, watch

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with self.watch("DetectNet"):
            return self.detector(image_rgb)


class TimedNetworks:
    """RootNet and PoseNet whose calls are timed."""

    def __init__(self, networks: Networks, watch: Stopwatch):
        self.networks, self.watch = networks, watch

    @property
    def crop_size(self) -> int:
        return self.networks.crop_size

    @property
    def skeleton(self) -> Skeleton:
        return self.networks.skeleton

    @property
    def info(self) -> dict[str, Any]:
        return self.networks.info

    def detector_path(self) -> Path:
        return self.networks.detector_path()

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput:
        with self.watch("RootNet"):
            return self.networks.root(crops, k)

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput:
        with self.watch("PoseNet"):
            return self.networks.pose(crops, flip_test)


def seconds_per_frame(predictor: Predictor, pictures: Iterable[Path]) -> tuple[dict[str, float], int]:
    """Mean seconds a picture spends in each stage, and how many people were found in all.

    ``total`` also holds reading, cropping and lifting. The first picture is run once before, untimed, to warm up.

    Raises:
        ValueError: no picture.
    """
    pictures, watch = list(pictures), Stopwatch()
    if not pictures:
        raise ValueError("expected at least one picture to time")
    timed = Predictor(TimedNetworks(predictor.networks, watch), TimedDetector(predictor.detector, watch))
    timed(pictures[0])
    watch.seconds.clear()
    people = 0
    for picture in pictures:
        with watch("total"):
            people += len(timed(picture))
    return {stage: watch.seconds[stage] / len(pictures) for stage in STAGES}, people
