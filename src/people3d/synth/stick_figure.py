"""A stick figure of average proportions, posed by the angles of its joints."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from people3d.skeleton import SKELETONS

NAMES = SKELETONS["muco21"].joints
UPPER_ARM_MM, FOREARM_MM, HAND_MM = 285.0, 250.0, 75.0  # shoulder, elbow, wrist, palm


@dataclass
class Angles:
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


def chest_frame(a: Angles) -> np.ndarray:
    """(3, 3) rotation of the chest: its columns point left, backwards and up."""
    return _root_frame(a) @ _rz(a.twist) @ _ry(a.lean) @ _rx(a.bend)


def _root_frame(a: Angles) -> np.ndarray:
    return _ry(a.roll) @ _rx(a.pitch)


def positions(a: Angles) -> np.ndarray:
    """(21, 3) joints of a stick figure of average proportions."""
    place: dict[str, np.ndarray] = {}
    root = _root_frame(a)
    place["Pelvis"] = np.zeros(3)
    half = root @ _rz(a.twist / 2) @ _ry(a.lean / 2) @ _rx(a.bend / 2)
    chest = chest_frame(a)
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
        place[f"{s}_Elbow"] = place[f"{s}_Shoulder"] + arm @ down * UPPER_ARM_MM
        lower = arm @ _rx(-a.elbow[i])
        place[f"{s}_Wrist"] = place[f"{s}_Elbow"] + lower @ down * FOREARM_MM
        place[f"{s}_Hand"] = place[f"{s}_Wrist"] + lower @ down * HAND_MM
    return np.stack([place[n] for n in NAMES])
