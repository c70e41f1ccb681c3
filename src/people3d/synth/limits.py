"""How far the joints of a human body move: what a pose asks beyond that is brought back to the limit.

Directions are those of the left side in the frame of the segment that the limb hangs from (x left, y backwards, z up);
the right side is their mirror image. The numbers are round ones outside of what 99 % of the poses of the motion capture
in the kit do, and near the ranges that textbooks of goniometry give for healthy adults.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ball:
    """A ball joint. ``caps``: (direction, degrees) that the limb keeps away from; ``twist_deg``: least and most turn
    about the limb itself, positive outwards, from the smallest rotation that takes it there from rest."""

    caps: tuple[tuple[tuple[float, float, float], float], ...]
    twist_deg: tuple[float, float]


@dataclass(frozen=True)
class Hinge:
    """A hinge. ``bend_deg``: least and most; ``side_deg``: how far it gives sideways."""

    bend_deg: tuple[float, float]
    side_deg: float


HIP = Ball((((0, 1, 0), 50), ((0, 0, 1), 30), ((-1, 0, 0), 45), ((0.5, 0.5, 0.7), 55)), (-50, 65))
SHOULDER = Ball((((0, 1, 0), 35), ((-1, 0, 0), 35), ((-0.7, 0.7, 0), 60)), (-110, 110))
SPINE = Ball((((0, 1, 0), 40), ((1, 0, 0), 40), ((-1, 0, 0), 40), ((0, 0, -1), 60)), (-55, 55))  # of the trunk's up
KNEE = Hinge((-8, 155), 12)
ELBOW = Hinge((-8, 152), 12)
WRIST_DEG, NECK_DEG, ANKLE_DEG = 50.0, 50.0, 45.0
HEAD_TURN_DEG = 75.0
FOREARM_TURN_DEG = 80.0


def keep_out(direction: np.ndarray, ball: Ball, mirror: bool = False) -> np.ndarray:
    """The unit ``direction`` (3,), turned as little as takes it out of the joint's caps; ``mirror``: right side."""
    x, y, z = (float(v) for v in direction)
    scale = 1 / max(math.sqrt(x * x + y * y + z * z), 1e-9)
    x, y, z = (-x if mirror else x) * scale, y * scale, z * scale
    for _ in range(4):  # leaving one cap may lead into the next
        moved = False
        for (a, b, c), least_deg in ball.caps:
            n = math.sqrt(a * a + b * b + c * c)
            a, b, c = a / n, b / n, c / n
            along = x * a + y * b + z * c
            least = math.radians(least_deg)
            if along <= math.cos(least) + 1e-9:
                continue
            moved = True
            u, v, w = x - along * a, y - along * b, z - along * c
            across = math.sqrt(u * u + v * v + w * w)
            if across < 1e-6:  # straight into the cap: any way out is as short
                u, v, w = (0.0, 0.0, -1.0) if abs(c) < 0.9 else (0.0, -1.0, 0.0)
                across = 1.0
            s = math.sin(least) / across
            x, y, z = math.cos(least) * a + s * u, math.cos(least) * b + s * v, math.cos(least) * c + s * w
        if not moved:
            break
    return np.array([-x if mirror else x, y, z])


def hinge_angles(direction: np.ndarray, straight: np.ndarray, axis: np.ndarray) -> tuple[float, float]:
    """Bend about ``axis`` and lean towards it, in degrees, of a segment that continues ``straight`` at 0, 0."""
    axis = axis / np.linalg.norm(axis)
    straight = straight - axis * (straight @ axis)
    straight = straight / np.linalg.norm(straight)
    d = direction / np.linalg.norm(direction)
    bend = math.degrees(math.atan2(float(d @ np.cross(axis, straight)), float(d @ straight)))
    return bend, math.degrees(math.asin(min(max(float(d @ axis), -1.0), 1.0)))


def bend(direction: np.ndarray, straight: np.ndarray, axis: np.ndarray, hinge: Hinge) -> np.ndarray:
    """The direction within the hinge's limits: (3,) unit; arguments as in :func:`hinge_angles`."""
    about, side = hinge_angles(direction, straight, axis)
    low, high = hinge.bend_deg
    kept, kept_side = _clip(about, low, high), _clip(side, -hinge.side_deg, hinge.side_deg)
    if about < -110:  # that far back is nearer to wholly bent
        kept = high
    if kept == about and kept_side == side:
        return direction / np.linalg.norm(direction)
    axis = axis / np.linalg.norm(axis)
    straight = straight - axis * (straight @ axis)
    straight = straight / np.linalg.norm(straight)
    t, s = math.radians(kept), math.radians(kept_side)
    return math.cos(s) * (math.cos(t) * straight + math.sin(t) * np.cross(axis, straight)) + math.sin(s) * axis


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
