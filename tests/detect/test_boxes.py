"""Box arithmetic, the letterbox and its inverse, matching and average precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from people3d.detect.boxes import boxes_iou, suppress_doubles
from people3d.detect.letterbox import letterbox, to_detections
from people3d.detect.scores import match_detections, match_image


def test_overlap_of_known_boxes():
    a = np.array([[0.0, 0, 10, 10]])
    b = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [0, 0, 0, 0]])
    np.testing.assert_allclose(boxes_iou(a, b), [[1, 1 / 3, 0, 0]])
    assert boxes_iou(a, np.zeros((0, 4))).shape == (1, 0)


def test_of_doubles_the_best_stays():
    boxes = np.array([[0.0, 0, 10, 10], [1, 0, 11, 10], [50, 0, 60, 10]])
    assert suppress_doubles(boxes, np.array([0.5, 0.9, 0.6]), 0.6).tolist() == [1, 2]
    assert suppress_doubles(np.zeros((0, 4)), np.zeros(0), 0.6).shape == (0,)


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([64, 96, 320]))
def test_letterbox_and_back(width, height, long_side):
    image = np.zeros((height, width, 3), np.uint8)
    padded, factors = letterbox(image, long_side, 32)
    assert padded.shape[0] % 32 == 0 and padded.shape[1] % 32 == 0 and max(padded.shape) == long_side
    whole = np.array([[0.0, 0, *(np.array([width, height]) / factors[:2])]])
    boxes, scores = to_detections(whole, np.array([0.9]), factors, (height, width), 0.5)
    np.testing.assert_allclose(boxes, [[0, 0, width, height]], atol=1e-9)
    assert scores.tolist() == [0.9]


def test_a_marked_place_is_found_where_it_was():
    image = np.zeros((300, 500, 3), np.uint8)
    image[60:180, 100:150] = 255
    padded, factors = letterbox(image, 160, 32)
    rows, columns = np.nonzero(padded[: round(300 * 0.32), :, 0] > 128)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * factors
    np.testing.assert_allclose(box, [100, 60, 150, 180], atol=2)


def test_detections_are_cut_at_the_image_and_come_best_first():
    candidates = np.array([[-10.0, 5, 20, 30], [40, 5, 60, 500], [70, 5, 80, 30], [-50, -50, -10, -10]])
    boxes, scores = to_detections(candidates, np.array([0.4, 0.8, 0.1, 0.9]), np.ones(4), (100, 90), 0.3)
    np.testing.assert_allclose(boxes, [[40, 5, 60, 100], [0, 5, 20, 30]])
    assert scores.tolist() == [0.8, 0.4]
    boxes, scores = to_detections(candidates, np.zeros(4), np.ones(4), (100, 90), 0.3)
    assert boxes.shape == (0, 4) and scores.shape == (0,)


def test_each_person_is_found_once_and_ignored_people_do_not_count():
    truth = np.array([[0.0, 0, 10, 20], [30, 0, 40, 20]])
    found = np.array([[0.0, 0, 10, 20], [0, 0, 10, 19], [31, 0, 40, 20], [60, 0, 70, 20]])
    right, counted = match_image(found, np.array([0.6, 0.9, 0.8, 0.7]), truth, np.array([False, True]))
    assert right.tolist() == [False, True, False, False]
    assert counted.tolist() == [True, True, False, True]


def test_average_precision_by_hand():
    truth = [(np.array([[0.0, 0, 10, 20], [30, 0, 40, 20]]), np.zeros(2, bool)), (np.zeros((0, 4)), np.zeros(0, bool))]
    found = [
        (np.array([[0.0, 0, 10, 20], [30, 0, 40, 20]]), np.array([0.9, 0.3])),
        (np.array([[0.0, 0, 10, 20]]), np.array([0.5])),
    ]
    matched = match_detections(found, truth)
    # Right at ranks 1 and 3: precision 1 and 2/3, recall 1/2 each.
    assert matched.average_precision() == pytest.approx((1 + 2 / 3) / 2)
    assert matched.recall(0.4) == 0.5 and matched.precision(0.4) == 0.5
    assert matched.best_threshold() == 0.3


def test_nothing_found_scores_zero():
    empty = (np.zeros((0, 4)), np.zeros(0))
    matched = match_detections([empty], [(np.array([[0.0, 0, 1, 1]]), np.zeros(1, bool))])
    assert matched.average_precision() == 0 and matched.recall() == 0 and np.isnan(matched.precision())
    assert matched.best_threshold() == 1
