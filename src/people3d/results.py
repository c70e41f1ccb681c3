"""``people3d.json``: results of many images in one COCO-style document (docs/formats.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from people3d.camera import Camera
from people3d.crop import xywh_from_xyxy, xyxy_from_xywh
from people3d.files import write_whole
from people3d.people import People
from people3d.plausible import implausible
from people3d.skeleton import SKELETONS, Skeleton

CATEGORY_ID = 1
AXES = "x right, y down, z forward, origin at the camera"


def _rounded(array: np.ndarray, decimals: int = 4) -> list:
    """As nested lists; a ten-thousandth of a px or mm is less than anything here is exact to."""
    return np.round(np.asarray(array, np.float64), decimals).tolist()


def category(skeleton: Skeleton) -> dict[str, Any]:
    """The COCO category of a skeleton; as in COCO, edges count the joints from 1."""
    return {
        "id": CATEGORY_ID,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.joints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.edges],
        "root": skeleton.joints[skeleton.root],
    }


def annotation_rows(people: People, image_id: int, first_id: int = 1) -> list[dict[str, Any]]:
    """One COCO-style annotation a person, in the order of ``people``."""
    boxes = xywh_from_xyxy(people.boxes_xyxy)
    keypoints = np.concatenate([people.joints_px, people.joint_flags[..., None]], -1).reshape(
        len(people), 3 * len(people.skeleton)
    )
    doubts = implausible(people)
    rows = []
    for i in range(len(people)):
        row = {
            "id": first_id + i,
            "image_id": image_id,
            "category_id": CATEGORY_ID,
            "bbox": _rounded(boxes[i]),
            "area": round(float(boxes[i, 2] * boxes[i, 3]), 4),
            "iscrowd": 0,
            "score": float(people.scores[i]),
            "keypoints": _rounded(keypoints[i]),
            "num_keypoints": int((people.joint_flags[i] > 0).sum()),
            "keypoints_cam": _rounded(people.joints_cam_mm[i]),
            "root_cam": _rounded(people.root_cam_mm[i]),
            "root_normalized": _rounded(people.root_normalized[i], 9),
        }
        row["keypoints"][2::3] = people.joint_flags[i].tolist()  # flags are whole numbers, as in COCO
        if people.track_ids is not None and people.track_ids[i] > 0:
            row["track_id"] = int(people.track_ids[i])
        if people.filled is not None and people.filled[i]:
            row["filled"] = True
        if people.root_depth_given is not None and people.root_depth_given[i]:
            row["root_depth_given"] = True
        if people.root_depth_std_mm is not None:
            row["root_depth_std"] = round(float(people.root_depth_std_mm[i]), 4)
        if people.joints_std_mm is not None:
            row["keypoints_std"] = _rounded(people.joints_std_mm[i])
        row["implausible"] = list(doubts[i])
        rows.append(row)
    return rows


def image_entry(people: People, image_id: int, file_name: str) -> dict[str, Any]:
    entry = {
        "id": image_id,
        "file_name": file_name,
        "width": people.width,
        "height": people.height,
        "intrinsic": people.camera.intrinsic,
        "focal_source": people.camera.focal_source,
    }
    if people.camera.focal_std is not None:
        entry["focal_std"] = round(people.camera.focal_std, 4)
    if people.depth_axis != "optical":
        entry["depth_axis"] = people.depth_axis
    if people.frame_index is not None:
        entry["frame_index"] = people.frame_index
    if people.time_s is not None:
        entry["time_s"] = round(people.time_s, 6)
    return entry | ({"distortion": list(people.camera.distortion)} if any(people.camera.distortion) else {})


def document(
    results: Iterable[tuple[str, People]], skeleton: Skeleton, provenance: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The whole document for ``(file_name, people)`` pairs; ids count from 1.

    Args:
        skeleton: of every result.
        provenance: what made the results, kept in ``info``: ``weights`` (ids and hashes), ``boxes`` (their source).

    Raises:
        ValueError: people of another skeleton.
    """
    from people3d import __version__

    images, rows = [], []
    for image_id, (file_name, people) in enumerate(results, 1):
        if people.skeleton.joints != skeleton.joints:
            raise ValueError(f"{file_name}: expected people of skeleton {skeleton.name}, got {people.skeleton.name}")
        images.append(image_entry(people, image_id, file_name))
        rows += annotation_rows(people, image_id, len(rows) + 1)
    info = {
        "description": "people in camera space, by people3d",
        "version": __version__,
        "units": "mm",
        "axes": AXES,
        "skeleton": skeleton.name,
        **(provenance or {}),
    }
    return {"info": info, "images": images, "categories": [category(skeleton)], "annotations": rows}


