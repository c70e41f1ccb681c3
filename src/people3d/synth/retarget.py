"""A pose given as 21 joint positions, on a body of any shape.

Only directions are taken from the positions, so the proportions of whoever was captured do not matter: each body
segment gets a world rotation that turns its direction at rest into the one of the pose, with the twist taken from the
plane in which the elbow or the knee bends (which also keeps both from bending backwards).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from people3d.skeleton import SKELETONS
from people3d.synth.body import Body, BodyModel
from people3d.synth.joints import JointRegressor

_J = {name: i for i, name in enumerate(SKELETONS["muco21"].joints)}
_CLAVICLE_SHARE, _CLAVICLE_FROM_DEG, _CLAVICLE_MAX_DEG = 0.3, 20.0, 35.0  # of the upper arm's elevation
_WRIST_MAX_DEG, _NECK_MAX_DEG, _ANKLE_MAX_DEG = 50.0, 50.0, 45.0
_STRAIGHT_DEG = (8.0, 30.0)  # bend below which a hinge's plane says nothing, and above which it says all


@dataclass(frozen=True)
class Pose:
    """``joints_mm`` (21, 3): MuCo's joints in world space (z up); only directions count. What the joints cannot tell,
    the turn of the head and of the forearms and the curl of the fingers, is in degrees and 0..1; left, then right."""

    joints_mm: np.ndarray
    head_yaw_deg: float = 0.0
    pronation_deg: tuple[float, float] = (0.0, 0.0)
    curl: tuple[float, float] = (0.2, 0.2)
    name: str = "mocap"


def _unit(v: np.ndarray) -> np.ndarray:
    return v / max(math.sqrt(float(v @ v)), 1e-9)


def _frame(main: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Columns: unit ``main``, ``side`` made orthogonal to it, their cross product."""
    x = _unit(main)
    y = _unit(side - x * (side @ x))
    return np.stack([x, y, _cross(x, y)], -1)


