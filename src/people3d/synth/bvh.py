"""BVH motion files: joint positions, and MuCo's 21 joints from the usual names of a skeleton's joints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from people3d.skeleton import SKELETONS

_MOST_NUMBERS = 50_000_000  # in one file, before anything is allocated
_AXES = {"X": 0, "Y": 1, "Z": 2}
_PELVIS = SKELETONS["muco21"].index("Pelvis")
_HIPS = [SKELETONS["muco21"].index("L_Hip"), SKELETONS["muco21"].index("R_Hip")]

# Names that a joint goes by, lower case, without a prefix that ends in ":"; "x end" is the end site of x. {s} is left
# or right, {c} its first letter.
_SIDED = {
    "Hip": ("{s}upleg", "{s}hip", "{s}thigh"),
    "Knee": ("{s}leg", "{s}knee", "{s}shin"),
    "Ankle": ("{s}foot", "{s}ankle"),
    "Toe": ("{s}toebase", "{s}toe", "{s}foot end", "{s}ankle end"),
    "Shoulder": ("{s}arm", "{s}shoulder", "{s}upperarm"),
    "Elbow": ("{s}forearm", "{s}elbow", "{s}lowerarm"),
    "Wrist": ("{s}hand", "{s}wrist"),
    "Hand": ("{c}fingers", "{s}handmiddle1", "{s}handindex1", "{s}fingerbase", "{s}hand end", "{s}wrist end"),
}
_CENTRAL = {
    "Pelvis": ("lefthip", "leftupleg", "leftthigh"),  # replaced by the middle of the hips
    "Spine": ("chest", "spine1", "spine"),
    "Thorax": ("lowerneck", "neck", "neck1"),
    "Head": ("head",),
    "Head_top": ("head end", "headtop_end", "head_end", "head"),
}


@dataclass(frozen=True)
class Motion:
    """``positions`` (frames, joints, 3) in the file's unit and axes; end sites are called "<joint> end"."""

    names: tuple[str, ...]
    positions: np.ndarray
    frame_s: float


def read_bvh(path: Path) -> Motion:
    """Forward kinematics of a whole file.

    Raises:
        ValueError: the file is not BVH, with what was expected where.
    """
    words = path.read_text(errors="replace").split()
    names, parents, offsets, channels = [], [], [], []
    stack: list[int] = []
    at = 0
    try:
        while words[at] != "MOTION":
            word = words[at]
            if word in ("ROOT", "JOINT", "End"):
                name = f"{names[stack[-1]]} end" if word == "End" else words[at + 1]
                names.append(name)
                parents.append(stack[-1] if stack else -1)
                channels.append([])
                stack.append(len(names) - 1)
                at += 3  # keyword, name, "{"
            elif word == "OFFSET":
                offsets.append([float(v) for v in words[at + 1 : at + 4]])
                at += 4
            elif word == "CHANNELS":
                count = int(words[at + 1])
                channels[stack[-1]] = words[at + 2 : at + 2 + count]
                at += 2 + count
            else:
                if word == "}":
                    stack.pop()
                at += 1
        frames, frame_s = int(words[at + 2]), float(words[at + 5])
        width = sum(map(len, channels))
        if not 0 < frames * width < _MOST_NUMBERS:
            raise ValueError(f"{frames} frames of {width} numbers")
        values = np.array(words[at + 6 : at + 6 + frames * width], np.float64).reshape(frames, width)
        return Motion(tuple(names), _positions(parents, offsets, channels, values), frame_s)
    except (IndexError, ValueError) as error:
        raise ValueError(f"{path}: expected a BVH file, got {error}") from error


def _positions(parents: list[int], offsets: list, channels: list[list[str]], values: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    place = np.zeros((len(values), len(parents), 3))
    turn = np.tile(np.eye(3), (len(values), len(parents), 1, 1))
    column = 0
    for joint, parent in enumerate(parents):
        local = np.tile(np.array(offsets[joint]), (len(values), 1))
        rotation = np.tile(np.eye(3), (len(values), 1, 1))
        for name in channels[joint]:
            axis = _AXES[name[0]]
            if name.endswith("position"):
                local[:, axis] += values[:, column]
            else:
                turned = Rotation.from_euler(name[0].lower(), values[:, [column]], degrees=True)
                rotation = rotation @ turned.as_matrix()
            column += 1
        above = turn[:, parent] if parent >= 0 else np.tile(np.eye(3), (len(values), 1, 1))
        place[:, joint] = (place[:, parent] if parent >= 0 else 0) + np.einsum("fij,fj->fi", above, local)
        turn[:, joint] = above @ rotation
    return place


def muco_joints(motion: Motion) -> np.ndarray | None:
    """(frames, 21, 3) MuCo's joints in the file's axes; None where the skeleton's names are not known."""
    index = {name.split(":")[-1].lower(): i for i, name in reversed(list(enumerate(motion.names)))}
    wanted = dict(_CENTRAL)
    for side in ("left", "right"):
        for joint, names in _SIDED.items():
            known = tuple(n.format(s=side, c=side[0]) for n in names)
            if joint == "Shoulder" and f"{side}elbow" in index:  # then "arm" is not the upper arm's name
                known = (f"{side}shoulder", *known)
            wanted[f"{side[0].upper()}_{joint}"] = known
    columns = []
    for joint in SKELETONS["muco21"].joints:
        found = [index[name] for name in wanted[joint] if name in index]
        if not found:
            return None
        columns.append(found[0])
    joints = motion.positions[:, columns]
    joints[:, _PELVIS] = joints[:, _HIPS].mean(1)  # a BVH skeleton's root lies anywhere near it
    return joints
