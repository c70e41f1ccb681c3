"""Poses that no body takes, told apart from unusual ones: named, never hidden.

The limits were set so that true poses pass: of 10,702 poses of motion capture (walking, running, jumping, basketball),
of the people that this project renders, infants to elders, and of 58 people of Human3.6M and MPI-INF-3DHP, fewer than
one in a hundred is named (``tests/test_plausible.py`` counts). Joints that a skeleton lacks are not looked at.
"""

from __future__ import annotations

import numpy as np

from people3d.people import People

# Lengths over that of the trunk (middle of the hips to middle of the shoulders); motion capture: 0.6–1.1, 0.4–0.7,
# 0.7–1.6, 0.8–1.6, of crouching and bent people included.
PROPORTIONS = {
    ("Shoulder", "Elbow"): (0.35, 1.5),
    ("Elbow", "Wrist"): (0.25, 1.1),
    ("Hip", "Knee"): (0.5, 2.0),
    ("Knee", "Ankle"): (0.5, 2.0),
}
TRUNK_MM = (120.0, 700.0)  # an infant's, a giant's
SIDES_RATIO = 1.6  # a left limb over its right one
KNEE_FORWARD = 0.4  # sine of the angle by which a knee bends the wrong way; motion capture: up to 0.14
NECK_DEG = 110.0  # between trunk and head; motion capture: up to 72


def implausible(people: People) -> list[tuple[str, ...]]:
    """For each person what is impossible about the pose; an empty tuple where nothing is.

    ``behind the camera``, ``size``, ``proportions``, ``left and right differ``, ``knee bends forward``, ``neck``.
    """
    joints = people.joints_cam_mm
    index = {name: n for n, name in enumerate(people.skeleton.joints)}
    checks = {"behind the camera": (joints[..., 2] <= 0).any(1) | (people.root_cam_mm[:, 2] <= 0)}
    if {"L_Hip", "R_Hip", "L_Shoulder", "R_Shoulder"} <= set(index):
        hips, shoulders = ((joints[:, index[f"L_{j}"]] + joints[:, index[f"R_{j}"]]) / 2 for j in ("Hip", "Shoulder"))
        trunk = shoulders - hips
        length = np.linalg.norm(trunk, axis=-1)
        checks["size"] = (length < TRUNK_MM[0]) | (length > TRUNK_MM[1])
        checks |= _limbs(joints, index, length)
        checks["knee bends forward"] = _knees(joints, index)
        if "Head" in index:
            checks["neck"] = _angle_deg(trunk, joints[:, index["Head"]] - shoulders) > NECK_DEG
    return [tuple(name for name, found in checks.items() if found[n]) for n in range(len(people))]


def _limbs(joints: np.ndarray, index: dict[str, int], trunk_mm: np.ndarray) -> dict[str, np.ndarray]:
    odd, lopsided = np.zeros(len(joints), bool), np.zeros(len(joints), bool)
    for (a, b), (least, most) in PROPORTIONS.items():
        if not {f"{s}_{j}" for s in "LR" for j in (a, b)} <= set(index):
            continue
        left, right = (
            np.linalg.norm(joints[:, index[f"{s}_{a}"]] - joints[:, index[f"{s}_{b}"]], axis=-1) for s in "LR"
        )
        for limb in (left, right):
            odd |= (limb < least * trunk_mm) | (limb > most * trunk_mm)
        lopsided |= np.maximum(left, right) > SIDES_RATIO * np.minimum(left, right)
    return {"proportions": odd, "left and right differ": lopsided}


def _knees(joints: np.ndarray, index: dict[str, int]) -> np.ndarray:
    """(N,) bool. A knee turns about the axis from the left to the right hip, and only backwards."""
    axis = joints[:, index["R_Hip"]] - joints[:, index["L_Hip"]]
    forward = np.zeros(len(joints), bool)
    for side in "LR":
        if not {f"{side}_Knee", f"{side}_Ankle"} <= set(index):
            continue
        hip, knee, ankle = (joints[:, index[f"{side}_{j}"]] for j in ("Hip", "Knee", "Ankle"))
        turn = np.cross(_unit(knee - hip), _unit(ankle - knee))
        forward |= (turn * _unit(axis)).sum(-1) > KNEE_FORWARD
    return forward


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((_unit(a) * _unit(b)).sum(-1), -1, 1)))
