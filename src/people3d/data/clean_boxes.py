"""Person boxes whose gaps a detector has filled.

Labels of everyday photographs leave people out (passers-by, spectators), frame groups as one person, and frame hands. A
network that learns from them is punished for each person that it finds there. One that has learned from them does not
learn the gaps by heart, so that what it finds with confidence where nobody is labelled is somebody, as a rule.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from people3d.data.boxes import BoxImage
from people3d.detect.boxes import boxes_area, boxes_iou, intersection_area

PERSON_SCORE = 0.5  # from here on somebody whom nobody labelled is a person
UNSURE_SCORE = 0.3  # from here on nobody can say
LOWEST_SCORE = 0.15  # a labelled part that is not even found so far is no person
_APART_IOU = 0.3  # with a larger overlap the detection is a loose one of the labelled person
_FOUND_IOU = 0.5
_INSIDE = 0.7  # share of a box's area
_GROUP = 3  # a box that holds so many people, each of at most half its area, frames a group
_PART_AREA, _PART_INSIDE = 0.3, 0.85  # hands: small beside the person around them


def clean_boxes(image: BoxImage, found_xyxy: np.ndarray, scores: np.ndarray) -> BoxImage:
    """The labels of one photograph together with what a detector finds in it.

    People whom nobody labelled are added, or ignored where the detector is not sure. Boxes around groups and boxes of
    parts of a labelled person are ignored, unless the detector finds a person there as well.

    Args:
        found_xyxy: (N, 4) px of the picture.
        scores: (N,).
    """
    labelled, ignore = image.boxes_xyxy, image.ignore.copy()
    overlap = boxes_iou(found_xyxy, labelled)
    sure = scores >= PERSON_SCORE
    best_score = np.where(overlap >= _FOUND_IOU, scores[:, None], 0).max(0, initial=0)
    people = np.concatenate([labelled[~ignore], found_xyxy[sure]])
    area = np.maximum(boxes_area(labelled), 1e-6)
    covered = intersection_area(people, labelled) / np.maximum(boxes_area(people), 1e-6)[:, None] > _INSIDE
    smaller = boxes_area(people)[:, None] < area / 2
    group = _distinct(people, covered & smaller) >= _GROUP
    share = intersection_area(labelled, labelled) / area[:, None]
    part = ((share > _PART_INSIDE) & (area[:, None] < _PART_AREA * area) & ~group).any(1)
    ignore |= group & (best_score < PERSON_SCORE)
    ignore |= part & (best_score < LOWEST_SCORE)
    # A group's box says nothing about the people in it, labelled or not.
    of_people = overlap[:, ~group] if len(labelled) else overlap
    apart = (of_people.max(1, initial=0) < _APART_IOU) & (scores >= UNSURE_SCORE)
    return replace(
        image,
        boxes_xyxy=np.concatenate([labelled, found_xyxy[apart]]).astype(np.float32),
        ignore=np.concatenate([ignore, ~sure[apart]]),
    )


def _distinct(boxes_xyxy: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(N, 4), (N, M) bool → (M,) how many of the chosen boxes are different people."""
    again = np.tril(boxes_iou(boxes_xyxy, boxes_xyxy) >= _FOUND_IOU, -1)
    return np.array([(~(again & column[None] & column[:, None]).any(1) & column).sum() for column in chosen.T], int)
