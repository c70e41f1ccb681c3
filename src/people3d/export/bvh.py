"""BVH: bones of fixed length that turn, for Blender and game engines; Y up, mm, one person a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from people3d.export.extras import need
from people3d.export.recording import part_of
from people3d.export.rig import Motion, Rig, fill_gaps, make_rig, pose_rig
from people3d.export.scenes import Scene
from people3d.files import write_whole

_ORDER = "ZXY"  # of the rotations in a joint's channels
_END = 0.2  # length of the stub behind a last joint, over that of the bone before it; viewers draw bones to it


def write(scene: Scene, path: Path) -> list[str]:
    """The one person of ``scene``, whose joints have Y up. At rest the body holds its arms out and faces +Z.

    A BVH skeleton's bones keep their lengths (the median over the frames), so where the estimated ones change, joints
    lie elsewhere than estimated; the returned line says how far. Frames without the person are filled in by straight
    lines. Bones' turns about themselves are unknown and 0 (:mod:`.rig`).

    Raises:
        ImportError: scipy is missing.
    """
    rotation = need("scipy.spatial.transform", "BVH").Rotation
    (track,) = scene.tracks
    joints, known = fill_gaps(track.joints_mm, scene.times_s)
    rig = make_rig(part_of(scene.skeleton, known))
    motion = pose_rig(rig, joints)
    columns = [motion.positions[:, 0]]
    for node in range(len(rig.names)):
        angles = rotation.from_matrix(motion.rotations[:, node]).as_euler(_ORDER)
        columns.append(np.rad2deg(np.unwrap(angles, axis=0)))
    lines = ["HIERARCHY", *_joint(rig, motion, 0, 0), "MOTION", f"Frames: {len(joints)}"]
    lines.append(f"Frame Time: {1 / scene.rate_hz:.8f}")
    lines += [" ".join(f"{v:.6f}" for v in row) for row in np.concatenate(columns, 1)]
    write_whole(path, "\n".join(lines) + "\n")
    error = np.linalg.norm(_forward(rig, motion) - motion.positions, axis=-1)[track.present]
    notes = []
    if error.max() > 0.1:
        notes.append(
            f"{path.name}: bones of one length put joints {error.mean():.1f} mm on average, {error.max():.1f} mm at "
            "most from their estimates"
        )
    missing = int((~track.present).sum())
    return notes + ([f"{path.name}: {missing} frames without this person are filled in"] if missing else [])


def _joint(rig: Rig, motion: Motion, node: int, depth: int) -> list[str]:
    """The HIERARCHY's lines of a node and all below it."""
    indent, children = "  " * depth, rig.children(node)
    offset = " ".join(f"{v:.6f}" for v in rig.directions[node] * motion.lengths[node])
    places = "Xposition Yposition Zposition " if node == 0 else ""
    turns = " ".join(f"{axis}rotation" for axis in _ORDER)
    body = [f"OFFSET {offset}", f"CHANNELS {6 if node == 0 else 3} {places}{turns}"]
    if not children:
        end = " ".join(f"{v:.6f}" for v in rig.directions[node] * motion.lengths[node] * _END)
        body += ["End Site", "{", f"  OFFSET {end}", "}"]
    lines = [f"{'ROOT' if node == 0 else 'JOINT'} {rig.names[node]}", "{", *(f"  {line}" for line in body)]
    lines = [indent + line for line in lines]
    for child in children:
        lines += _joint(rig, motion, child, depth + 1)
    return [*lines, indent + "}"]


def _forward(rig: Rig, motion: Motion) -> np.ndarray:
    """(F, N, 3) where bones of fixed length end."""
    out = np.empty_like(motion.positions)
    out[:, 0] = motion.positions[:, 0]
    for node in range(1, len(rig.names)):
        parent = rig.parents[node]
        out[:, node] = out[:, parent] + motion.turns[:, parent] @ (rig.directions[node] * motion.lengths[node])
    return out