def write_results(
    path: str | Path,
    results: Iterable[tuple[str, People]],
    skeleton: Skeleton,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write :func:`document` to ``path``, whole or not at all. Numbers that are not finite raise ``ValueError``."""
    write_whole(path, json.dumps(document(results, skeleton, provenance), allow_nan=False))


def read_results(path: str | Path) -> list[tuple[str, People]]:
    """What :func:`write_results` wrote: ``(file_name, people)`` for every image, empty ones too.

    Raises:
        ValueError: the file is not such a document; the message names the file and what is wrong.
    """
    try:
        data = json.loads(Path(path).read_text())
        skeleton = _read_skeleton(data)
        rows: dict[int, list[dict]] = {image["id"]: [] for image in data["images"]}
        for row in data["annotations"]:
            rows[row["image_id"]].append(row)
        return [(image["file_name"], _read_people(image, rows[image["id"]], skeleton)) for image in data["images"]]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{path}: expected a people3d.json, {_reason(error)}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _reason(error: Exception) -> str:
    return f"but {error.args[0]!r} is missing" if isinstance(error, KeyError) else f"got something else ({error})"


def _read_skeleton(data: dict) -> Skeleton:
    person = data["categories"][0]
    known = SKELETONS.get(data["info"]["skeleton"])
    if known is not None and list(known.joints) == person["keypoints"]:
        return known
    joints = tuple(person["keypoints"])
    edges = tuple((a - 1, b - 1) for a, b in person["skeleton"])
    return Skeleton(data["info"]["skeleton"], joints, edges, joints.index(person["root"]))


def _read_people(image: dict, rows: list[dict], skeleton: Skeleton) -> People:
    n, j = len(rows), len(skeleton)
    camera = Camera(
        *image["intrinsic"],
        focal_source=image["focal_source"],
        distortion=image.get("distortion", (0,) * 5),
        focal_std=image.get("focal_std"),
    )
    boxes = np.array([row["bbox"] for row in rows], np.float64).reshape(n, 4)
    keypoints = np.array([row["keypoints"] for row in rows], np.float64).reshape(n, j, 3)

    def optional(name: str, dtype: type) -> np.ndarray | None:
        return np.array([row[name] for row in rows], dtype) if rows and name in rows[0] else None

    return People(
        boxes_xyxy=xyxy_from_xywh(boxes),
        scores=np.array([row["score"] for row in rows], np.float64),
        joints_cam_mm=np.array([row["keypoints_cam"] for row in rows], np.float64).reshape(n, j, 3),
        joints_px=keypoints[..., :2],
        joint_flags=keypoints[..., 2].astype(np.uint8),
        root_cam_mm=np.array([row["root_cam"] for row in rows], np.float64).reshape(n, 3),
        skeleton=skeleton,
        camera=camera,
        width=image["width"],
        height=image["height"],
        track_ids=_per_person(rows, "track_id", np.int64),
        filled=_per_person(rows, "filled", bool),
        root_depth_given=_per_person(rows, "root_depth_given", bool),
        depth_axis=image.get("depth_axis", "optical"),
        frame_index=image.get("frame_index"),
        time_s=image.get("time_s"),
        root_depth_std_mm=optional("root_depth_std", np.float64),
        joints_std_mm=optional("keypoints_std", np.float64),
    )


def _per_person(rows: list[dict], name: str, dtype: type) -> np.ndarray | None:
    """What only some people have, 0 for the others; None where nobody has it."""
    return np.array([row.get(name, 0) for row in rows], dtype) if any(name in row for row in rows) else None
