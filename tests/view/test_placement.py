from __future__ import annotations

import numpy as np

from people3d.view.placement import place_labels

NOTHING = np.zeros((0, 4))


def _shared_areas(boxes: np.ndarray) -> np.ndarray:
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    areas = np.maximum(0, high - low).prod(-1)
    return areas[np.triu_indices(len(boxes), 1)]


def test_nothing_to_place():
    assert place_labels(NOTHING, np.zeros((0, 2)), NOTHING, 100, 100).shape == (0, 4)


def test_a_single_label_stands_above_the_left_corner_of_its_box():
    places = place_labels(np.array([[50, 60, 90, 160]]), np.array([[30, 12]]), NOTHING, 200, 200)
    assert places.tolist() == [[50, 48, 80, 60]]


def test_labels_stay_inside_the_image():
    boxes = np.array([[-20, -10, 40, 90], [180, 150, 230, 230]])
    places = place_labels(boxes, np.full((2, 2), [60, 15]), NOTHING, 200, 200)
    assert (places[:, :2] >= 0).all() and (places[:, 2:] <= 200).all()


def test_labels_of_people_in_the_same_place_do_not_cover_each_other():
    places = place_labels(np.tile([300, 200, 340, 300], (8, 1)), np.full((8, 2), [90, 16]), NOTHING, 640, 480)
    assert _shared_areas(places).max() == 0


def test_a_face_is_avoided_where_there_is_room():
    box = np.array([[100, 100, 150, 250]])
    face = np.array([[100, 80, 150, 100]])
    place = place_labels(box, np.array([[50, 14]]), face, 400, 400)
    assert _shared_areas(np.concatenate([place, face])).max() == 0


def test_a_crowd_stays_readable(crowd):
    """Forty people in 640 px: hardly any label touches another."""
    places = place_labels(crowd.boxes_xyxy, np.full((len(crowd), 2), [96, 16]), NOTHING, crowd.width, crowd.height)
    covered = (_shared_areas(places) > 0.1 * 96 * 16).sum()
    assert covered <= 2
