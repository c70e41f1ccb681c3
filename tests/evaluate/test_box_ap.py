"""AP of boxes by COCO's rules."""

from __future__ import annotations

import pytest

from people3d.evaluate.annotations import annotations_from_coco
from people3d.evaluate.protocols import box_ap

pytest.importorskip("faster_coco_eval")


def boxes(*rows: tuple) -> dict:
    people = [{"id": n, "image_id": i, "bbox": b, "score": s} for n, (i, b, s) in enumerate(rows)]
    return {"images": [{"id": 0}, {"id": 1}], "annotations": people}


TRUTH = boxes((0, [10, 10, 50, 100], 1), (1, [10, 10, 50, 100], 1))


def evaluate(pred: dict, truth: dict = TRUTH) -> dict:
    return box_ap.evaluate(annotations_from_coco(pred, "pred"), annotations_from_coco(truth, "truth")).figures


def test_right_wrong_and_nobody():
    assert evaluate(TRUTH)["ap"] == pytest.approx(100)
    half = evaluate(boxes((0, [10, 10, 50, 100], 0.9)))
    assert half["ap"] == pytest.approx(50.5, abs=0.1) and half["ar_100"] == pytest.approx(50)
    assert evaluate(boxes((0, [300, 10, 50, 100], 0.9)))["ap"] == 0
    assert evaluate(boxes())["ap"] == 0


def test_an_overlap_between_the_thresholds():
    loose = evaluate(boxes((0, [10, 10, 50, 70], 0.9), (1, [10, 10, 50, 70], 0.9)))
    assert loose["ap_50"] == pytest.approx(100) and loose["ap_75"] == 0


def test_people_that_are_not_valid_count_neither_way():
    truth = boxes((0, [10, 10, 50, 100], 1), (1, [10, 10, 50, 100], 1), (0, [300, 10, 50, 100], 1))
    truth["annotations"][2]["is_valid"] = 0
    pred = boxes((0, [300, 10, 50, 100], 1.0), (0, [10, 10, 50, 100], 0.9), (1, [10, 10, 50, 100], 0.9))
    assert evaluate(pred, truth)["ap"] == pytest.approx(100)


def test_a_person_without_a_box_is_named():
    with pytest.raises(ValueError, match="annotation 0 has no bbox"):
        evaluate({"images": [{"id": 0}], "annotations": [{"id": 0, "image_id": 0}]})
