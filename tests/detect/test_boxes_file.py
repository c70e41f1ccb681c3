"""Boxes from a file: both formats, and what is wrong in a file, one clear line each."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.detect.boxes_file import load_boxes


def write(path, data):
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_a_list_keeps_its_order(tmp_path):
    path = write(
        tmp_path / "b.json",
        [
            {"file_name": "a.jpg", "bbox": [5, 6, 10, 20], "score": 0.3},
            {"file_name": "b/c.jpg", "bbox": [1, 2, 3, 4]},
            {"file_name": "a.jpg", "bbox": [0, 0, 7, 8], "score": 0.9},
        ],
    )
    boxes = load_boxes(path)
    xyxy, scores = boxes.of("a.jpg")
    assert xyxy.tolist() == [[5, 6, 15, 26], [0, 0, 7, 8]] and scores.tolist() == [0.3, 0.9]
    assert boxes.of("c.jpg")[0].tolist() == [[1, 2, 4, 6]] and boxes.of("c.jpg")[1].tolist() == [1]
    xyxy, scores = boxes.of("other.jpg")
    assert xyxy.shape == (0, 4) and scores.shape == (0,)
    assert boxes.problems == ()


def test_a_coco_file(tmp_path):
    path = write(
        tmp_path / "coco.json",
        {
            "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "empty.jpg"}],
            "annotations": [
                {"image_id": 7, "bbox": [1, 1, 2, 2], "score": 0.5},
                {"image_id": 99, "bbox": [1, 1, 2, 2]},
            ],
        },
    )
    boxes = load_boxes(path)
    assert list(boxes.boxes) == ["a.jpg", "empty.jpg"]
    assert boxes.of("a.jpg")[0].tolist() == [[1, 1, 3, 3]]
    assert len(boxes.problems) == 1 and "box 1" in boxes.problems[0] and "image_id" in boxes.problems[0]


def test_a_base_name_that_two_folders_have_is_nobodys(tmp_path):
    rows = [{"file_name": f"{folder}/a.jpg", "bbox": [0, 0, 1, 1]} for folder in "xy"]
    assert len(load_boxes(write(tmp_path / "b.json", rows)).of("a.jpg")[0]) == 0


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"bbox": [0, 0, 1, 1]}, "file_name"),
        ({"file_name": "a.jpg"}, "bbox"),
        ({"file_name": "a.jpg", "bbox": [0, 0, 1]}, "bbox"),
        ({"file_name": "a.jpg", "bbox": [0, 0, "wide", 1]}, "wide"),
        ({"file_name": "a.jpg", "bbox": [0, 0, 1, 1], "score": "high"}, "high"),
        ("a.jpg", "file_name"),
    ],
)
def test_a_wrong_row_is_named_and_the_others_are_kept(tmp_path, row, says):
    boxes = load_boxes(write(tmp_path / "b.json", [row, {"file_name": "good.jpg", "bbox": [0, 0, 1, 1]}]))
    assert len(boxes.problems) == 1 and "box 0" in boxes.problems[0] and says in boxes.problems[0]
    assert len(boxes.of("good.jpg")[0]) == 1


def test_impossible_numbers_are_left_for_the_check_against_the_image(tmp_path):
    path = write(tmp_path / "b.json", '[{"file_name": "a.jpg", "bbox": [NaN, 0, 5, 5]}]')
    assert np.isnan(load_boxes(path).of("a.jpg")[0]).any()


@pytest.mark.parametrize("content", ["", "{", '"text"', "3", '{"images": []}', '{"images": [1], "annotations": []}'])
def test_a_file_of_something_else_is_one_clear_line(tmp_path, content):
    with pytest.raises(ValueError, match=r"b\.json: expected") as caught:
        load_boxes(write(tmp_path / "b.json", content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_line(tmp_path):
    with pytest.raises(ValueError, match=r"none\.json: expected a file of boxes"):
        load_boxes(tmp_path / "none.json")
