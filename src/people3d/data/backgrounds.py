"""Person-free parts of photographs whose people are boxed, as backdrops for rendered people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

MIN_SIDE_PX = 120
MAX_OVERLAP = 0.0  # of a cut with any person's box


def cuts(root: str | Path, seed: int = 0, tries: int = 30) -> Iterator[tuple[str, np.ndarray]]:
    """(name, (H, W, 3) BGR) of the largest of ``tries`` random person-free rectangles of each image in a COCO folder
    (``boxes.json``, ``images/``); images in which none was found are left out."""
    root = Path(root)
    truth = json.loads((root / "boxes.json").read_text())
    boxes: dict[int, list] = {}
    for annotation in truth["annotations"]:
        boxes.setdefault(annotation["image_id"], []).append(annotation["bbox"])
    for entry in truth["images"]:
        rng = np.random.default_rng((seed, entry["id"]))
        rectangle = _largest(rng, entry["width"], entry["height"], boxes.get(entry["id"], []), tries)
        image = cv2.imread(str(root / "images" / entry["file_name"]))
        if rectangle is not None and image is not None:
            x, y, w, h = rectangle
            yield entry["file_name"], image[y : y + h, x : x + w]


def _largest(rng: np.random.Generator, width: int, height: int, boxes: list, tries: int):
    if not boxes:  # of the kit's images without boxes several do show people
        return None
    low, sizes = np.array(boxes)[:, :2], np.array(boxes)[:, 2:]
    best, best_area = None, 0
    for _ in range(tries):
        w, h = (int(rng.uniform(MIN_SIDE_PX, n)) if n > MIN_SIDE_PX else n for n in (width, height))
        x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
        overlap = np.minimum(low + sizes, [x + w, y + h]) - np.maximum(low, [x, y])
        if w * h > best_area and not (overlap > MAX_OVERLAP).all(1).any():
            best, best_area = (x, y, w, h), w * h
    return best
