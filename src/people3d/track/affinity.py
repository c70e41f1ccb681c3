"""What ``trackers`` is given to compare boxes by: their overlap, times a weight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from trackers import BaseIoU, IoU

Weights = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def affinity(weights: Weights) -> BaseIoU:
    """Overlap (IoU) of (T, 4) predicted and (N, 4) found boxes, times ``weights(tracks, found, overlaps)``."""
    return _Weighted(weights)


class _Weighted(BaseIoU):
    def __init__(self, weights: Weights) -> None:
        self._weights, self._overlap = weights, IoU()

    def _compute(self, boxes_1: np.ndarray, boxes_2: np.ndarray) -> np.ndarray:
        overlaps = np.asarray(self._overlap.compute(boxes_1, boxes_2), np.float64)
        return overlaps * self._weights(boxes_1, boxes_2, overlaps)
