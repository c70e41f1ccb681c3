"""Motion capture files as 21 MuCo joint positions: .npz of joints, BVH, DeepMimic's motions, and poses that a network
saw in photographs (:mod:`.pseudo3d`).

All come out z up, in mm, at whatever scale and place they were captured; :mod:`.retarget` uses directions only.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from people3d.skeleton import SKELETONS
from people3d.synth import pseudo3d
from people3d.synth.bvh import muco_joints, read_bvh

_NAMES = SKELETONS["muco21"].joints
_INTERVAL_S = 0.1  # between the poses that are taken from a motion
_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # of y up

# DeepMimic's humanoid: joint, parent, offset from the parent (x forward, y up, z right), numbers a frame holds for it.
_HUMANOID = (
    ("chest", "root", (0, 0.236, 0), 4),
    ("neck", "chest", (0, 0.224, 0), 4),
    ("R_Hip", "root", (0, 0, 0.085), 4),
    ("R_Knee", "R_Hip", (0, -0.4216, 0), 1),
    ("R_Ankle", "R_Knee", (0, -0.4100, 0), 4),
    ("R_Shoulder", "chest", (-0.0241, 0.2435, 0.1831), 4),
    ("R_Elbow", "R_Shoulder", (0, -0.2748, 0), 1),
    ("L_Hip", "root", (0, 0, -0.085), 4),
    ("L_Knee", "L_Hip", (0, -0.4216, 0), 1),
    ("L_Ankle", "L_Knee", (0, -0.4100, 0), 4),
    ("L_Shoulder", "chest", (-0.0241, 0.2435, -0.1831), 4),
    ("L_Elbow", "L_Shoulder", (0, -0.2748, 0), 1),
)
_TIPS = {  # points that the humanoid has no joint for: on which joint, where
    "Thorax": ("chest", (0, 0.224, 0)),
    "Spine": ("chest", (0, 0, 0)),
    "Head": ("neck", (0, 0.12, 0)),
    "Head_top": ("neck", (0, 0.27, 0)),
    "Pelvis": ("root", (0, 0, 0)),
    **{f"{s}_Wrist": (f"{s}_Elbow", (0, -0.259, 0)) for s in "LR"},
    **{f"{s}_Hand": (f"{s}_Elbow", (0, -0.330, 0)) for s in "LR"},
    **{f"{s}_Toe": (f"{s}_Ankle", (0.13, -0.04, 0)) for s in "LR"},
}


Source = Path | tuple[Path, ...]  # of poses: a folder or file, or several, each used as often


def draw_pose(rng: np.random.Generator, source: Source) -> np.ndarray:
    """(21, 3) joints of one captured pose, mirrored half of the time."""
    poses = load_poses(source[rng.integers(len(source))] if isinstance(source, tuple) else source)
    joints = poses[rng.integers(len(poses))]
    if rng.random() < 0.5:
        joints = joints[SKELETONS["muco21"].mirror] * [-1, 1, 1]
    return joints


@lru_cache(maxsize=8)
def load_poses(source: Path) -> np.ndarray:
    """All poses in a motion capture file or in those under a folder: (N, 21, 3), z up, mm.

    Raises ``ValueError`` where there are none.
    """
    found = []
    source = Path(source)
    for path in [source] if source.is_file() else sorted(source.rglob("*")):
        if path.suffix == ".npz":
            found.append(_npz(path))
        elif path.suffix == ".bvh":
            found.append(_bvh(path))
        elif path.suffix == ".txt" and path.read_bytes()[:200].find(b'"Loop"') >= 0:
            found.append(_deepmimic(path))
    found = [poses for poses in found if len(poses)]
    if not found:
        kinds = ".npz with joints_mm or kp3d_blaze_m, .bvh, DeepMimic .txt"
        raise ValueError(f"{source}: expected motion capture ({kinds}), found none")
    return np.concatenate(found)


def _npz(path: Path) -> np.ndarray:
    with np.load(path, allow_pickle=False) as stored:
        if {"kp3d_blaze_m", "kp2d_blaze", "kept"} <= set(stored.files):
            landmarks = stored["kp3d_blaze_m"]
            return pseudo3d.muco_joints(
                landmarks[pseudo3d.trusted(landmarks, stored["kp2d_blaze"][..., 2], stored["kept"])]
            )
        if "joints_mm" not in stored.files or "joint_names" not in stored.files:
            return np.zeros((0, 21, 3))
        names = [str(n) for n in stored["joint_names"]]
        if not set(_NAMES) <= set(names):
            return np.zeros((0, 21, 3))
        joints = stored["joints_mm"][:, [names.index(n) for n in _NAMES]].astype(np.float64)
    return joints @ _Z_UP.T


def _bvh(path: Path) -> np.ndarray:
    motion = read_bvh(path)
    joints = muco_joints(motion)
    every = max(round(_INTERVAL_S / motion.frame_s), 1)
    return np.zeros((0, 21, 3)) if joints is None else joints[::every] @ _Z_UP.T


def _deepmimic(path: Path) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    frames = np.array(json.loads(path.read_text())["Frames"], np.float64)

    def quaternion(columns: np.ndarray) -> np.ndarray:
        return Rotation.from_quat(columns[:, [1, 2, 3, 0]]).as_matrix()

    turn = {"root": quaternion(frames[:, 4:8])}
    place = {"root": frames[:, 1:4]}
    column = 8
    for name, parent, offset, size in _HUMANOID:
        values = frames[:, column : column + size]
        column += size
        local = Rotation.from_rotvec(values * [[0, 0, 1]]).as_matrix() if size == 1 else quaternion(values)
        place[name] = place[parent] + turn[parent] @ np.array(offset, float)
        turn[name] = turn[parent] @ local
    for name, (parent, offset) in _TIPS.items():
        place[name] = place[parent] + turn[parent] @ np.array(offset, float)
    return np.stack([place[n] for n in _NAMES], 1) * 1000 @ _Z_UP.T
