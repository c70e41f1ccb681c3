"""Raw Human3.6M, as the released code's MATLAB tool extracts it, → the parsed form that networks are trained from.

The tool leaves for each sequence a folder ``s_01_act_02_subact_01_ca_01`` of pictures and a ``h36m_meta.mat`` with
``pose3d_world`` (frames, 17, 3) in mm, ``R``, ``T`` (the camera's position), ``f``, ``c``, ``img_width`` and
``img_height``. Its own converter to JSON keeps T; this one writes t = -R T, as the authors' files have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from people3d.camera import Camera
from people3d.data.human36m import MISSING_SEQUENCE
from people3d.data.labels import first_existing
from people3d.data.matlab import read_mat, variable
from people3d.data.rules import box_from_joints
from people3d.evaluate.protocols.human36m import ACTIONS
from people3d.files import write_whole

SUBJECTS = (1, 5, 6, 7, 8, 9, 11)
ACTION_NUMBERS, SUBACTIONS, CAMERAS = range(2, 17), (1, 2), (1, 2, 3, 4)


@dataclass(frozen=True)
class RawSequence:
    """One sequence through one camera: world joints (F, 17, 3) mm, R (3, 3), the camera's position (3,) mm, and the
    widths and heights (F,) of its pictures."""

    name: str
    world_mm: np.ndarray
    rotation: np.ndarray
    position_mm: np.ndarray
    camera: Camera
    widths: np.ndarray
    heights: np.ndarray

    def joints_cam_mm(self) -> np.ndarray:
        """(F, 17, 3): ``R (X - T)``."""
        return (self.world_mm - self.position_mm) @ self.rotation.T


def sequence_names(subject: int) -> Iterator[tuple[str, int, int, int]]:
    """The sequences of a subject: folder, action, sub-action, camera."""
    for action in ACTION_NUMBERS:
        for subaction in SUBACTIONS:
            for camera in CAMERAS:
                name = f"s_{subject:02d}_act_{action:02d}_subact_{subaction:02d}_ca_{camera:02d}"
                if name != MISSING_SEQUENCE:
                    yield name, action, subaction, camera


def read_sequence(path: Path) -> RawSequence:
    """A ``h36m_meta.mat``; raises ``ValueError`` where it is not as the tool writes it."""
    data = read_mat(path)
    world, rotation, position, f, c, widths, heights = (
        np.asarray(variable(data, name, path), float)
        for name in ("pose3d_world", "R", "T", "f", "c", "img_width", "img_height")
    )
    frames = len(world)
    if world.shape[1:] != (17, 3) or rotation.shape != (3, 3) or position.size != 3 or f.size != 2 or c.size != 2:
        raise ValueError(f"{path}: expected pose3d_world (frames, 17, 3), R (3, 3), T, f and c, got {world.shape} …")
    if widths.size != frames or heights.size != frames:
        raise ValueError(f"{path}: expected {frames} img_width and img_height, got {widths.size} and {heights.size}")
    camera = Camera(*f.ravel(), *c.ravel())
    name = path.parent.name
    return RawSequence(name, world, rotation, position.ravel(), camera, widths.ravel(), heights.ravel())


def convert(root: Path, output: Path) -> Iterator[str]:
    """Write ``Human36M_subject{N}_{data,camera,joint_3d}.json`` of every subject that is there into ``output``.

    ``root`` holds ``images/`` (or ``annotations/``) with the sequences' folders. Yields a line for every subject that
    is written and every sequence that is missing or broken; the rest is written all the same.

    Raises:
        ValueError: there is no sequence at all.
    """
    there = {int(m[1]) for p in root.glob("**/h36m_meta.mat") if (m := re.match(r"s_(\d+)_act", p.parent.name))}
    if not there:
        raise ValueError(f"{root}: expected folders like images/s_01_act_02_subact_01_ca_01 with h36m_meta.mat in them")
    output.mkdir(parents=True, exist_ok=True)
    number = 0
    for subject in (s for s in SUBJECTS if s in there):
        images, rows, cameras, joints = [], [], {}, {}
        for name, action, subaction, camera in sequence_names(subject):
            try:
                path = first_existing(*(root / f / name / "h36m_meta.mat" for f in ("images", "annotations", ".")))
                sequence = read_sequence(path)
            except (ValueError, OSError) as error:
                yield f"{name}: {'missing' if isinstance(error, FileNotFoundError) else error}"
                continue
            cameras.setdefault(str(camera), _camera(sequence))
            world = joints.setdefault(str(action), {}).setdefault(str(subaction), {})
            for frame, pose in enumerate(sequence.world_mm):
                world.setdefault(str(frame), pose.tolist())
            px = sequence.camera.project(sequence.joints_cam_mm())
            boxes = box_from_joints(px)
            for frame, size in enumerate(zip(sequence.widths, sequence.heights, strict=True)):
                image = {"id": number, "file_name": f"{name}/{name}_{frame + 1:06d}.jpg"}
                image |= {"width": int(size[0]), "height": int(size[1]), "subject": subject, "frame_idx": frame}
                image |= {"action_name": ACTIONS[action], "action_idx": action}
                images.append(image | {"subaction_idx": subaction, "cam_idx": camera})
                inside = ((px[frame] >= 0) & (px[frame] < size)).all(1).tolist()
                rows.append({"id": number, "image_id": number, "keypoints_vis": inside, "bbox": boxes[frame].tolist()})
                number += 1
        documents = {"data": {"images": images, "annotations": rows}, "camera": cameras, "joint_3d": joints}
        for name, document in documents.items():
            write_whole(output / f"Human36M_subject{subject}_{name}.json", json.dumps(document))
        yield f"subject {subject}: {len(images)} images written"


def _camera(sequence: RawSequence) -> dict[str, list]:
    camera = sequence.camera
    t = -sequence.rotation @ sequence.position_mm
    return {
        "R": sequence.rotation.tolist(),
        "t": t.tolist(),
        "f": [camera.fx, camera.fy],
        "c": [camera.cx, camera.cy],
    }
