"""How good detections are: matching with people labelled by hand, recall, precision, average precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from people3d.detect.boxes import boxes_area, boxes_iou, intersection_area

MATCH_IOU = 0.5


@dataclass(frozen=True)
class MatchedDetections:
    """Detections of many images against the truth.

    Attributes:
        scores: (D,).
        right: (D,) bool: the detection found a person who counts.
        people: how many people count.
    """

    scores: np.ndarray
    right: np.ndarray
    people: int

    def recall(self, threshold: float = 0.0) -> float:
        """Share of the people found with a score of at least ``threshold``; NaN without people."""
        return float((self.right & (self.scores >= threshold)).sum() / self.people) if self.people else float("nan")

    def precision(self, threshold: float = 0.0) -> float:
        """Share of the detections of at least ``threshold`` that are right; NaN without detections."""
        chosen = self.right[self.scores >= threshold]
        return float(chosen.mean()) if len(chosen) else float("nan")

    def average_precision(self) -> float:
        """Area under precision over recall, precision made monotonous, at all points (as in VOC 2010)."""
        order = np.argsort(-self.scores, kind="stable")
        right = self.right[order].cumsum()
        precision = np.maximum.accumulate((right / np.arange(1, len(order) + 1))[::-1])[::-1]
        return float((precision * self.right[order]).sum() / self.people) if self.people else float("nan")

    def best_threshold(self) -> float:
        """The score at which the harmonic mean of precision and recall is highest; 1 without detections."""
        if not len(self.scores):
            return 1.0
        order = np.argsort(-self.scores, kind="stable")
        right = self.right[order].cumsum()
        return float(self.scores[order][np.argmax(2 * right / (np.arange(1, len(order) + 1) + self.people))])


def match_image(
    boxes_xyxy: np.ndarray, scores: np.ndarray, truth_xyxy: np.ndarray, ignore: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """COCO's greedy matching of one image: detections by falling score take the free person they overlap most.

    Returns:
        For each detection: right (D,) bool, and counted (D,) bool, False where it found an ignored person or lies,
        for the most part, in an ignored box.
    """
    overlap = boxes_iou(boxes_xyxy, truth_xyxy)
    in_ignored = intersection_area(boxes_xyxy, truth_xyxy[ignore]) / np.maximum(boxes_area(boxes_xyxy), 1e-9)[:, None]
    free = ~ignore
    right, counted = np.zeros(len(scores), bool), np.ones(len(scores), bool)
    for d in np.argsort(-scores, kind="stable"):
        candidates = np.where(free, overlap[d], -1)
        if len(candidates) and candidates.max() >= MATCH_IOU:
            free[candidates.argmax()] = False
            right[d] = True
        else:
            counted[d] = not (in_ignored[d] > MATCH_IOU).any()
    return right, counted


def match_detections(
    detections: Sequence[tuple[np.ndarray, np.ndarray]], truth: Sequence[tuple[np.ndarray, np.ndarray]]
) -> MatchedDetections:
    """All images together.

    Args:
        detections: of each image boxes_xyxy (D, 4) and scores (D,).
        truth: of each image boxes_xyxy (M, 4) and ignore (M,) bool.
    """
    scores, right, people = [np.zeros(0)], [np.zeros(0, bool)], 0
    for (boxes, its_scores), (true_boxes, ignore) in zip(detections, truth, strict=True):
        is_right, counted = match_image(boxes, its_scores, true_boxes, ignore)
        scores.append(its_scores[counted])
        right.append(is_right[counted])
        people += int((~ignore).sum())
    return MatchedDetections(np.concatenate(scores), np.concatenate(right), people)
