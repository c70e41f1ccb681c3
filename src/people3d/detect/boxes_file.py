"""Boxes from a file, instead of a detector's.

A list of ``{"file_name": ..., "bbox": [x, y, w, h], "score": ...}``, or a COCO file (``images`` and ``annotations``).
The boxes are tight; nothing is extended here. Whether a box is possible in its image is checked where the image's size
is known (:func:`people3d.crop.box_problems`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from people3d.crop import xyxy_from_xywh


@dataclass(frozen=True)
class BoxesFile:
    """Boxes by file name, in the file's order.

    Attributes:
        boxes: for each file name boxes_xywh (N, 4) px and scores (N,).
        problems: one line for each entry that was left out because it is no box.
    """

    boxes: dict[str, tuple[np.ndarray, np.ndarray]]
    problems: tuple[str, ...]

    def of(self, file_name: str) -> tuple[np.ndarray, np.ndarray]:
        """boxes_xyxy (N, 4) px and scores (N,) of an image; empty where the file has none.

        An image is found by its path in the file; where that is not in the file, by its base name, if only one there
        has it.
        """
        name = file_name.replace("\\", "/")
        if name not in self.boxes:
            base = PurePosixPath(name).name
            same = [key for key in self.boxes if PurePosixPath(key).name == base]
            name = same[0] if len(same) == 1 else name
        boxes, scores = self.boxes.get(name, (np.zeros((0, 4)), np.zeros(0)))
        return xyxy_from_xywh(boxes), scores


def load_boxes(path: str | Path) -> BoxesFile:
    """Read a file of boxes.

    Raises:
        ValueError: it cannot be read, or is neither a list of boxes nor a COCO file.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it is not JSON: {error}"
        raise ValueError(f"{path}: expected a file of boxes, {reason}") from error
    rows, names = _rows(path, data)
    columns: dict[str, tuple[list, list]] = {name: ([], []) for name in names}
    problems = []
    for index, row in enumerate(rows):
        try:
            name, box, score = _read_row(row)
        except ValueError as error:
            problems.append(f"{path}: box {index}: {error}")
            continue
        boxes, scores = columns.setdefault(name, ([], []))
        boxes.append(box)
        scores.append(score)
    boxes = {n: (np.array(b, np.float64).reshape(-1, 4), np.array(s, np.float64)) for n, (b, s) in columns.items()}
    return BoxesFile(boxes, tuple(problems))


def _rows(path: str | Path, data: Any) -> tuple[list, list[str]]:
    """Rows with a ``file_name`` each, and the names of images that the file lists even without boxes."""
    if isinstance(data, list):
        return data, []
    if not isinstance(data, dict) or not all(isinstance(data.get(k), list) for k in ("images", "annotations")):
        raise ValueError(
            f'{path}: expected a list of {{"file_name", "bbox", "score"}} or a COCO file with images and annotations, '
            f"got {type(data).__name__}"
        )
    try:
        names = {image["id"]: str(image["file_name"]).replace("\\", "/") for image in data["images"]}
        rows = [{**row, "file_name": names.get(row.get("image_id"))} for row in data["annotations"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: expected COCO images with id and file_name, and annotations ({error})") from error
    return rows, list(names.values())


def _read_row(row: Any) -> tuple[str, list[float], float]:
    if not isinstance(row, dict) or not isinstance(row.get("file_name"), str):
        raise ValueError("expected a file_name (in a COCO file: the image_id of an image in it)")
    box = row.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(v) for v in box):
        raise ValueError(f"{row['file_name']}: expected bbox [x, y, w, h] in px, got {box!r}")
    score = row.get("score", 1.0)
    if not _is_number(score) or not np.isfinite(score):
        raise ValueError(f"{row['file_name']}: expected a number as score, got {score!r}")
    return row["file_name"].replace("\\", "/"), [float(v) for v in box], float(score)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
