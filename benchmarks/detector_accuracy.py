"""How well a detector finds people: ``python benchmarks/detector_accuracy.py FILE.json IMAGES [--weights FILE.onnx]``.

FILE.json is in COCO's format (an image's name under ``file_name`` or ``file``). Tall people are those taller than a
quarter of their image. Needs neither torch nor a GPU.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from people3d.detect import get_detector
from people3d.detect.scores import MatchedDetections, match_detections, match_image
from people3d.sources import read_image


def read_truth(path: Path) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Of each image its name, boxes_xyxy (M, 4) and crowd (M,) bool."""
    data = json.loads(path.read_text())
    out = []
    for image in data["images"]:
        rows = [row for row in data["annotations"] if row["image_id"] == image["id"]]
        boxes = np.array([row["bbox"] for row in rows], np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        crowd = np.array([bool(row.get("iscrowd", 0)) for row in rows], bool)
        out.append((image.get("file_name") or image["file"], boxes, crowd))
    return out


def tall_people(found, truth, heights, threshold: float) -> tuple[float, float]:
    """Recall of tall people; precision of tall detections, each right if it matches any labelled person."""
    people = matched = tall = right = 0
    for (boxes, scores), (_, true_boxes, crowd), height in zip(found, truth, heights, strict=True):
        keep = scores >= threshold
        boxes, scores = boxes[keep], scores[keep]
        is_right, counted = match_image(boxes, scores, true_boxes, crowd)
        is_tall = (boxes[:, 3] - boxes[:, 1] > height / 4) & counted
        tall, right = tall + is_tall.sum(), right + (is_tall & is_right).sum()
        small = true_boxes[:, 3] - true_boxes[:, 1] <= height / 4
        of_tall, _ = match_image(boxes, scores, true_boxes, crowd | small)
        people, matched = people + (~crowd & ~small).sum(), matched + of_tall.sum()
    return matched / max(people, 1), right / max(tall, 1)


def of_people_from(found, truth, pixels: float) -> MatchedDetections:
    """Only people of at least ``pixels`` height count, and only detections of that height can be wrong."""
    detections, people = [], []
    for (boxes, scores), (_, true_boxes, crowd) in zip(found, truth, strict=True):
        ignore = crowd | (true_boxes[:, 3] - true_boxes[:, 1] < pixels)
        right, _ = match_image(boxes, scores, true_boxes, ignore)
        keep = right | (boxes[:, 3] - boxes[:, 1] >= pixels)
        detections.append((boxes[keep], scores[keep]))
        people.append((true_boxes, ignore))
    return match_detections(detections, people)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--detector", default="default")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--views", nargs="+", default=(), help="of the default detector: 384, or 384m: mirrored")
    parser.add_argument("--pixels", type=float, default=60, help="height of the smallest people that count")
    options = parser.parse_args()
    detector: Any = get_detector(options.detector, options.weights, views=options.views)
    threshold = detector.score_threshold
    detector.score_threshold = 0.02
    truth, found, heights, seconds = read_truth(options.truth), [], [], 0.0
    for name, _, _ in truth:
        image = read_image(options.images / name).rgb
        began = time.perf_counter()
        found.append(detector(image))
        seconds += time.perf_counter() - began
        heights.append(len(image))
    recall, precision = tall_people(found, truth, heights, threshold)
    matched = of_people_from(found, truth, options.pixels)
    print(f"images {len(truth)}, people {matched.people} of at least {options.pixels:g} px")
    print(f"AP50 {matched.average_precision():.3f}")
    print(f"at score {threshold:.3f}: tall people: recall {recall:.3f}, precision {precision:.3f}")
    recall, precision = matched.recall(threshold), matched.precision(threshold)
    print(f"at score {threshold:.3f}: all: recall {recall:.3f}, precision {precision:.3f}")
    print(f"{1000 * seconds / max(len(truth), 1):.1f} ms an image")


if __name__ == "__main__":
    main()
