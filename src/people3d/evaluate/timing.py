"""Seconds per frame of each stage (the paper's Table 8)."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from people3d.people import People
from people3d.predictor import Networks, Predictor
from people3d.runtime import PoseOutput, RootOutput
from people3d.runtime.calibration import NEAR_SIDES
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
    """The detector of a predictor, opened when it is first asked for, whose calls are timed."""

    def __init__(self, predictor: Predictor, watch: Stopwatch):
        self.predictor, self.watch = predictor, watch

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        detector = self.predictor.detector
        with self.watch("DetectNet"):
            return detector(image_rgb)


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

    @property
    def seen_std(self) -> float:
        return getattr(self.networks, "seen_std", NEAR_SIDES)

    @property
    def depth_axis(self) -> str:
        return getattr(self.networks, "depth_axis", "optical")

    def detector_path(self) -> Path:
        return self.networks.detector_path()

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput:
        with self.watch("RootNet"):
            return self.networks.root(crops, k)

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput:
        with self.watch("PoseNet"):
            return self.networks.pose(crops, flip_test)


class TimedPredictor(Predictor):
    """A predictor that does the same and counts the seconds of each stage.

    ``total`` goes from the picture (read from its file, where a path was given) to the people. The first picture warms
    up and is not counted where there are more.

    Attributes:
        pictures, people: how many were counted.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.__dict__.update(vars(predictor))
        self.__dict__.pop("detector", None)
        self.watch, self.pictures, self.people = Stopwatch(), 0, 0
        self.networks = TimedNetworks(predictor.networks, self.watch)
        self._detector, self._warm = TimedDetector(predictor, self.watch), False

    def __call__(self, *args: Any, **kwargs: Any) -> People:
        if self.pictures and not self._warm:
            self.watch.seconds.clear()
            self.pictures, self.people, self._warm = 0, 0, True
        with self.watch("total"):
            people = super().__call__(*args, **kwargs)
        self.pictures += 1
        self.people += len(people)
        return people

    @property
    def seconds(self) -> dict[str, float]:
        """Mean seconds that a picture spends in each of ``STAGES``; 0 where a stage was not needed."""
        return {stage: self.watch.seconds[stage] / max(self.pictures, 1) for stage in STAGES}

    def provenance(self) -> dict[str, Any]:
        """For the head of a file of results; :func:`stated_seconds` reads it."""
        seconds = {stage: round(value, 6) for stage, value in self.seconds.items()}
        timing = {"seconds_per_stage": seconds, "pictures": self.pictures, "people": self.people, "machine": machine()}
        return {"seconds_per_image": seconds["total"], "timing": timing}


def seconds_per_frame(predictor: Predictor, pictures: Iterable[Path]) -> TimedPredictor:
    """The predictor after all pictures, the first one once more before as warm-up.

    Raises:
        ValueError: no picture.
    """
    pictures = list(pictures)
    if not pictures:
        raise ValueError("expected at least one picture to time")
    timed = TimedPredictor(predictor)
    for picture in [pictures[0], *pictures]:
        timed(picture)
    return timed


def stated_seconds(info: Mapping[str, Any], source: str) -> tuple[list[float], dict[str, Any]]:
    """Table 8's row from the head of a ``people3d.json`` and its provenance.

    Raises:
        ValueError: the file says nothing of the kind.
    """
    timing = info.get("timing")
    seconds = timing.get("seconds_per_stage") if isinstance(timing, Mapping) else None
    values = [seconds.get(stage) for stage in STAGES] if isinstance(seconds, Mapping) else [None]
    if not all(isinstance(value, int | float) for value in values):
        raise ValueError(f"{source}: expected info.timing.seconds_per_stage; people3d predict --timing writes it")
    assert isinstance(timing, Mapping)
    told = {key: timing.get(key, "not stated") for key in ("pictures", "people", "machine")}
    return [float(v) for v in values], {"weights": info.get("weights", "not stated"), **told}  # type: ignore[arg-type]


def machine() -> str:
    """The processor, as far as the system tells, and how many cores of it this process may use."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'s' * (cores != 1)}"
