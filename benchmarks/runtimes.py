"""Single precision, int8 and OpenVINO side by side: accuracy on sets with truth, and time.

    people3d weights quantize default --output runs/int8 --photos PACKS
    python benchmarks/runtimes.py SET/ground_truth.json ... --weights default runs/int8

True boxes, so that all see the same crops. Time is for five crops, the fastest of the repeats: wall clock and the
processor's. On a machine that does other work, look at the processor's.
"""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from accuracy import predicted_set

from people3d.evaluate.protocols import generic
from people3d.evaluate.report import Table
from people3d.predictor import Predictor
from people3d.runtime import Weights, load_weights

CROPS = 5


@dataclass(frozen=True)
class Config:
    """Runtimes and precisions side by side."""

    truth: tyro.conf.Positional[tuple[Path, ...]] = ()
    """ground truth files; none: time only"""
    weights: tuple[str, ...] = ("default",)
    """names or folders of weights"""
    runtimes: tuple[str, ...] = ("onnxruntime", "openvino")
    """of people3d.runtime"""
    threads: int = 2
    """of one call"""
    repeats: int = 20
    """calls that are timed"""
    limit: int = 0
    """only the first so many pictures of each set"""


def timed(weights: Weights, repeats: int) -> list[float]:
    """Wall and processor milliseconds of RootNet, then of PoseNet."""
    size = weights.crop_size
    crops = np.random.default_rng(0).integers(0, 256, (CROPS, size, size, 3), dtype=np.uint8)
    calls = (lambda: weights.root(crops, np.full(CROPS, 3000.0)), lambda: weights.pose(crops))
    found = []
    for call in calls:
        times = []
        for repeat in range(repeats + 1):
            wall, processor = time.perf_counter(), time.process_time()
            call()
            if repeat:
                times.append((time.perf_counter() - wall, time.process_time() - processor))
        found += [1000 * t for t in np.min(times, axis=0)]
    return found


def main() -> None:
    config = tyro.cli(Config, description=__doc__)
    names = [path.parent.name for path in config.truth]
    rows = []
    for entry in config.weights:
        for runtime in config.runtimes:
            weights = load_weights(entry, device="cpu", threads=config.threads, runtime=runtime).open()
            cells: list[float] = []
            for path in config.truth:
                figures = generic.evaluate(*predicted_set(Predictor(weights), path, True, config.limit)).figures
                pose = figures.get("limb_joints", {}).get("pa_mpjpe_with_scale_mm", float("nan"))
                cells += [100 * figures["relative_depth_error"], pose]
            rows.append([f"{Path(entry).name}, {runtime}", *timed(weights, config.repeats), *cells])
    measured = [f"{name}: {what}" for name in names for what in ("depth error, %", "PA-MPJPE, mm")]
    times = [f"{network}, {clock} ms" for network in ("RootNet", "PoseNet") for clock in ("wall", "processor")]
    print("\n".join(Table("", [f"{CROPS} crops", *times, *measured], rows).to_markdown()))
    print(f"\n{config.threads} threads, fastest of {config.repeats}, {platform.processor() or platform.machine()}")


if __name__ == "__main__":
    main()
