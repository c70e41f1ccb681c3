"""Which way is up, and where is the floor: a world with Y up in which people stand.

Camera space knows neither. Up is the camera's own, corrected by what the people say: the plane under their feet, and
the direction in which whoever stands straight stands. A pitch of the camera that is known takes their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from people3d.skeleton import Skeleton, convert

if TYPE_CHECKING:
    from people3d.export.scenes import Scene

_ROLL_STD, _PITCH_STD = 0.08, 0.30  # slope of the floor across and along the view before anybody is seen: hand-held
_FOOT_STD_MM = 120.0  # how far a lower foot lies off the floor: steps, jumps, errors of the estimate
_BODY_STD = 0.12  # slope between standing bodies and the vertical: people lean, and the estimate errs
_BALANCE = 0.45  # where from pelvis to thorax the centre of mass lies, which whoever stands keeps above the feet
_STRAIGHT_COS = np.cos(np.deg2rad(22))  # between legs and trunk of whoever stands
_WITHIN_COS = np.cos(np.deg2rad(50))  # of the camera's up, else they lie
_CLEARANCE_MM = {"Ankle": 80.0, "Toe": 20.0}  # height of these joints over the floor, of a standing adult
_INTERVAL_S = 0.5  # frames nearer to each other say the same again
_LIMBS = Skeleton("standing", ("Pelvis", "Thorax", "L_Ankle", "R_Ankle"), (), 0)


@dataclass(frozen=True)
class World:
    """Y up, X as far to the camera's right as that allows, Z towards the camera; mm.

    Attributes:
        rotation: (3, 3) from camera to world; origin_mm: (3,) the world's 0 in camera space.
        source: "camera" (axes only), "given pitch", or "people" (feet and standing bodies).
    """

    rotation: np.ndarray
    origin_mm: np.ndarray
    source: str

    def from_camera(self, points_mm: np.ndarray) -> np.ndarray:
        """(..., 3) camera space to (..., 3) world."""
        return (points_mm - self.origin_mm) @ self.rotation.T

    def to_camera(self, points_mm: np.ndarray) -> np.ndarray:
        """(..., 3) world to (..., 3) camera space."""
        return points_mm @ self.rotation + self.origin_mm

    @property
    def pitch_deg(self) -> float:
        """How far the camera looks down."""
        return float(np.degrees(np.arcsin(np.clip(-self.rotation[1, 2], -1, 1))))

    @property
    def roll_deg(self) -> float:
        """How far the camera is turned about its line of sight; the picture's right side lower is positive."""
        return float(np.degrees(np.arctan2(-self.rotation[1, 0], -self.rotation[1, 1])))

    @property
    def camera_height_mm(self) -> float:
        """Of the camera over the world's Y = 0."""
        return float(self.from_camera(np.zeros(3))[1])


def camera_world() -> World:
    """Camera space with the axes turned so that Y points up and Z backwards; 0 stays at the camera."""
    return World(np.diag([1.0, -1.0, -1.0]), np.zeros(3), "camera")


def upright_world(scene: Scene, pitch_deg: float | None = None) -> World:
    """The world of a scene in camera space: Y = 0 is the floor under people's feet, 0 lies under the camera.

    Args:
        pitch_deg: how far the camera looks down; estimated from the people where None.

    Raises:
        ValueError: a pitch outside -90..90.
    """
    if pitch_deg is not None and not -90 < pitch_deg < 90:
        raise ValueError(f"pitch: expected degrees between -90 and 90 that the camera looks down, got {pitch_deg}")
    every = max(1, round(_INTERVAL_S * scene.rate_hz))
    tracks = [t.joints_mm[np.flatnonzero(t.present)[::every]] for t in scene.tracks if t.present.any()]
    if pitch_deg is not None:
        up = np.array([0.0, -np.cos(np.deg2rad(pitch_deg)), -np.sin(np.deg2rad(pitch_deg))])
    else:
        up = _up(tracks, scene.skeleton)
    heights = [np.percentile(_feet(t, scene.skeleton, up)[1], 10) for t in tracks]
    floor = float(np.median(heights)) if heights else 0.0
    right = np.array([1.0, 0, 0]) - up * up[0]
    right /= np.linalg.norm(right)
    rotation = np.stack([right, up, np.cross(right, up)])
    source = "given pitch" if pitch_deg is not None else "people" if tracks else "camera"
    return World(rotation, up * floor, source)


def _up(tracks: list[np.ndarray], skeleton: Skeleton) -> np.ndarray:
    """Unit vector in camera space: a ridge regression of the floor y = a + b·x + c·z, robust to who is off it."""
    up = np.array([0.0, -1.0, 0.0])
    if not tracks:
        return up
    joints = np.concatenate(tracks)
    slopes = _body_slopes(joints, skeleton)
    prior = np.array([[0, 1 / _ROLL_STD, 0], [0, 0, 1 / _PITCH_STD]])
    bodies = np.tile([[[0, 1.0, 0], [0, 0, 1]]], (len(slopes), 1, 1)).reshape(-1, 3) / _BODY_STD
    weights = np.ones(len(joints) + len(slopes))
    for _ in range(8):
        feet = _feet(joints, skeleton, up)[0]
        rows = np.concatenate([np.ones((len(feet), 1)), feet[:, [0, 2]]], 1) / _FOOT_STD_MM
        a = np.concatenate([rows, bodies, prior])
        b = np.concatenate([feet[:, 1] / _FOOT_STD_MM, slopes.ravel() / _BODY_STD, np.zeros(2)])
        w = np.sqrt(np.concatenate([weights[: len(feet)], np.repeat(weights[len(feet) :], 2), np.ones(2)]))
        solution = np.linalg.lstsq(a * w[:, None], b * w, rcond=None)[0]
        error = a @ solution - b
        of_bodies = np.linalg.norm(error[len(feet) : -2].reshape(-1, 2), axis=1)
        size = np.concatenate([np.abs(error[: len(feet)]), of_bodies])
        weights = np.minimum(1, 2 / np.maximum(size, 1e-9))  # Huber, from two standard deviations on
        up = np.array([solution[1], -1, solution[2]])
        up /= np.linalg.norm(up)
    return up


def _body_slopes(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(K, 2) slopes b and c of floors on which those who stand straight would stand at a right angle."""
    pelvis, thorax, left, right = np.moveaxis(convert(joints, skeleton, _LIMBS)[0], -2, 0)
    ankles = (left + right) / 2
    legs, trunk = pelvis - ankles, thorax - pelvis
    balance = legs + _BALANCE * trunk
    with np.errstate(invalid="ignore", divide="ignore"):
        straight = (legs * trunk).sum(-1) > _STRAIGHT_COS * np.linalg.norm(legs, axis=-1) * np.linalg.norm(
            trunk, axis=-1
        )
        stands = -balance[:, 1] > _WITHIN_COS * np.linalg.norm(balance, axis=-1)
        slopes = balance[:, [0, 2]] / -balance[:, 1:2]
    return slopes[straight & stands]


def _feet(joints: np.ndarray, skeleton: Skeleton, up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) points of the floor under each pose's lowest joint, and (N,) their heights along ``up``."""
    clearance = np.array([_CLEARANCE_MM.get(joint[2:], 0.0) for joint in skeleton.joints])
    height = joints @ up - clearance
    lowest = np.where(np.isfinite(height), height, np.inf).argmin(-1)
    rows = np.arange(len(joints))
    return joints[rows, lowest] - clearance[lowest, None] * up, height[rows, lowest]
