"""Image → the detector's input, and its boxes back."""

from __future__ import annotations

import cv2
import numpy as np

from people3d.detect.boxes import suppress_doubles

PAD_VALUE = 114  # grey level of what is outside a picture, about ImageNet's mean
MAX_CANDIDATES = 300  # that go into the suppression of doubles
DOUBLES_IOU = 0.5  # of two people beside each other it is rarely more


def letterbox(image_rgb: np.ndarray, long_side: int, multiple: int) -> tuple[np.ndarray, np.ndarray]:
    """Resize so that the longer side has ``long_side`` px; pad right and below to multiples of ``multiple``.

    Returns:
        (h, w, 3) uint8, and (4,) factors: boxes_xyxy of the input times these are boxes of the image.
    """
    height, width = image_rgb.shape[:2]
    scale = long_side / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    resized = cv2.resize(
        image_rgb, (new_width, new_height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    right, below = -new_width % multiple, -new_height % multiple
    padded = cv2.copyMakeBorder(resized, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(PAD_VALUE,) * 3)
    return padded, np.array([width / new_width, height / new_height] * 2)


def to_detections(
    boxes_xyxy: np.ndarray, scores: np.ndarray, factors: np.ndarray, image_size: tuple[int, int], threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """The network's candidates → people.

    Args:
        boxes_xyxy, scores: (P, 4) in px of the input and (P,), of one image.
        factors: of :func:`letterbox`.
        image_size: (height, width) of the image.
        threshold: candidates with lower scores are left out.

    Returns:
        boxes_xyxy (N, 4) float64 in px of the image, cut at its edges, and scores (N,), best first.
    """
    height, width = image_size
    chosen = np.flatnonzero(scores >= threshold)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:MAX_CANDIDATES]]
    boxes = np.clip(boxes_xyxy[chosen].astype(np.float64) * factors, 0, [width, height, width, height])
    scores = scores[chosen].astype(np.float64)
    visible = (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
    boxes, scores = boxes[visible], scores[visible]
    kept = suppress_doubles(boxes, scores, DOUBLES_IOU)
    return boxes[kept], scores[kept]
