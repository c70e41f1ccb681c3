"""Arithmetic of boxes xyxy in px, and suppression of doubles."""

from __future__ import annotations

import numpy as np


def boxes_area(boxes_xyxy: np.ndarray) -> np.ndarray:
    """(N, 4) → (N,) px²."""
    return (boxes_xyxy[:, 2] - boxes_xyxy[:, 0]) * (boxes_xyxy[:, 3] - boxes_xyxy[:, 1])


def intersection_area(a_xyxy: np.ndarray, b_xyxy: np.ndarray) -> np.ndarray:
    """(N, 4), (M, 4) → (N, M) px²."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    return np.prod(np.maximum(high - low, 0), -1)


def boxes_iou(a_xyxy: np.ndarray, b_xyxy: np.ndarray) -> np.ndarray:
    """(N, 4), (M, 4) → (N, M) intersection over union."""
    shared = intersection_area(a_xyxy, b_xyxy)
    union = boxes_area(a_xyxy)[:, None] + boxes_area(b_xyxy)[None] - shared
    return shared / np.maximum(union, 1e-9)


def suppress_doubles(boxes_xyxy: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Greedy non-maximum suppression.

    Returns:
        Indices of the kept boxes, highest score first; no two of them overlap by more than ``iou``.
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        order = order[boxes_iou(boxes_xyxy[best][None], boxes_xyxy[order])[0] <= iou]
    return np.array(kept, np.int64)
