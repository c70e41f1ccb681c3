"""Hands at the body: on the phone, at the chin, crossed, clasped, in pockets, on the hips, behind the back.

A forearm in front of the body is hidden from behind, and where the hand is must be told from the elbow.
"""

from __future__ import annotations

import numpy as np

from people3d.synth.stick_figure import FOREARM_MM, HAND_MM, NAMES, UPPER_ARM_MM, Angles, chest_frame, positions

_UPPER_MM, _LOWER_MM = UPPER_ARM_MM, FOREARM_MM + HAND_MM  # shoulder to elbow, elbow to palm
_TRIES = 24  # of a place, and of how far the elbow stands out
_LIMITS_DEG = ((-60.0, 175.0), (-45.0, 130.0), (-85.0, 105.0), (0.0, 148.0))  # flex, abduct, turn, elbow

# Where a hand is: what it is measured from, and mm from there outwards (to the hand's own side), forwards and up, all
# as the chest is turned. "own": of the hand's side; "other": of the other.
_PLACES: dict[str, tuple[str, tuple[float, float, float], float]] = {
    "ear": ("Head", (90, 0, 30), 0.17),
    "chin": ("Head", (10, 110, -30), 0.12),
    "eyes": ("Head", (30, 115, 60), 0.05),
    "top of the head": ("Head_top", (20, 0, 40), 0.04),
    "nape": ("Head", (20, -95, 0), 0.05),
    "other shoulder": ("other Shoulder", (0, 70, 20), 0.04),
    "other arm": ("other Shoulder", (0, 120, -200), 0.1),
    "chest": ("Thorax", (20, 140, -150), 0.06),
    "belly": ("Spine", (30, 160, 0), 0.06),
    "hip": ("own Hip", (75, 20, 90), 0.12),
    "front pocket": ("own Hip", (60, 75, -20), 0.08),
    "back pocket": ("own Hip", (0, -125, 0), 0.03),
    "small of the back": ("Pelvis", (-30, -140, 70), 0.04),
    "thigh": ("own Knee", (0, 60, 80), 0.04),
}
_TOGETHER = 0.3  # of all: both hands before the body at one place
_SAME = 0.35  # of the others: both hands at the same place


def hands_at_body(rng: np.random.Generator, a: Angles) -> None:
    """One hand or both at places of the body, or together before it; the rest of the posture stays as it is."""
    side = int(rng.integers(2))
    if rng.random() < _TOGETHER:
        before = (rng.normal(0, 70), rng.uniform(150, 480), rng.uniform(-480, 60))
        target = _point(a, side, "Thorax", before)
        reach(rng, a, side, target)
        reach(rng, a, 1 - side, target)
        return
    names, shares = list(_PLACES), [share for _, _, share in _PLACES.values()]
    place = str(rng.choice(names, p=shares))
    _reach_place(rng, a, side, place)
    if rng.random() < 0.6:
        if rng.random() > _SAME:
            place = str(rng.choice(names, p=shares))
        _reach_place(rng, a, 1 - side, place)


def _reach_place(rng: np.random.Generator, a: Angles, side: int, place: str) -> None:
    origin, offset, _ = _PLACES[place]
    reach(rng, a, side, _point(a, side, origin, offset))


def _point(a: Angles, side: int, origin: str, offset: tuple[float, float, float]) -> np.ndarray:
    """(3,) mm: ``offset`` (outwards, forwards, up) from a joint; side 0 is the left."""
    own, other = ("L_", "R_") if side == 0 else ("R_", "L_")
    joint = NAMES.index(origin.replace("own ", own).replace("other ", other))
    outwards, forwards, up = offset
    return positions(a)[joint] + chest_frame(a) @ [outwards * (1 - 2 * side), -forwards, up]


def reach(rng: np.random.Generator, a: Angles, side: int, target: np.ndarray) -> None:
    """Turn an arm's joints so that its palm is about at the target; they stay as they were where that cannot be.

    Args:
        side: 0 is the left arm.
        target: (3,) mm, as :func:`people3d.synth.stick_figure.positions` counts; it is missed by some 2 cm.
    """
    joints = positions(a)
    sign = 1 - 2 * side
    s = "LR"[side]
    chest = chest_frame(a)
    shoulder = chest.T @ joints[NAMES.index(f"{s}_Shoulder")]
    trunk = [chest.T @ joints[NAMES.index(n)] for n in ("Pelvis", "Thorax", "Head_top")]
    for _ in range(_TRIES):
        palm = chest.T @ target + rng.normal(0, 22, 3)
        way = palm - shoulder
        distance = float(np.linalg.norm(way))
        if not _UPPER_MM * 0.5 < distance < (_UPPER_MM + _LOWER_MM) * 0.999:
            continue
        way /= distance
        along = (_UPPER_MM**2 - _LOWER_MM**2 + distance**2) / (2 * distance)
        out = np.sqrt(max(_UPPER_MM**2 - along**2, 0.0))
        # An elbow hangs, a little outwards and backwards.
        towards = np.array([sign * 0.5, 0.15, -1.0]) + rng.normal(0, 0.45, 3)
        towards -= way * (towards @ way)
        elbow = shoulder + way * along + out * towards / np.linalg.norm(towards)
        angles = _arm_angles((elbow - shoulder) / _UPPER_MM, (palm - elbow) / _LOWER_MM, sign)
        if any(not low <= angle <= high for angle, (low, high) in zip(angles, _LIMITS_DEG, strict=True)):
            continue
        if any(_in_trunk(elbow + (palm - elbow) * t, trunk) for t in (0.0, 0.3, 0.6)):
            continue
        a.arm_flex[side], a.arm_abduct[side], a.arm_turn[side], a.elbow[side] = angles
        return


def _arm_angles(upper: np.ndarray, lower: np.ndarray, sign: int) -> tuple[float, float, float, float]:
    """Flex, abduct, turn and elbow, degrees, of unit vectors along the arm in the chest's frame: the inverse of
    :func:`people3d.synth.stick_figure.positions`."""
    abduct = np.arcsin(np.clip(sign * upper[0], -1, 1))
    flex = np.arctan2(-upper[1], -upper[2])
    # The lower arm in the frame of the upper: undo the flexion, then the abduction.
    c, s = np.cos(flex), np.sin(flex)
    x, y, z = lower[0], c * lower[1] - s * lower[2], s * lower[1] + c * lower[2]
    c, s = np.cos(sign * abduct), np.sin(sign * abduct)
    x, z = c * x + s * z, c * z - s * x
    elbow = np.arccos(np.clip(-z, -1, 1))
    turn = -sign * np.arctan2(x, -y)
    flex, abduct, turn, elbow = (float(np.rad2deg(angle)) for angle in (flex, abduct, turn, elbow))
    return flex, abduct, turn, elbow


def _in_trunk(point: np.ndarray, trunk: list[np.ndarray]) -> bool:
    """Whether a point lies in the trunk (an ellipse of 150 × 105 mm about its axis) or the head (a ball of 85)."""
    pelvis, thorax, head_top = trunk
    height = (point[2] - pelvis[2]) / (thorax[2] - pelvis[2])
    if -0.1 < height < 0.97:
        x, y = (point - pelvis - height * (thorax - pelvis))[:2]
        if (x / 150) ** 2 + (y / 105) ** 2 < 1:
            return True
    return bool(np.linalg.norm(point - head_top * 0.7 - thorax * 0.3) < 85)
