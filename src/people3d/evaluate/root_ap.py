"""Average precision of the root's location (AP_root of the paper), as the released code computes it."""

from __future__ import annotations

import numpy as np

from people3d.evaluate.matching import pairs_by_image

FAR_MM = 9999.0  # nobody is looked for farther away


def nearest_people(
    pred_image: np.ndarray, pred_root_mm: np.ndarray, truth_image: np.ndarray, truth_root_mm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each prediction the nearest true root on its image, taken or not.

    Args:
        pred_image, truth_image: (P,), (T,); pred_root_mm, truth_root_mm: (P, 3), (T, 3).

    Returns:
        (P,) index of the person, -1 for nobody within 9999 mm; (P,) distance in mm.
    """
    pred_index, truth_index = pairs_by_image(pred_image, truth_image)
    distance = np.linalg.norm(pred_root_mm[pred_index] - truth_root_mm[truth_index], axis=1)
    person, nearest = np.full(len(pred_image), -1), np.full(len(pred_image), FAR_MM)
    for k in np.lexsort((-truth_index, -distance)):  # the last to write is the nearest, of equals the first person
        if distance[k] < FAR_MM:
            person[pred_index[k]], nearest[pred_index[k]] = truth_index[k], distance[k]
    return person, nearest


def average_precision(
    scores: np.ndarray, person: np.ndarray, distance_mm: np.ndarray, truth_count: int, threshold_mm: float
) -> float:
    """AP over all predictions sorted by score, ties in the order given.

    A prediction is right if its nearest person is nearer than the threshold (strict) and not yet taken. The first
    detection's own recall is dropped and nothing is interpolated, both as in the released code.

    Args:
        scores, person, distance_mm: (P,), the latter two of :func:`nearest_people`; truth_count: of valid people.

    Returns:
        AP as a fraction; NaN without a true person, 0 without a prediction.
    """
    if not truth_count:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    candidates = np.flatnonzero((distance_mm[order] < threshold_mm) & (person[order] >= 0))
    _, first = np.unique(person[order][candidates], return_index=True)
    right = np.zeros(len(order))
    right[candidates[first]] = 1
    found = np.cumsum(right)
    precision, recall = found / np.arange(1, len(order) + 1), found / truth_count
    return float((precision[1:] * np.diff(recall)).sum())
