"""A made-up scene: standing people of several sizes and distances, seen by a camera at eye level."""

from __future__ import annotations

import numpy as np
import pytest

from people3d import Camera, People
from people3d.people import OUTSIDE, SEEN, UNCERTAIN
from people3d.skeleton import get_skeleton

WIDTH, HEIGHT = 640, 480
CAMERA_HEIGHT_MM = 1500

# A person of 1.75 m facing the camera: x to the image's right (so the left hand has x > 0), height above the floor.
_STANDING = {
    "Head_top": (0, 1750, 0),
    "Thorax": (0, 1450, 0),
    "R_Shoulder": (-180, 1430, 0),
    "R_Elbow": (-260, 1150, 30),
    "R_Wrist": (-280, 900, -40),
    "L_Shoulder": (180, 1430, 0),
    "L_Elbow": (330, 1220, -60),
    "L_Wrist": (300, 1450, -200),
    "R_Hip": (-110, 930, 0),
    "R_Knee": (-120, 500, -20),
    "R_Ankle": (-130, 80, 20),
    "L_Hip": (110, 930, 0),
    "L_Knee": (130, 500, -40),
    "L_Ankle": (160, 80, 0),
    "Pelvis": (0, 950, 0),
    "Spine": (0, 1200, 10),
    "Head": (0, 1620, -40),
    "R_Hand": (-285, 820, -60),
    "L_Hand": (290, 1530, -230),
    "R_Toe": (-140, 20, -140),
    "L_Toe": (180, 20, -150),
}


def make_people(standing: list[tuple[float, float, float]], width: int = WIDTH, height: int = HEIGHT) -> People:
    """People of (x mm, distance Z mm, body height mm) on the floor of a level camera 1.5 m above it."""
    skeleton = get_skeleton("muco21")
    camera = Camera.from_fov(60, width, height)
    if not standing:
        return People.empty(skeleton, camera, width, height)
    body = np.array([_STANDING[j] for j in skeleton.joints], float)
    joints = np.stack(
        [
            body * [size / 1750, -size / 1750, size / 1750] + [x, CAMERA_HEIGHT_MM, z]  # y is down
            for x, z, size in standing
        ]
    )
    joints_px = camera.project(joints)
    inside = ((joints_px >= 0) & (joints_px < [width, height])).all(-1)
    flags = np.where(inside, SEEN, OUTSIDE)
    flags[0, skeleton.index("R_Wrist")] = UNCERTAIN
    margin = 0.05 * (joints_px.max(1) - joints_px.min(1)).max(-1, keepdims=True)
    boxes = np.concatenate([joints_px.min(1) - margin, joints_px.max(1) + margin], -1)
    boxes = np.clip(boxes, 0, [width, height, width, height])
    return People(
        boxes_xyxy=boxes,
        scores=np.linspace(0.99, 0.6, len(joints)),
        joints_cam_mm=joints,
        joints_px=joints_px,
        joint_flags=flags,
        root_cam_mm=joints[:, skeleton.root],
        skeleton=skeleton,
        camera=camera,
        width=width,
        height=height,
    )


def make_image(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(H, W, 3) uint8: a sky, a floor with stripes, some noise."""
    y, x = np.mgrid[:height, :width]
    horizon = height / 2
    sky = np.stack([150 + 0 * x, 190 + 0 * x, 235 - 60 * y / height], -1)
    stripes = ((x - width / 2) / (np.maximum(y - horizon, 1)) * 2).astype(int) % 2
    floor = np.stack([120 + 40 * stripes, 110 + 40 * stripes, 90 + 40 * stripes], -1)
    noise = np.random.default_rng(0).normal(0, 6, (height, width, 1))
    return np.clip(np.where((y < horizon)[..., None], sky, floor) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def family() -> People:
    """Five people, the third a child, the last cut by the frame."""
    return make_people(
        [(-700, 3200, 1800), (300, 4200, 1650), (-100, 3600, 1100), (1900, 7500, 1750), (-1900, 3000, 1700)]
    )


@pytest.fixture
def crowd() -> People:
    """Forty people in rows behind each other."""
    rng = np.random.default_rng(3)
    return make_people(
        [
            (x + 100 * rng.normal(), z, 1600 + 100 * rng.normal())
            for z in (5000, 6500, 8000, 9500)
            for x in np.linspace(-0.5 * z, 0.5 * z, 10)
        ]
    )


@pytest.fixture
def image() -> np.ndarray:
    return make_image()
