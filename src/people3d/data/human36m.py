"""Human3.6M as the released code parses it: ``annotations/Human36M_subject{N}_{data,camera,joint_3d}.json``, images/.

Two conventions of the camera are about. The files that the authors offer have the t of ``X_cam = R X + t``; those that
the released tool makes itself have the camera's position T, ``X_cam = R (X - T)``. Which one a file has is told from
its boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from people3d.camera import Camera
from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing
from people3d.data.rules import EVERY_NTH_FRAME
from people3d.evaluate.annotations import read_json
from people3d.skeleton import SKELETONS, convert

SUBJECTS = {  # paper section 7
    "train-p2": (1, 5, 6, 7, 8),
    "train-p1": (1, 5, 6, 7, 8, 9),
    "test-p2": (9, 11),
    "test-p1": (11,),
}
MISSING_SEQUENCE = "s_11_act_02_subact_02_ca_01"  # rule 7: the released code leaves it out
_H36M18 = SKELETONS["h36m18"]


def parts(root: Path, split: str) -> list[Part]:
    """A part a subject."""
    folder = first_existing(root / "annotations", root)
    every = EVERY_NTH_FRAME[split.split("-")[0]]
    out = []
    for subject in SUBJECTS[split]:
        files = tuple(folder / f"Human36M_subject{subject}_{name}.json" for name in ("data", "camera", "joint_3d"))
        out.append(Part(f"subject {subject}", files, lambda files=files: _images(root / "images", files, every)))
    return out


def _images(pictures: Path, files: tuple[Path, ...], every: int) -> Iterator[LabelledImage]:
    data, cameras, joints = (read_json(path) for path in files)
    lenses: dict[str, tuple[Camera, np.ndarray, np.ndarray]] = {}
    try:
        boxes = {row["image_id"]: np.array(row["bbox"], float).reshape(4) for row in data["annotations"]}
        for image in data["images"]:
            if image["frame_idx"] % every or image["id"] not in boxes or MISSING_SEQUENCE in image["file_name"]:
                continue
            world = joints[str(image["action_idx"])][str(image["subaction_idx"])][str(image["frame_idx"])]
            world = np.array(world, float).reshape(17, 3)
            number = str(image["cam_idx"])
            if number not in lenses:
                lenses[number] = read_camera(cameras[number], world, boxes[image["id"]], f"{files[1]}: camera {number}")
            camera, rotation, shift = lenses[number]
            joints_cam = convert(world @ rotation.T + shift, "h36m17", _H36M18)[0][None]
            yield LabelledImage(
                picture=pictures / image["file_name"],
                skeleton=_H36M18,
                boxes_xywh=boxes[image["id"]][None],
                joints_px=camera.project(joints_cam),
                joints_cam_mm=joints_cam,
                weights=np.ones((1, len(_H36M18))),
                root_depth_mm=joints_cam[:, _H36M18.root, 2],
                camera=camera,
                width=int(image["width"]),
                height=int(image["height"]),
            )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{files[0]}: not as the released code writes it ({type(error).__name__} {error})") from None


def read_camera(
    camera: dict[str, Any], world_mm: np.ndarray, box_xywh: np.ndarray, name: str
) -> tuple[Camera, np.ndarray, np.ndarray]:
    """A camera of the JSON, with the R (3, 3) and t (3,) of ``X_cam = R X + t``, whichever convention its t has.

    Args:
        world_mm: (17, 3) joints and (4,) their box in one of the camera's pictures, to tell the conventions apart.
        name: for errors.

    Raises:
        ValueError: in both conventions joints lie behind the camera.
    """
    rotation, t = np.array(camera["R"], float).reshape(3, 3), np.array(camera["t"], float).reshape(3)
    (fx, fy), (cx, cy) = (np.array(camera[k], float).reshape(2) for k in ("f", "c"))
    lens = Camera(fx, fy, cx, cy)
    best, best_off = t, np.inf
    for shift in (t, -rotation @ t):
        px = lens.project(world_mm @ rotation.T + shift)
        if np.isfinite(px).all():  # in front of the camera
            off = np.abs((px.min(0) + px.max(0)) / 2 - box_xywh[:2] - box_xywh[2:] / 2).max()
            if off < best_off:
                best, best_off = shift, off
    if not np.isfinite(best_off):
        raise ValueError(f"{name}: expected t, or the camera's position, that puts the joints before it; neither does")
    return lens, rotation, best


HUMAN36M = Dataset(
    name="human36m",
    title="Human3.6M (parsed)",
    skeleton=_H36M18,
    splits=tuple(SUBJECTS),
    parts=parts,
    published={split: Counts("paper, section 7: subjects", parts=len(s)) for split, s in SUBJECTS.items()},
)
