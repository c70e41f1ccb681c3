"""Photographs with person boxes: what the detector learns from.

Two kinds of folder are read: ``boxes.json`` (COCO, boxes by hand) and ``labels.npz`` (people found by two teacher
networks; boxes of a detector and landmarks of a pose network). In both the pictures lie in ``images/``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from people3d.detect.boxes import boxes_area, intersection_area

TRUSTED_SCORE = 0.4  # a teacher's box without trusted landmarks counts as a person from here on
_LANDMARK_VISIBILITY = 0.5
_MOVENET_SCORE = 0.3
_INSIDE = 0.7  # a second box with this share of its area inside a trusted one is (mostly) the same person again
CROWD = 6  # with so many people found (MoveNet finds at most six) there are more whom nobody labelled


@dataclass(frozen=True)
class BoxImage:
    """One photograph's labels.

    Attributes:
        path: of the picture.
        boxes_xyxy: (M, 4) float32 tight boxes in px of the picture.
        ignore: (M,) bool; True where nobody can say whether a detection there is right.
        true_aspect: False where the picture was stretched.
    """

    path: Path
    boxes_xyxy: np.ndarray
    ignore: np.ndarray
    true_aspect: bool = True


def read_box_folder(folder: str | Path) -> list[BoxImage]:
    """The labels of a folder, in the order of its file.

    Raises:
        ValueError: the folder holds neither ``boxes.json`` nor ``labels.npz``.
    """
    folder = Path(folder)
    if (folder / "boxes.json").is_file():
        return read_hand_boxes(folder)
    if (folder / "labels.npz").is_file():
        return read_teacher_boxes(folder)
    raise ValueError(f"{folder}: expected boxes.json or labels.npz in it, got neither")


def read_hand_boxes(folder: Path) -> list[BoxImage]:
    """``boxes.json`` in COCO's format; crowds are ignored. Square pictures may have been stretched."""
    data = json.loads((folder / "boxes.json").read_text())
    rows: dict[int, list[dict]] = {image["id"]: [] for image in data["images"]}
    for row in data["annotations"]:
        rows[row["image_id"]].append(row)
    out = []
    for image in data["images"]:
        of_image = rows[image["id"]]
        boxes = np.array([row["bbox"] for row in of_image], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        ignore = np.array([bool(row.get("iscrowd", 0)) for row in of_image], bool)
        square = image["width"] == image["height"]
        out.append(BoxImage(folder / "images" / image["file_name"], boxes, ignore, true_aspect=not square))
    return out


def read_teacher_boxes(folder: Path) -> list[BoxImage]:
    """``labels.npz``: the box of the detectors, together with the landmarks that can be seen.

    The detectors' boxes often end above the feet, so a trusted person's box is the union of both. A person who is
    neither trusted nor found with confidence is ignored, and so is a second box on a trusted person. In a crowd
    everything is ignored but the people who are labelled.
    """
    labels = np.load(folder / "labels.npz", allow_pickle=False)
    sizes = np.stack([labels["widths"], labels["heights"]], 1).astype(np.float32)
    image_index, kept = labels["image"], labels["kept"]
    boxes = labels["bbox"].astype(np.float32)
    boxes[:, 2:] += boxes[:, :2]
    seen = np.concatenate(
        [labels["kp2d_blaze"][..., 2] > _LANDMARK_VISIBILITY, labels["kp2d_movenet"][..., 2] > _MOVENET_SCORE], 1
    )
    points = np.concatenate([labels["kp2d_blaze"][..., :2], labels["kp2d_movenet"][..., :2]], 1)
    seen &= kept[:, None]
    low = np.where(seen[..., None], points, np.inf).min(1)
    high = np.where(seen[..., None], points, -np.inf).max(1)
    boxes = np.concatenate([np.minimum(boxes[:, :2], low), np.maximum(boxes[:, 2:], high)], 1)
    boxes = np.clip(boxes, 0, np.tile(sizes[image_index], 2)).astype(np.float32)
    ignore = ~kept & (labels["det_score"] < TRUSTED_SCORE)
    out = []
    for index, name in enumerate(labels["files"]):
        rows = np.flatnonzero(image_index == index)
        trusted = boxes[rows][kept[rows]]
        share = intersection_area(boxes[rows], trusted) / np.maximum(boxes_area(boxes[rows]), 1)[:, None]
        again = ~kept[rows] & (share > _INSIDE).any(1)
        its_boxes, its_ignore = boxes[rows], ignore[rows] | again
        if len(rows) >= CROWD:
            its_boxes = np.concatenate([its_boxes, [[0, 0, *sizes[index]]]]).astype(np.float32)
            its_ignore = np.append(its_ignore, True)
        out.append(BoxImage(folder / "images" / str(name), its_boxes, its_ignore))
    return out


def split_held_out(images: Sequence[BoxImage], every: int = 20) -> tuple[list[BoxImage], list[BoxImage]]:
    """Training images, and every ``every``-th image held out to choose the score threshold with."""
    return [x for i, x in enumerate(images) if i % every], [x for i, x in enumerate(images) if i % every == 0]


def read_picture(image: BoxImage, max_side: int) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) uint8 RGB, at most ``max_side`` px on its longer side, and its boxes (M, 4) in those px.

    Raises:
        ValueError: the picture is missing or not readable.
    """
    picture = cv2.imread(str(image.path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{image.path}: not a readable picture")
    height, width = picture.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if scale < 1:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    factors = np.array([size[0] / width, size[1] / height] * 2, np.float32)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), image.boxes_xyxy * factors
