"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from people3d.camera import Camera
from people3d.people import People
from people3d.runtime import PoseOutput, RootOutput, WeightsError
from people3d.skeleton import SKELETONS

# The same cases on every run, and no limit on the time of one: a busy machine is no error.
settings.register_profile("people3d", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("people3d")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository; tests that need it skip where it is absent."""
    path = Path(os.environ.get("PEOPLE3D_SHARED", Path(__file__).parents[2] / "shared"))
    if not path.is_dir():
        pytest.skip("the reference data beside the repository is not here")
    return path


def _make_people(count: int = 3, skeleton: str = "muco21", camera: Camera | None = None, seed: int = 0) -> People:
    """People two to six metres away, standing in a 640 x 480 picture, joints consistent with the camera."""
    rng = np.random.default_rng(seed)
    bones = SKELETONS[skeleton]
    camera = camera or Camera.default(640, 480)
    roots = np.stack([rng.uniform(-600, 600, count), rng.uniform(-200, 200, count), rng.uniform(2000, 6000, count)], 1)
    joints = roots[:, None] + rng.normal(0, 250, (count, len(bones), 3))
    corner = rng.uniform(0, 200, (count, 2))
    return People(
        boxes_xyxy=np.concatenate([corner, corner + rng.uniform(40, 200, (count, 2))], 1),
        scores=rng.uniform(0.3, 1, count),
        joints_cam_mm=joints,
        joints_px=camera.project(joints),
        joint_flags=rng.integers(0, 3, (count, len(bones))).astype(np.uint8),
        root_cam_mm=roots,
        skeleton=bones,
        camera=camera,
        width=640,
        height=480,
    )


@pytest.fixture(scope="session")
def make_people():
    """``make_people(count, skeleton, camera, seed)`` makes up a result."""
    return _make_people


class _FakeNetworks:
    """Roots in the middle of the crop at 1.2·k; all joints where the crop is brightest, 100 mm behind the root."""

    crop_size, skeleton = 64, SKELETONS["muco21"]

    def __init__(self):
        self.info = {"posenet": {"id": "fake/posenet", "sha256": "0" * 64}}
        self.batches = []

    def detector_path(self) -> Path:
        raise WeightsError("expected a detector, the fake has none")

    def root(self, crops, k):
        self.batches.append(len(crops))
        return RootOutput(np.stack([np.full(len(k), 0.5), np.full(len(k), 0.5), 1.2 * k], 1), None)

    def pose(self, crops, flip_test=False):
        brightest = crops.astype(int).sum(-1).reshape(len(crops), -1).argmax(1)
        y, x = np.divmod(brightest, self.crop_size)
        uv = np.stack([x, y], 1) / self.crop_size
        joints = np.concatenate([uv, np.full((len(uv), 1), 100.0)], 1)
        return PoseOutput(np.repeat(joints[:, None], len(self.skeleton), 1), None)


@pytest.fixture(scope="session")
def fake_networks():
    """``fake_networks()`` makes up RootNet and PoseNet for a ``Predictor``."""
    return _FakeNetworks
