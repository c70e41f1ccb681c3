"""Postures with hands or seat on the floor, which everyday sampling and motion capture hold few of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from people3d.synth.stick_figure import NAMES, Angles, positions

_HANDS = [NAMES.index(n) for n in ("L_Wrist", "R_Wrist", "L_Hand", "R_Hand")]
_ARMS = [*_HANDS, NAMES.index("L_Elbow"), NAMES.index("R_Elbow")]
_LEGS = [NAMES.index(f"{s}_{n}") for s in "LR" for n in ("Knee", "Ankle", "Toe")]
_SEAT = [NAMES.index("L_Hip"), NAMES.index("R_Hip")]
_SEAT_MM = 85.0  # from the hip joints down to what somebody sits on
_HALVINGS = 12  # of the range of angles


def all_fours(rng: np.random.Generator, a: Angles) -> None:
    """On hands and knees, on hands and feet, in a plank, or in a long step as a sprinter before the start; perhaps with
    a hand in the air."""
    kind = rng.choice(["knees", "feet", "plank", "step"], p=[0.32, 0.28, 0.15, 0.25])
    a.bend, a.lean, a.twist, a.nod = rng.normal(5, 12), rng.normal(0, 6), rng.normal(0, 8), rng.normal(-20, 20)
    tilt = [rng.normal(0, 18) for _ in range(2)]  # of the thighs, from upright
    reach = [rng.normal(5, 18) for _ in range(2)]  # of the arms
    front = int(rng.integers(2))
    for i in range(2):
        a.hip_abduct[i], a.hip_turn[i] = rng.uniform(-3, 25), rng.normal(5, 12)
        a.arm_abduct[i], a.elbow[i] = rng.uniform(0, 25), abs(rng.normal(0, 25))
        if kind == "knees":
            a.knee[i], a.ankle[i] = 90 + tilt[i] + rng.normal(0, 10), rng.uniform(0, 50)
        elif kind == "feet":
            tilt[i] += rng.uniform(-20, 20)
            a.knee[i], a.ankle[i] = rng.uniform(0, 70), rng.uniform(-30, 20)
        elif kind == "step" and i == front:  # the foot below the trunk or beside the hands
            tilt[i] = rng.uniform(15, 70)
            a.knee[i], a.ankle[i] = tilt[i] + rng.uniform(-15, 50), rng.uniform(-30, 10)
        elif kind == "step":  # stretched out behind, on the toes
            tilt[i] = rng.uniform(-60, -10)
            a.knee[i], a.ankle[i] = abs(rng.normal(0, 25)), rng.uniform(-30, 30)
        else:
            a.knee[i], a.ankle[i] = abs(rng.normal(0, 8)), rng.uniform(-30, 0)

    def lean_over(pitch: float) -> None:
        a.pitch = pitch
        for i in range(2):
            a.hip_flex[i] = rest[i] if kind == "plank" else min(pitch + tilt[i], 140.0)  # a hip bends no further
            a.arm_flex[i] = pitch + a.bend + reach[i]

    rest = [rng.normal(5, 6), rng.normal(5, 6)]
    _settle(a, lean_over, (20.0, 150.0), lambda p: p[_HANDS, 2].min() - p[_LEGS, 2].min())
    if rng.random() < 0.25:
        side = int(rng.integers(2))
        a.arm_flex[side] += rng.uniform(20, 90)


def reclining(rng: np.random.Generator, a: Angles) -> None:
    """On the seat, leaning back on hands or forearms, the legs flat, drawn up or one in the air."""
    forearms = rng.random() < 0.5
    a.bend, a.lean, a.twist, a.nod = rng.uniform(0, 30), rng.normal(0, 6), rng.normal(0, 10), rng.uniform(0, 30)
    behind = [rng.uniform(-15, 15) for _ in range(2)]  # upper arms, off what puts them on the floor
    raised = [_raised(rng), _raised(rng)]
    for i in range(2):
        a.hip_abduct[i], a.hip_turn[i] = rng.uniform(-3, 25), rng.normal(5, 15)
        a.arm_abduct[i], a.arm_turn[i] = rng.uniform(5, 30), rng.normal(0, 15)
        a.elbow[i] = rng.normal(90, 8) if forearms else abs(rng.normal(5, 10))
        a.ankle[i] = rng.uniform(0, 40)
        a.knee[i] = raised[i][1]

    def lean_back(pitch: float, arms: float = 0.0) -> None:
        a.pitch = pitch
        for i in range(2):
            a.hip_flex[i] = 90 + pitch + raised[i][0]
            a.arm_flex[i] = pitch + a.bend + behind[i] + arms

    def gap(joints: np.ndarray) -> float:
        return joints[_SEAT, 2].min() - _SEAT_MM - joints[_ARMS, 2].min()

    if forearms:  # upper arms about upright
        _settle(a, lean_back, (-85.0, -10.0), gap)
    else:  # straight arms reach the floor behind the back
        pitch = rng.uniform(-55, -10)
        _settle(a, lambda arms: lean_back(pitch, arms), (-80.0, 20.0), gap)
    if rng.random() < 0.35:  # one hand does something else
        side = int(rng.integers(2))
        a.arm_flex[side], a.arm_abduct[side] = rng.uniform(20, 120), rng.uniform(0, 40)
        a.elbow[side] = rng.uniform(0, 130)


def _raised(rng: np.random.Generator) -> tuple[float, float]:
    """How far a thigh is off the floor and its knee bent: flat, drawn up with the foot down, in the air."""
    kind = rng.random()
    if kind < 0.3:
        return rng.uniform(0, 8), rng.uniform(0, 15)
    if kind < 0.7:
        thigh = rng.uniform(15, 65)
        return thigh, 2 * thigh + rng.normal(0, 8)
    thigh = rng.uniform(15, 75)
    return thigh, rng.uniform(0, thigh)


def folded(rng: np.random.Generator, a: Angles) -> None:
    """Sitting on the floor, the legs together or apart, bent forwards over them or over one of them, the hands at the
    feet, the shins or the floor."""
    a.pitch, a.bend = rng.uniform(-5, 35), rng.uniform(10, 70)
    a.lean, a.twist, a.nod = rng.normal(0, 14), rng.normal(0, 22), rng.normal(0, 20)
    wide = rng.uniform(0, 55)
    for i in range(2):
        lift = rng.uniform(15, 60) if rng.random() < 0.3 else abs(rng.normal(0, 4))
        lift = min(lift, 40 - a.pitch)  # a hip bends no further
        a.hip_flex[i], a.knee[i] = 90 + a.pitch + lift, 2 * lift + abs(rng.normal(0, 8))
        a.hip_abduct[i], a.hip_turn[i], a.ankle[i] = wide + rng.normal(0, 8), rng.normal(10, 20), rng.uniform(-10, 40)
        a.arm_flex[i], a.arm_abduct[i] = rng.uniform(40, 130), rng.uniform(-10, 30)
        a.arm_turn[i], a.elbow[i] = rng.normal(0, 20), abs(rng.normal(0, 40))
    while positions(a)[_HANDS, 2].min() < -_SEAT_MM and max(a.arm_flex) < 180:
        a.arm_flex = [flex + 10 for flex in a.arm_flex]


def _settle(
    a: Angles, bend: Callable[[float], None], degrees: tuple[float, float], gap: Callable[[np.ndarray], float]
) -> None:
    """Bend the body so that both ends touch the floor: ``gap`` of its (21, 3) joints, mm, becomes 0 where it can."""
    low, high = degrees
    bend(low)
    sign = np.sign(gap(positions(a)))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        bend(middle)
        low, high = (middle, high) if np.sign(gap(positions(a))) == sign else (low, middle)
