"""Poses that need no file: sampled joint angles of everyday postures, as 21 joint positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from people3d.synth.floor_postures import all_fours, folded, reclining
from people3d.synth.hand_postures import hands_at_body
from people3d.synth.mocap import Source, draw_pose
from people3d.synth.retarget import Pose
from people3d.synth.stick_figure import Angles, positions


def _standing(rng: np.random.Generator, a: Angles) -> None:
    a.bend, a.lean = rng.normal(3, 6), rng.normal(0, 5)
    stance = rng.gamma(2, 4)
    a.hip_abduct = [stance + rng.normal(0, 3), stance + rng.normal(0, 3)]
    kind = rng.random()
    side = int(rng.integers(2))
    if kind < 0.35:  # weight on one leg
        a.knee[side], a.hip_flex[side] = rng.uniform(10, 40), rng.uniform(5, 22)
    elif kind < 0.45:  # legs crossed, one before the other
        a.hip_abduct = [rng.uniform(-9, -3), rng.uniform(-9, -3)]
        a.hip_flex[side], a.hip_flex[1 - side] = rng.uniform(10, 20), rng.uniform(-6, 0)
        a.knee[side] = rng.uniform(5, 20)
    elif kind < 0.53:  # legs wide apart, perhaps a knee bent
        a.hip_abduct = [rng.uniform(15, 40), rng.uniform(15, 40)]
        a.knee[side] = rng.uniform(0, 60)
    _arms(rng, a)


# What an arm does, and its share: hangs, hand on the hip, crossed before the chest, phone in the hand, stretched
# forwards, stretched sideways, up, behind the back, hand at the head.
_ARM_SHARES = (0.32, 0.08, 0.08, 0.13, 0.1, 0.1, 0.1, 0.04, 0.05)


def _arms(rng: np.random.Generator, a: Angles) -> None:
    """Both arms as in ``_ARM_SHARES``; in 3 of 10 both the same, often straight and wide or overhead."""
    same = rng.random() < 0.3
    kind = 0
    for i in range(2):
        if i == 0 or not same:
            kind = rng.choice(len(_ARM_SHARES), p=_ARM_SHARES)
        flex, abduct, turn, elbow = (
            (rng.normal(0, 12), rng.normal(12, 6), rng.normal(0, 25), abs(rng.normal(15, 12))),
            (rng.normal(-15, 8), rng.normal(40, 8), rng.normal(60, 12), rng.normal(95, 12)),
            (rng.normal(25, 8), rng.normal(5, 6), rng.normal(55, 12), rng.normal(105, 10)),
            (rng.normal(30, 20), rng.normal(10, 10), rng.normal(25, 20), rng.uniform(70, 140)),
            (rng.uniform(30, 110), rng.uniform(0, 40), rng.normal(0, 40), rng.uniform(0, 50)),
            (rng.normal(0, 15), rng.uniform(60, 110), rng.normal(0, 40), abs(rng.normal(0, 35))),
            (rng.uniform(120, 178), rng.uniform(-10, 35), rng.normal(0, 30), abs(rng.normal(0, 45))),
            (rng.uniform(-40, -20), rng.uniform(10, 25), rng.uniform(40, 70), rng.uniform(60, 95)),
            (rng.uniform(70, 120), rng.uniform(20, 60), rng.normal(20, 25), rng.uniform(110, 145)),
        )[kind]
        a.arm_flex[i], a.arm_abduct[i], a.arm_turn[i], a.elbow[i] = flex, abduct, turn, float(np.clip(elbow, 0, 145))
    if same:
        for angles in (a.arm_flex, a.arm_abduct, a.arm_turn, a.elbow):
            angles[1] = angles[0] + rng.normal(0, 4)


def _walking(rng: np.random.Generator, a: Angles) -> None:
    _stride(rng, a, rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.9))
    if rng.random() < 0.3:
        _arms(rng, a)


def _stride(rng: np.random.Generator, a: Angles, phase: float, pace: float) -> None:
    """One moment of a walk; a pace above 1.3 is a run."""
    for i, shift in enumerate((0, np.pi)):
        swing = np.sin(phase + shift)
        a.hip_flex[i] = 6 + 25 * pace * swing
        a.knee[i] = 6 + max(0.0, np.cos(phase + shift)) * 45 * pace + max(0.0, pace - 1) * 20
        a.ankle[i] = -8 * swing
        a.arm_flex[i] = -25 * pace * swing
        a.elbow[i] = 15 + max(0.0, pace - 0.8) * 75 + rng.normal(0, 6)
    a.bend, a.twist = 3 + 6 * pace + rng.normal(0, 3), 6 * pace * np.sin(phase)


def _sitting(rng: np.random.Generator, a: Angles) -> None:
    """On a seat, with a leg over the other or not, or on the floor, the legs stretched, drawn up or crossed."""
    kind = rng.choice(["seat", "leg over leg", "floor", "crossed"], p=[0.5, 0.17, 0.18, 0.15])
    side = int(rng.integers(2))
    for i in range(2):
        a.hip_flex[i], a.knee[i] = rng.uniform(75, 105), rng.uniform(60, 110)
        a.hip_abduct[i], a.hip_turn[i] = rng.uniform(-5, 20), rng.normal(5, 15)
    if kind == "seat" and rng.random() < 0.6:
        for angles in (a.hip_flex, a.knee):
            angles[1] = angles[0] + rng.normal(0, 5)
    elif kind == "leg over leg":
        a.hip_flex[1 - side], a.hip_abduct[1 - side], a.knee[1 - side] = 85 + rng.normal(0, 4), 3, rng.uniform(80, 100)
        a.hip_flex[side] = rng.uniform(100, 115)
        if rng.random() < 0.5:  # knee over knee, or the ankle on the knee
            a.hip_abduct[side], a.hip_turn[side], a.knee[side] = rng.uniform(-22, -12), rng.normal(0, 8), 75.0
        else:
            a.hip_abduct[side], a.hip_turn[side], a.knee[side] = rng.uniform(25, 40), rng.uniform(45, 60), 105.0
    elif kind == "floor":
        for i in range(2):
            a.knee[i], a.hip_abduct[i], a.hip_turn[i] = rng.uniform(5, 130), rng.uniform(-5, 35), rng.normal(20, 15)
    elif kind == "crossed":
        for i in range(2):
            a.hip_flex[i], a.hip_abduct[i] = rng.uniform(88, 105) + 8 * (i == side), rng.uniform(35, 50)
            a.hip_turn[i], a.knee[i], a.ankle[i] = rng.uniform(35, 55), rng.uniform(105, 130), 25.0
    a.bend = rng.normal(12, 14)
    a.lean, a.twist = rng.normal(0, 6), rng.normal(0, 10)
    _arms(rng, a)
    a.arm_flex = [f + rng.uniform(0, 40) for f in a.arm_flex]


def _crouching(rng: np.random.Generator, a: Angles) -> None:
    depth = rng.uniform(0.3, 1)
    for i in range(2):
        a.hip_flex[i] = 120 * depth + rng.normal(0, 8)
        a.knee[i] = 140 * depth + rng.normal(0, 8)
        a.hip_abduct[i] = rng.uniform(0, 25)
        a.ankle[i] = -25 * depth
    a.pitch = 20 * depth + rng.normal(0, 5)
    a.bend = 25 * depth + rng.normal(0, 10)
    a.nod = -25 * depth
    _arms(rng, a)
    a.arm_flex = [f + 35 * depth for f in a.arm_flex]


def _kneeling(rng: np.random.Generator, a: Angles) -> None:
    one = rng.random() < 0.5
    a.hip_flex = [rng.normal(0, 12), rng.normal(85, 10) if one else rng.normal(0, 12)]
    a.knee = [rng.uniform(80, 140), rng.normal(90, 12) if one else rng.uniform(80, 140)]
    a.ankle = [50.0, 0.0 if one else 50.0]
    a.bend = rng.normal(10, 15)
    _arms(rng, a)


def _lying(rng: np.random.Generator, a: Angles) -> None:
    a.pitch = (-88.0, 88.0)[int(rng.random() < 0.4)] + rng.normal(0, 4)
    a.roll = rng.choice([0.0, 90.0, -90.0], p=[0.6, 0.2, 0.2]) + rng.normal(0, 6)
    for i in range(2):
        a.hip_flex[i] = abs(rng.normal(0, 30))
        a.knee[i] = min(130.0, abs(rng.normal(a.hip_flex[i], 25)))
        a.hip_abduct[i] = rng.uniform(-2, 25)
        a.ankle[i] = 30
    _arms(rng, a)


def _reaching(rng: np.random.Generator, a: Angles) -> None:
    _standing(rng, a)
    a.bend, a.lean, a.twist = rng.uniform(-10, 85), rng.normal(0, 15), rng.normal(0, 25)
    for i in range(2):
        if i == 0 or rng.random() < 0.5:
            a.arm_flex[i], a.arm_abduct[i] = rng.uniform(40, 175), rng.uniform(-15, 50)
            a.arm_turn[i], a.elbow[i] = rng.normal(0, 25), abs(rng.normal(15, 15))
    a.knee = [abs(rng.normal(10, 15)), abs(rng.normal(10, 15))]
    a.hip_flex = [k * 0.6 for k in a.knee]


def _jumping(rng: np.random.Generator, a: Angles) -> None:
    for i in range(2):
        a.hip_flex[i] = rng.uniform(-25, 80)
        a.knee[i] = rng.uniform(0, 110)
        a.hip_abduct[i] = rng.uniform(0, 40)
        a.ankle[i] = rng.uniform(0, 40)
        a.arm_flex[i], a.arm_abduct[i] = rng.uniform(-40, 175), rng.uniform(0, 60)
        a.arm_turn[i], a.elbow[i] = rng.normal(0, 40), rng.uniform(0, 100)
    a.pitch, a.bend = rng.normal(0, 12), rng.normal(5, 15)


def _lunging(rng: np.random.Generator, a: Angles) -> None:
    """A deep step, the trunk forwards or upright: fencing, throwing, pushing, stretching."""
    front = int(rng.integers(2))
    a.pitch, a.bend = rng.uniform(-5, 40), rng.normal(10, 15)
    a.lean, a.twist = rng.normal(0, 12), rng.normal(0, 20)
    step, back = rng.uniform(20, 90), rng.uniform(5, 40)  # of the thighs, from upright
    a.hip_flex[front], a.knee[front] = step + a.pitch, step + rng.normal(0, 8)
    # The other leg reaches as deep, on the toes.
    shank = np.rad2deg(np.arccos(np.clip(np.cos(np.deg2rad(step)) + 0.9 - np.cos(np.deg2rad(back)), -0.5, 1)))
    a.hip_flex[1 - front], a.knee[1 - front] = a.pitch - back, max(0.0, shank - back)
    a.hip_abduct = [rng.uniform(0, 30), rng.uniform(0, 30)]
    a.hip_turn, a.ankle[1 - front] = [rng.normal(10, 15), rng.normal(15, 15)], rng.uniform(10, 40)
    _arms(rng, a)
    a.arm_flex = [f + rng.uniform(0, 60) for f in a.arm_flex]


def _bending(rng: np.random.Generator, a: Angles) -> None:
    """On the feet, bent forwards at the hips: picking up, tying a shoe, stretching, working at the floor."""
    a.pitch, a.bend = rng.uniform(20, 105), rng.uniform(0, 45)
    a.lean, a.twist = rng.normal(0, 8), rng.normal(0, 15)
    step = rng.uniform(10, 55) if rng.random() < 0.5 else 0.0  # between the thighs
    wide = rng.uniform(10, 40) if rng.random() < 0.3 else rng.uniform(0, 8)
    front, straight = int(rng.integers(2)), rng.random() < 0.5
    for i in range(2):
        a.knee[i] = abs(rng.normal(0, 8)) if straight else rng.uniform(5, 60)
        thigh = (step if i == front else -step) / 2 + a.knee[i] / 2
        a.hip_flex[i] = min(a.pitch + thigh, 120.0)  # a hip bends no further
        a.hip_abduct[i], a.hip_turn[i] = wide + rng.normal(0, 3), rng.normal(8, 12)
    _arms(rng, a)
    for i in range(2):
        if i == 0 or rng.random() < 0.7:  # the hand hangs, or reaches down
            a.arm_flex[i] = min(a.pitch + a.bend + rng.normal(0, 25), 175.0)
            a.arm_abduct[i], a.arm_turn[i], a.elbow[i] = rng.normal(8, 12), rng.normal(0, 25), abs(rng.normal(0, 30))


def _gesturing(rng: np.random.Generator, a: Angles) -> None:
    """Standing, walking or on a seat, with hands at the body."""
    (_standing, _walking, _sitting)[int(rng.choice(3, p=[0.6, 0.15, 0.25]))](rng, a)
    a.bend += rng.normal(0, 5)
    hands_at_body(rng, a)


def _dancing(rng: np.random.Generator, a: Angles) -> None:
    """Anything that the joints allow: sports, dance, acrobatics."""
    for i in range(2):
        a.hip_flex[i] = rng.uniform(-25, 110)
        a.knee[i] = rng.uniform(0, 120)
        a.hip_abduct[i] = rng.uniform(-5, 60)
        a.hip_turn[i] = rng.normal(10, 25)
        a.ankle[i] = rng.uniform(-15, 45)
        a.arm_flex[i], a.arm_abduct[i] = rng.uniform(-50, 175), rng.uniform(-20, 100)
        a.arm_turn[i], a.elbow[i] = rng.normal(0, 45), rng.uniform(0, 140)
    a.pitch, a.roll = (rng.normal(0, 15), rng.normal(0, 15)) if rng.random() < 0.7 else rng.uniform(-180, 180, 2)
    a.bend, a.lean, a.twist = rng.uniform(-25, 70), rng.normal(0, 18), rng.normal(0, 25)


# Posture: sampler, share. Those without a share are drawn where they are asked for: people3d-synth-1 stays as it is.
POSTURES: dict[str, tuple[Callable[[np.random.Generator, Angles], None], float]] = {
    "standing": (_standing, 0.26),
    "walking": (_walking, 0.16),
    "sitting": (_sitting, 0.16),
    "crouching": (_crouching, 0.07),
    "kneeling": (_kneeling, 0.04),
    "lying": (_lying, 0.05),
    "reaching": (_reaching, 0.10),
    "jumping": (_jumping, 0.06),
    "dancing": (_dancing, 0.10),
    "lunging": (_lunging, 0.0),
    "bending": (_bending, 0.0),
    "all fours": (all_fours, 0.0),
    "reclining": (reclining, 0.0),
    "folded": (folded, 0.0),
    "gesturing": (_gesturing, 0.0),
}


def procedural_pose(rng: np.random.Generator, posture: str | None = None) -> Pose:
    """A pose of the named posture, or of one drawn by its share."""
    if posture is None:
        posture = str(rng.choice(list(POSTURES), p=[share for _, share in POSTURES.values()]))
    angles = Angles()
    angles.tilt, angles.nod = rng.normal(0, 6), rng.normal(5, 12)
    angles.twist = rng.normal(0, 6)
    if posture not in POSTURES:
        raise ValueError(f"posture: expected one of {', '.join(POSTURES)}, got {posture!r}")
    POSTURES[posture][0](rng, angles)
    return with_details(rng, Pose(positions(angles), name=posture))


def walking_pose(rng: np.random.Generator, phase: float, pace: float) -> Pose:
    """A walk at a phase of its cycle (2 pi is two steps); the same generator state gives the same walker."""
    angles = Angles()
    _stride(rng, angles, phase, pace)
    return with_details(rng, Pose(positions(angles), name="walking"))


def with_details(rng: np.random.Generator, pose: Pose) -> Pose:
    """The same pose with a head turned, hands turned and fingers curled at random."""
    return replace(
        pose,
        head_yaw_deg=float(np.clip(rng.normal(0, 25), -70, 70)),
        pronation_deg=(rng.normal(0, 25), rng.normal(0, 25)),
        curl=(float(rng.beta(1, 2)), float(rng.beta(1, 2))),
    )


def mocap_pose(rng: np.random.Generator, source: Source) -> Pose:
    """One captured pose of a folder, a file or several of them, see :func:`people3d.synth.mocap.draw_pose`."""
    return with_details(rng, Pose(draw_pose(rng, source)))
