"""Poses that need no file: sampled joint angles of everyday postures, as 21 joint positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from people3d.skeleton import SKELETONS
from people3d.synth.mocap import Source, draw_pose
from people3d.synth.retarget import Pose

_NAMES = SKELETONS["muco21"].joints


@dataclass
class _Angles:
    """Joint angles in degrees of a person who faces -y. Two numbers are left and right.

    ``flex`` lifts a limb forwards, ``abduct`` sideways away from the body, ``turn`` twists it outwards.
    """

    pitch: float = 0.0  # of the whole body: 90 lies on the belly
    roll: float = 0.0
    bend: float = 0.0  # of the trunk, forwards
    lean: float = 0.0  # to the left
    twist: float = 0.0
    nod: float = 0.0
    tilt: float = 0.0
    hip_flex: list[float] = field(default_factory=lambda: [0.0, 0.0])
    hip_abduct: list[float] = field(default_factory=lambda: [4.0, 4.0])
    hip_turn: list[float] = field(default_factory=lambda: [5.0, 5.0])
    knee: list[float] = field(default_factory=lambda: [4.0, 4.0])
    ankle: list[float] = field(default_factory=lambda: [0.0, 0.0])
    arm_flex: list[float] = field(default_factory=lambda: [0.0, 0.0])
    arm_abduct: list[float] = field(default_factory=lambda: [10.0, 10.0])
    arm_turn: list[float] = field(default_factory=lambda: [0.0, 0.0])
    elbow: list[float] = field(default_factory=lambda: [20.0, 20.0])


def _rx(d: float) -> np.ndarray:
    c, s = np.cos(np.deg2rad(d)), np.sin(np.deg2rad(d))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _ry(d: float) -> np.ndarray:
    c, s = np.cos(np.deg2rad(d)), np.sin(np.deg2rad(d))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _rz(d: float) -> np.ndarray:
    c, s = np.cos(np.deg2rad(d)), np.sin(np.deg2rad(d))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _positions(a: _Angles) -> np.ndarray:
    """(21, 3) joints of a stick figure of average proportions."""
    place: dict[str, np.ndarray] = {}
    root = _ry(a.roll) @ _rx(a.pitch)
    place["Pelvis"] = np.zeros(3)
    half = root @ _rz(a.twist / 2) @ _ry(a.lean / 2) @ _rx(a.bend / 2)
    chest = root @ _rz(a.twist) @ _ry(a.lean) @ _rx(a.bend)
    place["Spine"] = half @ [0, 15, 230]
    place["Thorax"] = place["Spine"] + chest @ [0, -15, 230]
    head = chest @ _ry(a.tilt) @ _rx(a.nod)
    place["Head"] = place["Thorax"] + head @ [0, -25, 145]
    place["Head_top"] = place["Head"] + head @ [0, -5, 125]
    down = np.array([0.0, 0.0, -1.0])
    for i, (s, sign) in enumerate((("L", 1.0), ("R", -1.0))):
        place[f"{s}_Hip"] = root @ [sign * 100, 0, -12]
        thigh = root @ _rx(-a.hip_flex[i]) @ _ry(-sign * a.hip_abduct[i]) @ _rz(sign * a.hip_turn[i])
        place[f"{s}_Knee"] = place[f"{s}_Hip"] + thigh @ down * 410
        shank = thigh @ _rx(a.knee[i])
        place[f"{s}_Ankle"] = place[f"{s}_Knee"] + shank @ down * 410
        place[f"{s}_Toe"] = place[f"{s}_Ankle"] + shank @ _rx(a.ankle[i]) @ [sign * 15, -135, -50]
        place[f"{s}_Shoulder"] = place["Thorax"] + chest @ [sign * 180, 0, -45]
        arm = chest @ _rx(-a.arm_flex[i]) @ _ry(-sign * a.arm_abduct[i]) @ _rz(-sign * a.arm_turn[i])
        place[f"{s}_Elbow"] = place[f"{s}_Shoulder"] + arm @ down * 285
        lower = arm @ _rx(-a.elbow[i])
        place[f"{s}_Wrist"] = place[f"{s}_Elbow"] + lower @ down * 250
        place[f"{s}_Hand"] = place[f"{s}_Wrist"] + lower @ down * 75
    return np.stack([place[n] for n in _NAMES])


def _standing(rng: np.random.Generator, a: _Angles) -> None:
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


def _arms(rng: np.random.Generator, a: _Angles) -> None:
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


def _walking(rng: np.random.Generator, a: _Angles) -> None:
    _stride(rng, a, rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.9))
    if rng.random() < 0.3:
        _arms(rng, a)


def _stride(rng: np.random.Generator, a: _Angles, phase: float, pace: float) -> None:
    """One moment of a walk; a pace above 1.3 is a run."""
    for i, shift in enumerate((0, np.pi)):
        swing = np.sin(phase + shift)
        a.hip_flex[i] = 6 + 25 * pace * swing
        a.knee[i] = 6 + max(0.0, np.cos(phase + shift)) * 45 * pace + max(0.0, pace - 1) * 20
        a.ankle[i] = -8 * swing
        a.arm_flex[i] = -25 * pace * swing
        a.elbow[i] = 15 + max(0.0, pace - 0.8) * 75 + rng.normal(0, 6)
    a.bend, a.twist = 3 + 6 * pace + rng.normal(0, 3), 6 * pace * np.sin(phase)


def _sitting(rng: np.random.Generator, a: _Angles) -> None:
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


def _crouching(rng: np.random.Generator, a: _Angles) -> None:
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


def _kneeling(rng: np.random.Generator, a: _Angles) -> None:
    one = rng.random() < 0.5
    a.hip_flex = [rng.normal(0, 12), rng.normal(85, 10) if one else rng.normal(0, 12)]
    a.knee = [rng.uniform(80, 140), rng.normal(90, 12) if one else rng.uniform(80, 140)]
    a.ankle = [50.0, 0.0 if one else 50.0]
    a.bend = rng.normal(10, 15)
    _arms(rng, a)


def _lying(rng: np.random.Generator, a: _Angles) -> None:
    a.pitch = (-88.0, 88.0)[int(rng.random() < 0.4)] + rng.normal(0, 4)
    a.roll = rng.choice([0.0, 90.0, -90.0], p=[0.6, 0.2, 0.2]) + rng.normal(0, 6)
    for i in range(2):
        a.hip_flex[i] = abs(rng.normal(0, 30))
        a.knee[i] = min(130.0, abs(rng.normal(a.hip_flex[i], 25)))
        a.hip_abduct[i] = rng.uniform(-2, 25)
        a.ankle[i] = 30
    _arms(rng, a)


def _reaching(rng: np.random.Generator, a: _Angles) -> None:
    _standing(rng, a)
    a.bend, a.lean, a.twist = rng.uniform(-10, 85), rng.normal(0, 15), rng.normal(0, 25)
    for i in range(2):
        if i == 0 or rng.random() < 0.5:
            a.arm_flex[i], a.arm_abduct[i] = rng.uniform(40, 175), rng.uniform(-15, 50)
            a.arm_turn[i], a.elbow[i] = rng.normal(0, 25), abs(rng.normal(15, 15))
    a.knee = [abs(rng.normal(10, 15)), abs(rng.normal(10, 15))]
    a.hip_flex = [k * 0.6 for k in a.knee]


def _jumping(rng: np.random.Generator, a: _Angles) -> None:
    for i in range(2):
        a.hip_flex[i] = rng.uniform(-25, 80)
        a.knee[i] = rng.uniform(0, 110)
        a.hip_abduct[i] = rng.uniform(0, 40)
        a.ankle[i] = rng.uniform(0, 40)
        a.arm_flex[i], a.arm_abduct[i] = rng.uniform(-40, 175), rng.uniform(0, 60)
        a.arm_turn[i], a.elbow[i] = rng.normal(0, 40), rng.uniform(0, 100)
    a.pitch, a.bend = rng.normal(0, 12), rng.normal(5, 15)


def _dancing(rng: np.random.Generator, a: _Angles) -> None:
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


# Posture: sampler, share.
POSTURES: dict[str, tuple[Callable[[np.random.Generator, _Angles], None], float]] = {
    "standing": (_standing, 0.26),
    "walking": (_walking, 0.16),
    "sitting": (_sitting, 0.16),
    "crouching": (_crouching, 0.07),
    "kneeling": (_kneeling, 0.04),
    "lying": (_lying, 0.05),
    "reaching": (_reaching, 0.10),
    "jumping": (_jumping, 0.06),
    "dancing": (_dancing, 0.10),
}


def procedural_pose(rng: np.random.Generator, posture: str | None = None) -> Pose:
    """A pose of the named posture, or of one drawn by its share."""
    if posture is None:
        posture = str(rng.choice(list(POSTURES), p=[share for _, share in POSTURES.values()]))
    angles = _Angles()
    angles.tilt, angles.nod = rng.normal(0, 6), rng.normal(5, 12)
    angles.twist = rng.normal(0, 6)
    POSTURES[posture][0](rng, angles)
    return with_details(rng, Pose(_positions(angles), name=posture))


def walking_pose(rng: np.random.Generator, phase: float, pace: float) -> Pose:
    """A walk at a phase of its cycle (2 pi is two steps); the same generator state gives the same walker."""
    angles = _Angles()
    _stride(rng, angles, phase, pace)
    return with_details(rng, Pose(_positions(angles), name="walking"))


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
