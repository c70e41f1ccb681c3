"""A pose given as 21 joint positions, on a body of any shape.

Only directions are taken from the positions, so the proportions of whoever was captured do not matter: each body
segment gets a world rotation that turns its direction at rest into the one of the pose, with the twist taken from the
plane in which the elbow or the knee bends. What no body can do is brought back to the joints' limits
(:mod:`.limits`), from the trunk outwards: a limb then points elsewhere than the pose says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from people3d.skeleton import SKELETONS
from people3d.synth import limits
from people3d.synth.body import Body, BodyModel
from people3d.synth.joints import JointRegressor

_J = {name: i for i, name in enumerate(SKELETONS["muco21"].joints)}
_CLAVICLE_SHARE, _CLAVICLE_FROM_DEG, _CLAVICLE_MAX_DEG = 0.3, 20.0, 35.0  # of the upper arm's elevation
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
    x, y, z = axis.tolist()
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


def _about(axis: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Degrees by which a unit axis turns a towards b, -180..180."""
    a, b = a - axis * (a @ axis), b - axis * (b @ axis)
    return math.degrees(math.atan2(float(_cross(a, b) @ axis), float(a @ b)))


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
        chest = self._bent(pelvis, frames(("Spine", "Thorax"), ("R_Shoulder", "L_Shoulder")))
        for name in ("root", "pelvis.L", "pelvis.R", "spine05"):
            out[index[name]] = pelvis
        for name, share in (("spine04", 0.3), ("spine03", 0.55), ("spine02", 0.8), ("spine01", 1.0)):
            out[index[name]] = turn_between(pelvis, chest, share)

        head = _swing(chest @ at_rest("Thorax", "Head_top"), posed("Thorax", "Head_top"), limits.NECK_DEG) @ chest
        yaw = float(np.clip(pose.head_yaw_deg, -limits.HEAD_TURN_DEG, limits.HEAD_TURN_DEG))
        head = head @ axis_rotation(np.array([0.0, 0.0, 1.0]), yaw)
        neck = (("neck01", 0.25), ("neck02", 0.5), ("neck03", 0.75), ("head", 1), ("eye.L", 1), ("eye.R", 1))
        for name, share in neck:
            out[index[name]] = turn_between(chest, head, share)

        for s, sign in (("L", 1.0), ("R", -1.0)):
            self._arm(out, s, chest, at_rest, posed, pose.pronation_deg[s == "R"], pose.curl[s == "R"], sign)
            self._leg(out, s, pelvis, at_rest, posed, sign)
        return out

    def _bent(self, pelvis: np.ndarray, chest: np.ndarray) -> np.ndarray:
        """The chest's rotation, within what the spine can do from the pelvis's."""
        up = np.array([0.0, 0.0, 1.0])
        wanted = pelvis.T @ chest
        leant = _swing(up, limits.keep_out(wanted @ up, limits.SPINE))
        turned = _about(leant @ up, leant[:, 0], wanted[:, 0])
        return pelvis @ axis_rotation(leant @ up, float(np.clip(turned, *limits.SPINE.twist_deg))) @ leant

    def _limb(self, frame, base, rest_1, rest_2, rest_hinge, posed_1, posed_2, ball, hinge, sign):
        """Rotations of the upper segment before and after its twist, and of the lower one, of an arm or a leg that
        starts from rotation ``base``; its ball joint's limits are those of ``frame``. ``sign``: 1 left, -1 right."""
        posed_1 = frame @ limits.keep_out(frame.T @ posed_1, ball, mirror=sign < 0)
        swung = _swing(base @ rest_1, posed_1) @ base
        axis, trust = _hinge(posed_1, posed_2)
        low, high = ball.twist_deg
        outwards = -sign * _about(posed_1, swung @ rest_hinge, axis)  # a left limb hangs along -z
        twist = -sign * float(np.clip(outwards, low, high)) * trust
        upper = axis_rotation(posed_1, twist) @ swung
        posed_2 = upper @ limits.bend(upper.T @ posed_2, rest_1, rest_hinge, hinge)
        half = axis_rotation(posed_1, twist / 2) @ swung
        return half, upper, _frame(posed_2, upper @ rest_hinge) @ _frame(rest_2, rest_hinge).T

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
        half, upper, lower = self._limb(
            chest, clavicle, rest_1, rest_2, hinge, posed_1, posed_2, limits.SHOULDER, limits.ELBOW, sign
        )
        out[index[f"upperarm01.{s}"]] = half
        out[index[f"upperarm02.{s}"]] = upper
        turn = float(np.clip(pronation_deg, -limits.FOREARM_TURN_DEG, limits.FOREARM_TURN_DEG))
        twisted = axis_rotation(_unit(lower @ rest_2), sign * turn) @ lower
        out[index[f"lowerarm01.{s}"]] = lower
        out[index[f"lowerarm02.{s}"]] = turn_between(lower, twisted, 0.5)
        rest_3, posed_3 = at_rest(f"{s}_Wrist", f"{s}_Hand"), posed(f"{s}_Wrist", f"{s}_Hand")
        hand = _swing(twisted @ rest_3, posed_3, limits.WRIST_DEG) @ twisted
        out[self._groups[f"hand.{s}"]] = hand
        self._fingers(out, s, hand, curl, sign)

    def _fingers(self, out, s, hand, curl, sign) -> None:
        """Curl the four fingers about the line across the knuckles."""
        model, index = self._model, self._index
        across = _unit(model.heads[index[f"finger5-1.{s}"]] - model.heads[index[f"finger2-1.{s}"]])
        for joint in (1, 2, 3):
            turned = hand @ axis_rotation(across, sign * 80.0 * curl * joint)
            for finger in (2, 3, 4, 5):
                out[index[f"finger{finger}-{joint}.{s}"]] = turned

    def _leg(self, out, s, pelvis, at_rest, posed, sign) -> None:
        rest_1, rest_2 = at_rest(f"{s}_Hip", f"{s}_Knee"), at_rest(f"{s}_Knee", f"{s}_Ankle")
        lateral = np.array([1.0, 0.0, 0.0])  # bending a knee turns the shank about the body's left
        posed_1, posed_2 = posed(f"{s}_Hip", f"{s}_Knee"), posed(f"{s}_Knee", f"{s}_Ankle")
        _, upper, lower = self._limb(
            pelvis, pelvis, rest_1, rest_2, lateral, posed_1, posed_2, limits.HIP, limits.KNEE, sign
        )
        out[self._groups[f"thigh.{s}"]] = upper
        out[self._groups[f"shank.{s}"]] = lower
        rest_3, posed_3 = at_rest(f"{s}_Ankle", f"{s}_Toe"), posed(f"{s}_Ankle", f"{s}_Toe")
        out[self._groups[f"foot.{s}"]] = _swing(lower @ rest_3, posed_3, limits.ANKLE_DEG) @ lower
