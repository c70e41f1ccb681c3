"""Where labels go: beside their boxes, inside the image, and not on top of each other."""

from __future__ import annotations

import numpy as np

_RINGS = 6  # how many label heights a label may be moved away from its box


def place_labels(
    boxes_xyxy: np.ndarray, sizes: np.ndarray, avoid_xyxy: np.ndarray, width: int, height: int
) -> np.ndarray:
    """One label a box, placed greedily in the order given.

    Args:
        boxes_xyxy: (N, 4) px, the boxes that the labels belong to.
        sizes: (N, 2) width and height of the labels, px.
        avoid_xyxy: (M, 4) px, what had better not be covered (faces).
        width, height: of the image, px.

    Returns:
        (N, 4) xyxy of the labels, inside the image where they fit into it.
    """
    placed = np.zeros((0, 4))
    for box, size in zip(np.asarray(boxes_xyxy, np.float64), np.asarray(sizes, np.float64), strict=True):
        candidates = _candidates(box, size, width, height)
        shift = np.abs(candidates[:, :2] - candidates[0, :2]).sum(-1) / size.sum()
        own_area = size.prod()
        on_labels = _overlap(candidates, placed) / own_area
        on_faces = _overlap(candidates, avoid_xyxy) / own_area
        # Two labels on each other cannot be read: that costs more than any way; a covered face costs a short way.
        best = candidates[np.argmin(100 * on_labels + 2 * on_faces + shift)]
        placed = np.concatenate([placed, best[None]])
    return placed


def _candidates(box: np.ndarray, size: np.ndarray, width: int, height: int) -> np.ndarray:
    """(C, 4) xyxy, the favourite first: above the box at its left, then all around it, further and further."""
    (x1, y1, x2, y2), (w, h) = box, size
    middle = (x1 + x2 - w) / 2
    spots = []
    for ring in range(_RINGS):
        away = ring * h
        above, below = y1 - h - away, y2 + away
        spots += [(x, above) for x in (x1, x2 - w, middle)]
        spots += [(x, y1 + away) for x in (x1, x2 - w)]  # inside the box, from its top
        spots += [(x, below) for x in (x1, x2 - w, middle)]
        spots += [(x, y1 + away) for x in (x1 - w, x2)]  # beside it
        spots += [(x, above + h / 2) for x in (x1 - w / 2 - away, x2 - w / 2 + away)]
    corners = np.clip(np.array(spots), 0, np.maximum(0, [width - w, height - h]))
    return np.concatenate([corners, corners + size], -1)


def _overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(C,) area in px² that each of (C, 4) boxes shares with (M, 4) others, summed over these."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.maximum(0, high - low).prod(-1).sum(-1)
