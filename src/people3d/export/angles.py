"""Joint angles as CSV: flexion and abduction, in degrees, from joint positions alone.

A ball joint's two angles are those of two turns from the neutral position: flexion about the axis across the body, then
abduction away from its middle. Where a limb points straight out to the side (90 degrees of abduction) flexion has no
meaning. Turns of a limb about itself cannot be told from positions and are not given.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from people3d.export.csv import cell
from people3d.export.scenes import Scene
from people3d.files import write_whole
from people3d.skeleton import SKELETONS, Skeleton, convert

_JOINTS = SKELETONS["muco21"]


def write(scenes: Sequence[Scene], path: Path) -> list[str]:
    """One row for each person in each frame they are in; an angle whose joints are not known is empty."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    header = False
    for scene in scenes:
        for track in scene.tracks:
            angles = joint_angles_deg(track.joints_mm, scene.skeleton)
            if not header:
                table.writerow(["file_name", "frame", "time_s", "person", *angles])
                header = True
            for f in np.flatnonzero(track.present):
                head = [scene.file_names[f], int(scene.frame_indices[f]), cell(scene.times_s[f], 6), track.id]
                table.writerow(head + [cell(values[f], 3) for values in angles.values()])
    if not header:
        names = joint_angles_deg(np.zeros((0, len(_JOINTS), 3)), _JOINTS)
        table.writerow(["file_name", "frame", "time_s", "person", *names])
    write_whole(path, out.getvalue())
    return []


def joint_angles_deg(joints_mm: np.ndarray, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """(F, J, 3) joints in any right-handed space → (F,) degrees by name, NaN where not known.

    Flexion lifts a limb forwards, and bends knees, elbows and the trunk and the neck forwards; abduction lifts a limb
    sideways away from the middle; ``_left`` leans to the left; elevation is the angle between the upper arm and the
    trunk; dorsiflexion is 0 where the foot's line from ankle to toes is square to the shank.
    """
    at = dict(zip(_JOINTS.joints, np.moveaxis(convert(joints_mm, skeleton, _JOINTS)[0], -2, 0), strict=True))
    pelvis = _axes(at["L_Hip"] - at["R_Hip"], at["Spine"] - at["Pelvis"])
    chest = _axes(at["L_Shoulder"] - at["R_Shoulder"], at["Thorax"] - at["Spine"])
    out: dict[str, np.ndarray] = {}
    for side in "LR":
        hip, knee, ankle = at[f"{side}_Hip"], at[f"{side}_Knee"], at[f"{side}_Ankle"]
        shoulder, elbow, wrist = at[f"{side}_Shoulder"], at[f"{side}_Elbow"], at[f"{side}_Wrist"]
        outwards = 1 if side == "L" else -1
        out[f"{side}_hip_flexion"], out[f"{side}_hip_abduction"] = _two_turns(knee - hip, pelvis, outwards)
        out[f"{side}_knee_flexion"] = _between(knee - hip, ankle - knee)
        out[f"{side}_ankle_dorsiflexion"] = 90 - _between(knee - ankle, at[f"{side}_Toe"] - ankle)
        flexion, abduction = _two_turns(elbow - shoulder, chest, outwards)
        out[f"{side}_shoulder_flexion"], out[f"{side}_shoulder_abduction"] = flexion, abduction
        out[f"{side}_shoulder_elevation"] = _between(elbow - shoulder, -chest[1])
        out[f"{side}_elbow_flexion"] = _between(elbow - shoulder, wrist - elbow)
    for name, bone, axes in (
        ("trunk", at["Thorax"] - at["Spine"], pelvis),
        ("neck", at["Head_top"] - at["Thorax"], chest),
    ):
        left, up, forward = axes
        out[f"{name}_flexion"], out[f"{name}_left"] = _two_turns(bone, np.stack([left, -up, forward]), 1)
    return out


def _unit(v: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _axes(left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(3, F, 3) unit left, up and forward of a part of the body; left is kept, up made square to it."""
    left = _unit(left)
    up = _unit(up - left * (up * left).sum(-1, keepdims=True))
    return np.stack([left, up, np.cross(left, up)])


def _two_turns(bone: np.ndarray, axes: np.ndarray, outwards: int) -> tuple[np.ndarray, np.ndarray]:
    """Flexion and abduction, degrees, of a bone that hangs along -up in the neutral position."""
    left, up, forward = ((bone * axis).sum(-1) for axis in axes)
    return np.rad2deg(np.arctan2(forward, -up)), np.rad2deg(np.arctan2(outwards * left, np.hypot(forward, up)))


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(F,) degrees between two directions."""
    return np.rad2deg(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1)))
