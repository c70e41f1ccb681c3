"""Poses that a network saw in photographs: BlazePose's 33 landmarks as 21 MuCo joint positions.

Such a pose is rough (about 100 mm off after alignment), but real people in photographs do what no motion capture of
the kit and no sampler does. Only people whose limbs were all seen and have a plausible length are taken.
"""

from __future__ import annotations

import numpy as np

from people3d.skeleton import SKELETONS

_NAMES = SKELETONS["muco21"].joints
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES = ((i, i + 1) for i in (11, 13, 15, 23, 25, 27))
_EARS, _FINGERS, _TOES = (7, 8), (19, 20), (31, 32)
_LEAST_SEEN = 0.5  # visibility of each limb's landmarks
# Segments and the lengths in m between which the average body that BlazePose answers with has them.
_LENGTHS_M = (
    (_SHOULDERS, _ELBOWS, 0.16, 0.32),
    (_ELBOWS, _WRISTS, 0.14, 0.32),
    (_HIPS, _KNEES, 0.28, 0.50),
    (_KNEES, _ANKLES, 0.26, 0.48),
)


def muco_joints(landmarks_m: np.ndarray) -> np.ndarray:
    """(N, 33, 3) BlazePose landmarks (m, x right, y down, z away) → (N, 21, 3) MuCo joints, mm, z up."""
    right, down, away = np.moveaxis(np.asarray(landmarks_m, np.float64) * 1000, -1, 0)
    points = np.stack([right, away, -down], -1)
    place = {}
    for side, s in (("L", 0), ("R", 1)):
        for name, pair in (("Shoulder", _SHOULDERS), ("Elbow", _ELBOWS), ("Wrist", _WRISTS), ("Hand", _FINGERS)):
            place[f"{side}_{name}"] = points[:, pair[s]]
        for name, pair in (("Hip", _HIPS), ("Knee", _KNEES), ("Ankle", _ANKLES), ("Toe", _TOES)):
            place[f"{side}_{name}"] = points[:, pair[s]]
    place["Pelvis"] = (place["L_Hip"] + place["R_Hip"]) / 2
    shoulders = (place["L_Shoulder"] + place["R_Shoulder"]) / 2
    ears = (points[:, _EARS[0]] + points[:, _EARS[1]]) / 2
    place["Thorax"] = shoulders + 0.1 * (shoulders - place["Pelvis"])
    place["Spine"] = (place["Pelvis"] + place["Thorax"]) / 2
    # The ears lie before the spine's line by about as much as the top of the head lies behind them.
    place["Head"] = place["Thorax"] + 0.75 * (ears - place["Thorax"])
    place["Head_top"] = place["Thorax"] + 1.7 * (ears - place["Thorax"])
    return np.stack([place[n] for n in _NAMES], 1)


def trusted(landmarks_m: np.ndarray, visibility: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """(N,) bool: ``kept`` by the teachers' filter, all limbs seen, and of plausible lengths."""
    limbs = [*_SHOULDERS, *_ELBOWS, *_WRISTS, *_HIPS, *_KNEES, *_ANKLES]
    good = np.asarray(kept, bool) & (visibility[:, limbs] > _LEAST_SEEN).all(1)
    for first, second, low, high in _LENGTHS_M:
        for a, b in zip(first, second, strict=True):
            length = np.linalg.norm(landmarks_m[:, a] - landmarks_m[:, b], axis=1)
            good &= (length > low) & (length < high)
    return good
