"""Human3.6M's annotations as the released code parses them: ``Human36M_subject{N}_{data,camera,joint_3d}.json``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from people3d.data.human36m import read_camera
from people3d.evaluate.annotations import Annotations, annotations_from_coco, read_json
from people3d.evaluate.released import category

EVERY_NTH_FRAME = 64  # of the test protocols
_DATA = "Human36M_subject*_data.json"


def is_human36m(root: Path) -> bool:
    """Whether the folder, or ``annotations`` in it, holds such files."""
    return any(any(folder.glob(_DATA)) for folder in (root, root / "annotations"))


def load_human36m_folder(root: str | Path, subjects: tuple[int, ...]) -> Annotations:
    """The test frames of the subjects, in camera space: X_cam = R X + t, mm. Files with the camera's
    position in place of t, as the released tool writes them, are read as well.

    Raises:
        ValueError: a subject is not there, or a file is not as the released code writes it.
        OSError: a file cannot be read.
    """
    root = Path(root)
    folder = root if any(root.glob(_DATA)) else root / "annotations"
    images, rows = [], []
    for subject in tqdm(subjects, "Human3.6M", disable=None):
        stem = f"Human36M_subject{subject}"
        if not (folder / f"{stem}_data.json").is_file():
            there = sorted(re.findall(r"subject(\d+)", " ".join(p.name for p in folder.glob(_DATA))), key=int)
            raise ValueError(f"{folder}: expected {stem}_data.json, found subjects {', '.join(there) or 'none'}")
        data, cameras, joints = (read_json(folder / f"{stem}_{name}.json") for name in ("data", "camera", "joint_3d"))
        try:
            tested = {i["id"]: i for i in data["images"] if i["frame_idx"] % EVERY_NTH_FRAME == 0}
            for row in data["annotations"]:
                if row["image_id"] in tested:
                    image, person = _sample(tested[row["image_id"]], row, cameras, joints)
                    images.append(image)
                    rows.append(person)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ValueError(
                f"{folder / stem}: not as the released code writes it ({type(error).__name__} {error})"
            ) from None
    document = {"images": images, "annotations": rows, "categories": category("h36m17")}
    return annotations_from_coco(document, str(root))


def _sample(image: dict, row: dict, cameras: dict, joints: dict) -> tuple[dict[str, Any], dict[str, Any]]:
    """One image and its person in our schema."""
    number = str(image["cam_idx"])
    world = joints[str(image["action_idx"])][str(image["subaction_idx"])][str(image["frame_idx"])]
    world, box = np.array(world, float).reshape(17, 3), np.array(row["bbox"], float).reshape(4)
    lens, rotation, shift = read_camera(cameras[number], world, box, f"camera {number}")
    joints_cam = world @ rotation.T + shift
    joints_px = lens.project(joints_cam)
    person = {"id": row["id"], "image_id": image["id"], "bbox": row["bbox"], "keypoints_cam": joints_cam}
    return {**image, "intrinsic": lens.intrinsic}, {**person, "keypoints_img": joints_px}