def axis_rotation(axis: np.ndarray, degrees: float) -> np.ndarray:
    """(3, 3) rotation about a unit axis (Rodrigues)."""
    x, y, z = (float(v) for v in axis)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    d = 1 - c
    return np.array(
        [
            [c + x * x * d, x * y * d - z * s, x * z * d + y * s],
            [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
            [z * x * d - y * s, z * y * d + x * s, c + z * z * d],
        ]
    )


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """numpy's cross product is slow for single vectors."""
    (a1, a2, a3), (b1, b2, b3) = a.tolist(), b.tolist()
    return np.array([a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1])


def _swing(a: np.ndarray, b: np.ndarray, most_deg: float = 180.0) -> np.ndarray:
    """The smallest rotation from direction a towards b, no more than ``most_deg``."""
    a, b = _unit(a), _unit(b)
    axis = _cross(a, b)
    if np.linalg.norm(axis) < 1e-6:
        if a @ b > 0:
            return np.eye(3)
        axis = _cross(a, np.eye(3)[np.argmin(np.abs(a))])
    angle = math.degrees(math.acos(min(max(float(a @ b), -1.0), 1.0)))
    return axis_rotation(_unit(axis), min(angle, most_deg))


def turn_between(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Rotation a turned towards b by ``share`` of the way."""
    r = b @ a.T
    axis = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    sine, cosine = float(np.linalg.norm(axis)) / 2, (float(np.trace(r)) - 1) / 2
    if sine < 1e-6:  # the same, or opposite (then there is no way between)
        return a if cosine > 0 or share < 0.5 else b
    return axis_rotation(axis / (2 * sine), math.degrees(math.atan2(sine, cosine)) * share) @ a


def _hinge(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, float]:
    """The axis about which the second segment is bent away from the first, and how far its plane can be trusted."""
    axis = _cross(first, second)
    bend = np.degrees(np.arccos(np.clip(_unit(first) @ _unit(second), -1, 1)))
    low, high = _STRAIGHT_DEG
    return axis, float(np.clip((bend - low) / (high - low), 0, 1))


class Retargeter:
    """Turns poses into bone rotations of a body model."""

    def __init__(self, model: BodyModel) -> None:
        self._model = model
        self._regress = JointRegressor(model)
        self._groups = {}
        index = {name: i for i, name in enumerate(model.bones)}
        for side in "LR":
            self._groups[f"thigh.{side}"] = [index[f"upperleg0{i}.{side}"] for i in (1, 2)]
            self._groups[f"shank.{side}"] = [index[f"lowerleg0{i}.{side}"] for i in (1, 2)]
            self._groups[f"foot.{side}"] = [i for n, i in index.items() if n.endswith(side) and n[:3] in ("foo", "toe")]
            self._groups[f"hand.{side}"] = [
                i for n, i in index.items() if n.endswith("." + side) and n[:5] in ("wrist", "finge", "metac")
            ]
        self._index = index

    def __call__(self, body: Body, pose: Pose) -> np.ndarray:
        """(B, 3, 3) world rotations of the model's bones that put ``body`` into ``pose``."""
        rest = self._regress(body.bone_heads_mm, body.landmarks_mm)
        index, out = self._index, np.tile(np.eye(3), (len(self._model.bones), 1, 1))

        def at_rest(a: str, b: str) -> np.ndarray:
            return rest[_J[b]] - rest[_J[a]]

        def posed(a: str, b: str) -> np.ndarray:
            return pose.joints_mm[_J[b]] - pose.joints_mm[_J[a]]

        def frames(up: tuple[str, str], side: tuple[str, str]) -> np.ndarray:
            return _frame(posed(*up), posed(*side)) @ _frame(at_rest(*up), at_rest(*side)).T

        pelvis = frames(("Pelvis", "Spine"), ("R_Hip", "L_Hip"))
        chest = frames(("Spine", "Thorax"), ("R_Shoulder", "L_Shoulder"))
        for name in ("root", "pelvis.L", "pelvis.R", "spine05"):
            out[index[name]] = pelvis
        for name, share in (("spine04", 0.3), ("spine03", 0.55), ("spine02", 0.8), ("spine01", 1.0)):
            out[index[name]] = turn_between(pelvis, chest, share)

        head = _swing(chest @ at_rest("Thorax", "Head_top"), posed("Thorax", "Head_top"), _NECK_MAX_DEG) @ chest
        head = head @ axis_rotation(np.array([0.0, 0.0, 1.0]), pose.head_yaw_deg)
        neck = (("neck01", 0.25), ("neck02", 0.5), ("neck03", 0.75), ("head", 1), ("eye.L", 1), ("eye.R", 1))
        for name, share in neck:
            out[index[name]] = turn_between(chest, head, share)

        for s, sign in (("L", 1.0), ("R", -1.0)):
            self._arm(out, s, chest, at_rest, posed, pose.pronation_deg[s == "R"], pose.curl[s == "R"], sign)
            self._leg(out, s, pelvis, at_rest, posed)
        return out

    def _limb(self, base, rest_1, rest_2, rest_hinge, posed_1, posed_2) -> tuple[np.ndarray, np.ndarray]:
        """Rotations of the upper and the lower segment of an arm or a leg that starts from rotation ``base``."""
        swung = _swing(base @ rest_1, posed_1) @ base
        axis, trust = _hinge(posed_1, posed_2)
        upper = swung
        if trust > 0:
            upper = turn_between(swung, _frame(posed_1, axis) @ _frame(rest_1, rest_hinge).T, trust)
        side = axis if trust > 0.5 else upper @ rest_hinge
        return upper, _frame(posed_2, side) @ _frame(rest_2, rest_hinge).T

    def _arm(self, out, s, chest, at_rest, posed, pronation_deg, curl, sign) -> None:
        index = self._index
        rest_1, rest_2 = at_rest(f"{s}_Shoulder", f"{s}_Elbow"), at_rest(f"{s}_Elbow", f"{s}_Wrist")
        posed_1, posed_2 = posed(f"{s}_Shoulder", f"{s}_Elbow"), posed(f"{s}_Elbow", f"{s}_Wrist")
        down = -chest[:, 2]
        elevation = np.degrees(np.arccos(np.clip(_unit(posed_1) @ down, -1, 1)))
        lift = np.clip((elevation - _CLAVICLE_FROM_DEG) * _CLAVICLE_SHARE - 8, -8, _CLAVICLE_MAX_DEG)
        forward = chest @ np.array([0.0, -1.0, 0.0])
        clavicle = axis_rotation(forward, sign * lift) @ chest
        out[index[f"clavicle.{s}"]] = turn_between(chest, clavicle, 0.7)
        out[index[f"shoulder01.{s}"]] = clavicle
        hinge = _cross(rest_1, rest_2)
        upper, lower = self._limb(clavicle, rest_1, rest_2, hinge, posed_1, posed_2)
        out[index[f"upperarm01.{s}"]] = turn_between(_swing(clavicle @ rest_1, posed_1) @ clavicle, upper, 0.5)
        out[index[f"upperarm02.{s}"]] = upper
        twisted = axis_rotation(_unit(posed_2), sign * pronation_deg) @ lower
        out[index[f"lowerarm01.{s}"]] = lower
        out[index[f"lowerarm02.{s}"]] = turn_between(lower, twisted, 0.5)
        rest_3, posed_3 = at_rest(f"{s}_Wrist", f"{s}_Hand"), posed(f"{s}_Wrist", f"{s}_Hand")
        hand = _swing(twisted @ rest_3, posed_3, _WRIST_MAX_DEG) @ twisted
        out[self._groups[f"hand.{s}"]] = hand
        self._fingers(out, s, hand, curl, sign)

    def _fingers(self, out, s, hand, curl, sign) -> None:
        """Curl the four fingers about the line across the knuckles."""
        model, index = self._model, self._index
        across = _unit(model.heads[index[f"finger5-1.{s}"]] - model.heads[index[f"finger2-1.{s}"]])
        for finger in (2, 3, 4, 5):
            for joint in (1, 2, 3):
                turn = axis_rotation(across, sign * 80.0 * curl * joint)
                out[index[f"finger{finger}-{joint}.{s}"]] = hand @ turn

    def _leg(self, out, s, pelvis, at_rest, posed) -> None:
        rest_1, rest_2 = at_rest(f"{s}_Hip", f"{s}_Knee"), at_rest(f"{s}_Knee", f"{s}_Ankle")
        lateral = np.array([1.0, 0.0, 0.0])  # bending a knee turns the shank about the body's left
        upper, lower = self._limb(
            pelvis, rest_1, rest_2, lateral, posed(f"{s}_Hip", f"{s}_Knee"), posed(f"{s}_Knee", f"{s}_Ankle")
        )
        out[self._groups[f"thigh.{s}"]] = upper
        out[self._groups[f"shank.{s}"]] = lower
        rest_3, posed_3 = at_rest(f"{s}_Ankle", f"{s}_Toe"), posed(f"{s}_Ankle", f"{s}_Toe")
        out[self._groups[f"foot.{s}"]] = _swing(lower @ rest_3, posed_3, _ANKLE_MAX_DEG) @ lower
