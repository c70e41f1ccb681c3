"""Person boxes whose gaps a detector has filled."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from people3d.cli import main
from people3d.data.boxes import BoxImage, read_box_folder, write_hand_boxes
from people3d.data.clean_boxes import LOWEST_SCORE, PERSON_SCORE, UNSURE_SCORE, clean_boxes

SURE, UNSURE, LOW = PERSON_SCORE + 0.1, (PERSON_SCORE + UNSURE_SCORE) / 2, (UNSURE_SCORE + LOWEST_SCORE) / 2


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def cleaned(labelled, found, scores, ignore=None):
    """Rows of the boxes of people, and of the ignored ones."""
    ignore = np.zeros(len(labelled), bool) if ignore is None else np.array(ignore)
    after = clean_boxes(BoxImage("a.png", labelled, ignore), found, np.array(scores, float))
    return after.boxes_xyxy[~after.ignore].tolist(), after.boxes_xyxy[after.ignore].tolist()


STANDING, BESIDE, FAR = [10, 10, 30, 70], [32, 10, 52, 70], [100, 10, 120, 70]


def test_somebody_whom_nobody_labelled_is_added_and_a_doubtful_one_ignored():
    people, ignored = cleaned(boxes(STANDING), boxes(BESIDE, FAR, [200, 0, 210, 40]), [SURE, UNSURE, LOW])
    assert people == [STANDING, BESIDE] and ignored == [FAR]


def test_a_labelled_person_is_not_added_again_however_loose_the_detection():
    people, ignored = cleaned(
        boxes(STANDING), boxes(STANDING, [10, 10, 30, 40], [10, 30, 40, 75]), [SURE, SURE, UNSURE]
    )
    assert people == [STANDING] and not ignored


def test_a_picture_without_labels_or_without_detections():
    assert cleaned(boxes(), boxes(FAR), [SURE]) == ([FAR], [])
    assert cleaned(boxes(STANDING), boxes(), []) == ([STANDING], [])
    assert cleaned(boxes(), boxes(), []) == ([], [])


def test_ignored_places_stay_ignored_and_what_is_found_in_one_is_not_added():
    assert cleaned(boxes(STANDING), boxes(STANDING), [SURE], ignore=[True]) == ([], [STANDING])


CROWD = [0, 0, 100, 80]
THREE = boxes([5, 10, 25, 70], [35, 10, 55, 70], [65, 10, 85, 70])


def test_a_box_around_a_group_is_ignored_and_its_people_are_added():
    people, ignored = cleaned(boxes(CROWD), THREE, [SURE] * 3)
    assert people == THREE.tolist() and ignored == [CROWD]


@pytest.mark.parametrize(
    ("found", "scores"),
    [
        (THREE[:2], [SURE, SURE]),  # two people may be one and a reflection
        (np.repeat(THREE[:1], 3, 0) + np.arange(3)[:, None], [SURE] * 3),  # one person found three times
        (np.concatenate([THREE, boxes(CROWD)]), [SURE] * 4),  # a person is found there as well
    ],
)
def test_a_box_is_no_group_by_too_few_people_or_where_a_person_is_found(found, scores):
    people, ignored = cleaned(boxes(CROWD), found.astype(np.float32), scores)
    assert CROWD in people and not ignored


def test_a_hand_is_ignored_unless_it_is_found():
    hand = [22, 40, 29, 47]
    assert cleaned(boxes(STANDING, hand), boxes(STANDING), [SURE]) == ([STANDING], [hand])
    people, ignored = cleaned(boxes(STANDING, hand), boxes(STANDING, hand), [SURE, LOW])
    assert people == [STANDING, hand] and not ignored


def test_written_boxes_are_read_back(tmp_path):
    source = tmp_path / "source" / "images"
    source.mkdir(parents=True)
    cv2.imwrite(str(source / "a.png"), np.zeros((64, 64, 3), np.uint8))
    image = BoxImage(source / "a.png", boxes(STANDING, BESIDE), np.array([False, True]), true_aspect=True)
    write_hand_boxes(tmp_path / "written", [image], [(64, 64)])
    (again,) = read_box_folder(tmp_path / "written")
    assert again.path.samefile(image.path) and again.true_aspect
    assert again.boxes_xyxy.tolist() == image.boxes_xyxy.tolist() and again.ignore.tolist() == [False, True]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """22 pictures with one label each, one of them broken, and a detector that finds somebody else in all of them."""
    root = tmp_path / "root"
    (root / "images").mkdir(parents=True)
    for i in range(22):
        cv2.imwrite(str(root / "images" / f"{i}.png"), np.full((100, 150, 3), i, np.uint8))
    images = [{"id": i, "file_name": f"{i}.png", "width": 150, "height": 100} for i in range(22)]
    rows = [{"image_id": i, "bbox": [10, 10, 20, 60]} for i in range(22)]
    (root / "boxes.json").write_text(json.dumps({"images": images, "annotations": rows}))
    monkeypatch.setattr(
        "people3d.detect.get_detector", lambda **_: lambda _: (np.array([FAR], float), np.array([SURE]))
    )
    return root


def test_the_command_leaves_held_out_labels_alone_and_broken_pictures_out(folder, tmp_path, capsys):
    (folder / "images" / "3.png").write_bytes(b"")
    output = tmp_path / "out"
    assert main(["data", "clean-boxes", "--root", str(folder), "--output", str(output)]) == 2
    out, err = capsys.readouterr()
    assert "21 pictures, people 22 -> 40" in out and "3.png: not a readable picture" in err
    after = read_box_folder(output)
    assert [len(image.boxes_xyxy) for image in after] == [1] + [2] * 19 + [1]
    assert after[1].boxes_xyxy.tolist() == [STANDING, FAR] and after[1].path.samefile(folder / "images" / "1.png")


def test_the_command_does_not_write_over_its_input(folder, capsys):
    before = (folder / "boxes.json").read_text()
    assert main(["data", "clean-boxes", "--root", str(folder), "--output", str(folder)]) == 2
    assert "--output: expected another folder than --root" in capsys.readouterr().err
    assert (folder / "boxes.json").read_text() == before
