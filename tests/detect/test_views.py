"""A picture looked at several times."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.detect import get_detector
from people3d.detect.views import View, fuse, look, parse_views
from people3d.predictor import Predictor


def refused(message: str):
    return pytest.raises(ValueError, match=message)


def test_views_are_read_and_written():
    assert parse_views(["320", "384m"]) == (View(320), View(384, mirrored=True))
    assert [str(view) for view in parse_views(["320", "384m"])] == ["320", "384m"]


@pytest.mark.parametrize("text", ["", "m", "384mm", "-384", "31", "4097", "3e2", "384.5", "٣٨٤", "384 "])
def test_what_is_no_view_is_refused(text):
    with refused(r"view: expected px from 32 to 4096, m behind it: mirrored; got "):
        View.parse(text)


def bright_box(images_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A network that sees one bright rectangle, and by its side a false one with a score of 0.3."""
    rows, columns = np.nonzero(images_rgb[0, ..., 0] > 200)
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    width = box[2] - box[0]
    beside = [box[0] - 2 * width, box[1], box[0] - width, box[3]]  # on the left of what it sees
    return np.array([[box, beside]], np.float32), np.array([[0.9, 0.3]], np.float32)


@pytest.fixture
def picture() -> np.ndarray:
    image = np.zeros((150, 200, 3), np.uint8)
    image[40:120, 90:122] = 255
    return image


@pytest.mark.parametrize("texts", [["200"], ["200m"], ["100"], ["120m"], ["100", "150m", "200"]])
def test_every_view_gives_boxes_of_the_picture(picture, texts):
    boxes, scores = look(bright_box, picture, parse_views(texts), 0.5)
    np.testing.assert_allclose(boxes, [[90, 40, 122, 120]], atol=2.01)
    np.testing.assert_allclose(scores, [0.9], atol=1e-6)


def test_what_one_of_two_views_sees_has_half_its_score(picture):
    boxes, scores = look(bright_box, picture, parse_views(["200", "200m"]), 0.1)
    np.testing.assert_allclose(boxes, [[90, 40, 122, 120], [26, 40, 58, 120], [154, 40, 186, 120]], atol=1e-4)
    np.testing.assert_allclose(scores, [0.9, 0.15, 0.15], atol=1e-6)
    assert len(look(bright_box, picture, parse_views(["200", "200m"]), 0.16)[0]) == 1


def test_views_may_be_looked_at_in_any_order(picture):
    views = parse_views(["100", "200m", "150", "200", "100"])  # one of them twice
    order = []

    def last_first(function, items):
        order.extend(items)
        return [function(view) for view in items[::-1]][::-1]

    expected = look(bright_box, picture, views, 0.1)
    for mine, theirs in zip(look(bright_box, picture, views, 0.1, last_first), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert order == list(parse_views(["200", "200m", "150", "100"]))


def test_boxes_of_one_person_become_their_weighted_mean():
    a = np.array([[0.0, 0, 100, 200], [300, 0, 400, 200]]), np.array([0.6, 0.5])
    b = np.array([[10.0, 0, 110, 200], [12.0, 0, 115, 200]]), np.array([0.3, 0.2])
    nothing = np.zeros((0, 4)), np.zeros(0)
    boxes, scores = fuse([a, b, nothing])
    # The second box of b overlaps the first of a as well, but that has found its like.
    np.testing.assert_allclose(boxes, [[10 / 3, 0, 100 + 10 / 3, 200], [300, 0, 400, 200], [12, 0, 115, 200]])
    np.testing.assert_allclose(scores, [0.3, 0.5 / 3, 0.2 / 3])
    assert len(fuse([nothing, nothing])[0]) == 0


def test_the_shipped_detector_takes_other_views(picture):
    assert [str(view) for view in get_detector(views=["384"]).views] == ["384"]  # type: ignore[attr-defined]
    with refused("views: expected none for the detector maskrcnn, got 384"):
        get_detector("maskrcnn", views=["384"])
    with refused("view: expected px"):
        Predictor(detector_views=["large"])
    with refused("detector_views: expected none beside a detector other than the default"):
        Predictor(detector=lambda image_rgb: (np.zeros((0, 4)), np.zeros(0)), detector_views=["384"])
