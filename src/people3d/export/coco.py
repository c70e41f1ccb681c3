"""COCO JSON: the document of docs/formats.md, with the joints of any skeleton; camera space, mm.

With COCO's own 17 joints (``--skeleton coco17``) they are all there, in COCO's order and spelling; those that cannot be
had are unlabelled: 0, 0, 0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from people3d.evaluate.annotations import COCO17
from people3d.export.recording import Recording
from people3d.files import write_whole
from people3d.results import AXES, category
from people3d.skeleton import SKELETONS, Skeleton

_COCO17 = Skeleton(
    "coco17",
    tuple(j.lower().replace("l_", "left_").replace("r_", "right_") for j in COCO17.joints),
    tuple((a, b) for a, b in SKELETONS["coco19"].edges if max(a, b) < 17),
    0,
)


def write(recording: Recording, path: Path) -> list[str]:
    """Numbers are rounded to a ten-thousandth of a px or mm, as in ``people3d.json``."""
    from people3d import __version__

    skeleton, source = recording.skeleton, recording.people
    place = np.arange(len(skeleton))
    if skeleton.name == "coco17":
        place = np.array([COCO17.index(joint) for joint in skeleton.joints])
        skeleton = _COCO17
    shown = "description", "weights", "boxes"
    info = {"version": __version__, "units": "mm", "axes": AXES, "skeleton": skeleton.name}
    document = {
        "info": {key: source.info[key] for key in shown if key in source.info} | info,
        "images": source.images,
        "categories": [category(skeleton)],
        "annotations": [_row(recording, i, place, len(skeleton)) for i in range(len(source))],
    }
    write_whole(path, json.dumps(document, allow_nan=False))
    return []


def _row(recording: Recording, i: int, place: np.ndarray, joints: int) -> dict[str, Any]:
    people = recording.people
    flags = np.where(np.isfinite(people.joints_px[i]).all(-1), np.nan_to_num(people.joint_flags[i]), 0)
    keypoints, cam = np.zeros((joints, 3)), np.full((joints, 3), np.nan)
    keypoints[place] = np.concatenate([np.nan_to_num(people.joints_px[i]), flags[:, None]], 1)
    cam[place] = people.joints_cam_mm[i]
    box = np.nan_to_num(people.boxes_or_extent_xywh[i])
    row: dict[str, Any] = {
        "id": i + 1,
        "image_id": people.images[people.image_index[i]]["id"],
        "category_id": 1,
        "bbox": np.round(box, 4).tolist(),
        "area": round(float(box[2] * box[3]), 4),
        "iscrowd": 0,
        "score": float(people.scores[i]),
        "keypoints": np.round(keypoints, 4).ravel().tolist(),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()),
        "keypoints_cam": [[None if np.isnan(v) else round(v, 4) for v in joint] for joint in cam.tolist()],
    }
    row["keypoints"][2::3] = [int(flag) for flag in keypoints[:, 2]]
    if np.isfinite(people.root_cam_mm[i]).all():
        row["root_cam"] = np.round(people.root_cam_mm[i], 4).tolist()
    if recording.track_ids[i]:
        row["track_id"] = int(recording.track_ids[i])
    if recording.filled[i]:
        row["filled"] = True
    return row
