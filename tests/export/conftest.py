"""Made-up results: a video of two walkers seen by a camera that looks down, and photographs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.people import People
from people3d.results import write_results
from people3d.skeleton import SKELETONS

PITCH_DEG, HEIGHT_MM = 14.0, 1600.0
FPS, FRAMES = 25.0, 10
MUCO = SKELETONS["muco21"]


@dataclass(frozen=True)
class Video:
    """``joints_mm`` (2, F, 21, 3) in camera space, ``upright_mm`` the same with Y up, the floor at 0 and below the
    camera, Z towards it; NaN in the frames in which a person is not there."""

    path: Path
    joints_mm: np.ndarray
    upright_mm: np.ndarray


def _walker(phase: float) -> np.ndarray:
    """(21, 3) mm, z up, feet near 0, facing -y: bones have the same length at every phase."""
    walking = pytest.importorskip("people3d.synth.pose").walking_pose
    joints = walking(np.random.default_rng(5), phase, 1.0).joints_mm
    return joints + np.array([0, 0, 880.0])


def _seen(upright: np.ndarray) -> np.ndarray:
    """Camera space of a camera that looks down by ``PITCH_DEG`` from ``HEIGHT_MM``."""
    x, below, depth = upright[..., 0], HEIGHT_MM - upright[..., 1], -upright[..., 2]
    c, s = np.cos(np.deg2rad(PITCH_DEG)), np.sin(np.deg2rad(PITCH_DEG))
    return np.stack([x, below * c - depth * s, depth * c + below * s], -1)


@pytest.fixture(scope="session")
def video(tmp_path_factory) -> Video:
    """Ten frames; person 2 is not in frames 0, 4 and 9. A stray detection of frame 3 belongs to no track."""
    pytest.importorskip("people3d.synth.pose")
    times = np.arange(FRAMES) / FPS
    upright = np.empty((2, FRAMES, 21, 3))
    for f, t in enumerate(times):
        for person, (x, z, phase) in enumerate(((-600.0, -3500.0, 0.0), (500.0, -5200.0, 2.0))):
            east, south, up = _walker(phase + 2 * np.pi * 0.9 * t).T
            upright[person, f] = np.stack([east + x, up, z - south + 1200 * t * (-1) ** person], -1)
    joints = _seen(upright)
    there = np.ones((2, FRAMES), bool)
    there[1, [0, 4, 9]] = False
    camera, results = Camera.from_fov(60, 1280, 720), []
    for f in range(FRAMES):
        ids = np.flatnonzero(there[:, f]) + 1
        poses = joints[ids - 1, f]
        if f == 3:
            ids, poses = np.append(ids, 0), np.concatenate([poses, poses[:1] + 400])
        px = camera.project(poses)
        people = People(
            boxes_xyxy=np.concatenate([px.min(1), px.max(1)], 1),
            scores=np.full(len(ids), 0.75),
            joints_cam_mm=poses,
            joints_px=px,
            joint_flags=np.full(px.shape[:2], 2, np.uint8),
            root_cam_mm=poses[:, MUCO.root],
            skeleton=MUCO,
            camera=camera,
            width=1280,
            height=720,
            track_ids=ids,
            frame_index=f + 100,
            time_s=float(times[f] + 4),
        )
        results.append((f"street.mp4#{f + 100:06d}", people))
    path = tmp_path_factory.mktemp("video") / "people3d.json"
    write_results(path, results, MUCO)
    joints[~there], upright[~there] = np.nan, np.nan
    return Video(path, joints, upright)


@pytest.fixture(scope="session")
def photos(tmp_path_factory, make_people) -> Path:
    """Two pictures called photo.jpg in two folders, of two people and of one, and one of nobody."""
    path = tmp_path_factory.mktemp("photos") / "people3d.json"
    nobody = People.empty(MUCO, Camera.default(640, 480), 640, 480)
    results = [
        ("a/photo.jpg", make_people(2)),
        ("b/photo.jpg", make_people(1, seed=1)),
        ("empty.jpg", nobody),
    ]
    write_results(path, results, MUCO)
    return path


@pytest.fixture
def export(capsys):
    """``export(*args)`` runs the command; gives the exit code and the lines on stderr."""
    from people3d import cli

    def run(*args):
        code = cli.main(["export", *map(str, args)])
        return code, capsys.readouterr().err.splitlines()

    return run
