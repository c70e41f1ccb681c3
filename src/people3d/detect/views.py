"""A picture looked at several times, at several sizes, mirrored or not, and what was found put together.

Boxes of one person are averaged by their scores, and a box that few of the views found loses its score: Solovyev, Wang
and Gabruseva, "Weighted boxes fusion" (2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from people3d.detect.boxes import boxes_iou
from people3d.detect.letterbox import DOUBLES_IOU, letterbox, to_detections

SIZE_MULTIPLE = 32  # sides of the network's input: its largest stride
SIDES = 32, 4096  # px that a view may have
_LOW_SCORE = 0.1  # what one view sees with less does not count in the mean of all
_MIRRORED = "m"

# Images (N, H, W, 3) uint8 → boxes_xyxy (N, P, 4) px of the input and scores (N, P) of its candidates.
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class View:
    """How a detector sees a picture; as text ``384``, or ``384m`` where it is mirrored.

    Attributes:
        long_side: px of the longer side.
        mirrored: left and right are swapped.
    """

    long_side: int
    mirrored: bool = False

    @staticmethod
    def parse(text: str) -> View:
        """Raises ``ValueError`` where the text is no view."""
        digits = text.removesuffix(_MIRRORED)
        if not (digits.isascii() and digits.isdigit() and SIDES[0] <= int(digits) <= SIDES[1]):
            raise ValueError(f"view: expected px from {SIDES[0]} to {SIDES[1]}, m behind it: mirrored; got {text!r}")
        return View(int(digits), text.endswith(_MIRRORED))

    def __str__(self) -> str:
        return f"{self.long_side}{_MIRRORED if self.mirrored else ''}"


def parse_views(texts: Iterable[str]) -> tuple[View, ...]:
    """:meth:`View.parse` of each."""
    return tuple(View.parse(text) for text in texts)


def look(
    network: Network,
    image_rgb: np.ndarray,
    views: Sequence[View],
    threshold: float,
    map_views: Callable[..., Iterable[tuple[np.ndarray, np.ndarray]]] = map,
) -> tuple[np.ndarray, np.ndarray]:
    """People in an (H, W, 3) uint8 image → boxes_xyxy (N, 4) px and scores (N,) from ``threshold`` on, best first.

    Args:
        map_views: a ``map`` that may look at several views at a time; the largest come first.
    """
    if len(views) == 1:
        return _look_once(network, image_rgb, views[0], threshold)

    def seen(view: View) -> tuple[np.ndarray, np.ndarray]:
        return _look_once(network, image_rgb, view, min(threshold, _LOW_SCORE))

    largest_first = sorted(set(views), key=lambda view: (-view.long_side, view.mirrored))
    found = dict(zip(largest_first, map_views(seen, largest_first), strict=True))
    boxes, scores = fuse([found[view] for view in views])
    kept = scores >= threshold
    return boxes[kept], scores[kept]


def _look_once(network: Network, image_rgb: np.ndarray, view: View, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    seen = np.ascontiguousarray(image_rgb[:, ::-1]) if view.mirrored else image_rgb
    image, factors = letterbox(seen, view.long_side, SIZE_MULTIPLE)
    candidates, their_scores = network(image[None])
    boxes, scores = to_detections(candidates[0], their_scores[0], factors, seen.shape[:2], threshold)
    if view.mirrored:
        boxes[:, [0, 2]] = seen.shape[1] - boxes[:, [2, 0]]
    return boxes, scores


def fuse(found: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """What several views found, as one.

    The best box takes from each other view the free one that overlaps it most; what they make is their mean, weighted
    by their scores, and its score the mean over all views, 0 where a view saw nothing.

    Args:
        found: of each view boxes_xyxy (D, 4) and scores (D,), without doubles.

    Returns:
        boxes_xyxy (N, 4) and scores (N,), best first. Doubles are not suppressed once more: that loses people who stand
        close together.
    """
    boxes, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
    of_view = np.repeat(np.arange(len(found)), [len(its_scores) for _, its_scores in found])
    overlap = boxes_iou(boxes, boxes)
    overlap[(overlap < DOUBLES_IOU) | (of_view[:, None] == of_view)] = 0
    free = np.ones(len(scores), bool)
    fused_boxes, fused_scores = np.zeros_like(boxes), np.zeros_like(scores)
    for best in np.argsort(-scores, kind="stable"):
        if not free[best]:
            continue
        of_best = np.where(free, overlap[best], 0)
        others = [np.flatnonzero(of_view == view) for view in np.unique(of_view[of_best > 0])]
        same = np.array([best, *(its[of_best[its].argmax()] for its in others)])
        free[same] = False
        fused_boxes[best] = np.average(boxes[same], axis=0, weights=scores[same])
        fused_scores[best] = scores[same].sum() / len(found)
    kept = np.argsort(-fused_scores, kind="stable")[: np.count_nonzero(fused_scores)]
    return fused_boxes[kept], fused_scores[kept]
