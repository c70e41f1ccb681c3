"""Folders of pictures with boxes, made up here."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from people3d.data.boxes import CROWD, read_box_folder, read_picture, split_held_out


def teacher_folder(folder, people: int):
    """One picture of 200 x 100 px with people 20 px wide side by side; the first is trusted and has feet below."""
    boxes = np.array([[30.0 * i, 10, 20, 50] for i in range(people)], np.float32)
    blaze = np.zeros((people, 33, 3), np.float32)
    blaze[0] = [5, 20, 1]
    blaze[0, 31] = [5, 90, 0.9]  # a visible toe below the detector's box
    blaze[0, 32] = [5, 99, 0.1]  # hidden: does not count
    np.savez(
        folder / "labels.npz",
        files=np.array(["a.png"]),
        widths=np.array([200], np.int32),
        heights=np.array([100], np.int32),
        image=np.zeros(people, np.int32),
        bbox=boxes,
        det_score=np.array([0.9, 0.2, 0.8, 0.8, 0.8, 0.8, 0.8][:people], np.float32),
        kept=np.arange(people) == 0,
        kp2d_blaze=blaze,
        kp2d_movenet=np.zeros((people, 17, 3), np.float32),
    )


def test_a_trusted_box_reaches_the_visible_feet_and_doubtful_people_are_ignored(tmp_path):
    teacher_folder(tmp_path, 3)
    (image,) = read_box_folder(tmp_path)
    assert image.boxes_xyxy.tolist() == [[0, 10, 20, 90], [30, 10, 50, 60], [60, 10, 80, 60]]
    assert image.ignore.tolist() == [False, True, False]
    assert image.true_aspect


def test_in_a_crowd_only_labelled_people_count(tmp_path):
    teacher_folder(tmp_path, CROWD)
    (image,) = read_box_folder(tmp_path)
    assert image.boxes_xyxy[-1].tolist() == [0, 0, 200, 100] and image.ignore[-1]
    assert len(image.ignore) == CROWD + 1


def test_boxes_by_hand(tmp_path):
    images = [{"id": i, "file_name": f"{i}.png", "width": 64, "height": 64 - 20 * i} for i in range(2)]
    rows = [{"image_id": 0, "bbox": [1, 2, 3, 4]}, {"image_id": 0, "bbox": [5, 5, 9, 9], "iscrowd": 1}]
    (tmp_path / "boxes.json").write_text(json.dumps({"images": images, "annotations": rows}))
    square, wide = read_box_folder(tmp_path)
    assert square.boxes_xyxy.tolist() == [[1, 2, 4, 6], [5, 5, 14, 14]] and square.ignore.tolist() == [False, True]
    assert wide.boxes_xyxy.shape == (0, 4)
    assert (square.true_aspect, wide.true_aspect) == (False, True)
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(square.path), np.full((64, 64, 3), (0, 0, 255), np.uint8))
    picture, boxes = read_picture(square, 32)
    assert picture.shape == (32, 32, 3) and picture[0, 0].tolist() == [255, 0, 0]
    assert boxes[0].tolist() == [0.5, 1, 2, 3]
    with pytest.raises(ValueError, match=r"1\.png: not a readable picture"):
        read_picture(wide, 32)


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(ValueError, match=r"expected boxes\.json or labels\.npz"):
        read_box_folder(tmp_path)


def test_held_out_pictures_are_not_trained_on():
    train, held_out = split_held_out(list(range(45)))
    assert held_out == [0, 20, 40] and sorted(train + held_out) == list(range(45))


def test_the_kit(shared):
    hand, teacher = read_box_folder(shared / "kit" / "detection"), read_box_folder(shared / "kit" / "photos")
    assert (len(hand), len(teacher)) == (3293, 4217)
    assert not hand[0].true_aspect and teacher[0].true_aspect
    boxes = np.concatenate([image.boxes_xyxy for image in teacher])
    assert np.isfinite(boxes).all() and (boxes[:, 2:] > boxes[:, :2]).all()
