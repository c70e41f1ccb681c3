"""Pictures of predictions on held-out people, for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

TRUE_RGB, PREDICTED_RGB = (255, 255, 255), (255, 60, 60)
SIDE = 192  # px of each person
COLUMNS = 4


def draw_skeletons(
    crops: np.ndarray, true: np.ndarray, predicted: np.ndarray, edges: Iterable[tuple[int, int]]
) -> list[np.ndarray]:
    """Crops (N, S, S, 3) uint8 with two poses (N, J, 2) in sides of the crop: the true one white, NaN where not known,
    the predicted one red."""
    edges, out = list(edges), []
    for crop, truth, answer in zip(crops, true, predicted, strict=True):
        picture = cv2.resize(crop, (SIDE, SIDE))
        for joints, colour in ((truth, TRUE_RGB), (answer, PREDICTED_RGB)):
            for a, b in edges:
                if np.isfinite(joints[[a, b]]).all():
                    cv2.line(picture, _px(joints[a]), _px(joints[b]), colour, 1, cv2.LINE_AA)
        out.append(picture)
    return out


def draw_roots(crops: np.ndarray, true: np.ndarray, predicted: np.ndarray, depth_ratio: np.ndarray) -> list[np.ndarray]:
    """Crops with the true root (N, 2), in sides of the crop, white, the predicted one red, and how far predicted over
    true depth (N,) is from 1 in %, where it is known."""
    out = []
    for crop, truth, answer, ratio in zip(crops, true, predicted, depth_ratio, strict=True):
        picture = cv2.resize(crop, (SIDE, SIDE))
        cv2.circle(picture, _px(truth), 5, TRUE_RGB, 2, cv2.LINE_AA)
        cv2.circle(picture, _px(answer), 3, PREDICTED_RGB, -1, cv2.LINE_AA)
        if np.isfinite(ratio):
            text = f"Z {100 * (ratio - 1):+.0f} %"
            cv2.putText(picture, text, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, PREDICTED_RGB, 1, cv2.LINE_AA)
        out.append(picture)
    return out


def grid(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of one size in rows of four, the last filled up with black."""
    blank = np.zeros_like(pictures[0])
    pictures = pictures + [blank] * (-len(pictures) % COLUMNS)
    return np.vstack([np.hstack(pictures[i : i + COLUMNS]) for i in range(0, len(pictures), COLUMNS)])


def _px(point: np.ndarray) -> tuple[int, int]:
    x, y = np.clip(point * SIDE, -1e4, 1e4)
    return round(float(x)), round(float(y))
