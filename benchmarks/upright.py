"""How well `people3d export` finds which way is up: made-up scenes with a known camera (extra synth, no OpenGL).

python benchmarks/upright.py --scenes 200
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tyro

from people3d.export import Scene, Track, upright_world
from people3d.synth.actor import actor
from people3d.synth.group import look
from people3d.synth.joints import SYNTH


@dataclass(frozen=True)
class Options:
    """Angle between the estimated and the true vertical."""

    scenes: int = 200
    """of one to six people in any posture, one frame each"""
    noise_mm: float = 60.0
    """standard deviation of each coordinate of a joint, as an estimate has"""
    depth_noise: float = 0.06
    """relative standard deviation of each person's distance"""
    seed: int = 0
    """of the scenes"""


def tilt_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


def main(options: Options) -> None:
    rng = np.random.default_rng(options.seed)
    level, exact, noisy, counts = [], [], [], []
    for _ in range(options.scenes):
        view, count = look(rng, 640, 480), int(rng.integers(1, 7))
        depth = np.exp(rng.normal(np.log(4500), 0.4, count))
        across = rng.uniform(-1, 1, count) * depth * view.width / view.camera.fx / 2
        places = np.stack([across, depth, np.zeros(count)], 1)
        joints = view.to_camera(np.stack([actor(rng, mesh="coarse").joints_mm + place for place in places]))
        up = view.rotation @ np.array([0.0, 0, 1])
        moved = joints + rng.normal(0, options.noise_mm, joints.shape)
        moved *= 1 + rng.normal(0, options.depth_noise, (count, 1, 1))
        level.append(tilt_deg(np.array([0.0, -1, 0]), up))
        exact.append(tilt_deg(upright_world(_scene(joints)).rotation[1], up))
        noisy.append(tilt_deg(upright_world(_scene(moved)).rotation[1], up))
        counts.append(count)
    number = np.array(counts)
    print(
        "| people | scenes | camera taken to be level | exact joints | noisy joints |\n| --- | --- | --- | --- | --- |"
    )
    for low, high in ((1, 1), (2, 3), (4, 6), (1, 6)):
        among = (number >= low) & (number <= high)
        means = " | ".join(f"{np.array(errors)[among].mean():.1f}°" for errors in (level, exact, noisy))
        print(f"| {low}-{high} | {among.sum()} | {means} |")


def _scene(joints_mm: np.ndarray) -> Scene:
    tracks = tuple(Track(i + 1, joints[None], np.zeros(1, int)) for i, joints in enumerate(joints_mm))
    one = np.zeros(1)
    return Scene("scene", ("scene",), one.astype(int), one, 30.0, SYNTH, tracks, np.ones((1, 4)), (640.0, 480.0))


if __name__ == "__main__":
    main(tyro.cli(Options))
