"""Who is who: images of two files, people within an image."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.evaluate.annotations import annotations_from_coco
from people3d.evaluate.matching import box_iou, match_images, match_mupots, match_people, pairs_by_image

from .evaluation_cases import document, image, person, standing_at

AHEAD = standing_at(0, 0, 4000)


def people_on(images: list[dict], **more):
    return annotations_from_coco(document(images, [person(AHEAD, i["id"], **more) for i in images]), "file")


def test_images_match_by_name_whatever_their_ids():
    truth = people_on([image(1, file_name="a/x.jpg"), image(2, file_name="b/x.jpg")])
    pred = people_on([image(1, file_name="b/x.jpg"), image(2, file_name="a/x.jpg")])
    assert match_images(pred, truth).tolist() == [1, 0]


def test_folders_above_may_differ():
    truth = people_on([image(1, file_name="Set/TS1/img.jpg"), image(2, file_name="Set/TS2/img.jpg")])
    pred = people_on([image(5, file_name="TS2/img.jpg"), image(1, file_name="unknown.jpg")])
    assert match_images(pred, truth).tolist() == [1, -1]  # not by id: names speak here


def test_images_match_by_id_where_names_say_nothing():
    truth = people_on([image(4), image(9)])
    assert match_images(people_on([{"id": 9}, {"id": 3}]), truth).tolist() == [1, -1]
    renamed = people_on([image(9, file_name="other.png")])
    assert match_images(renamed, truth).tolist() == [1]


def test_files_that_have_nothing_in_common_are_not_scored_as_zero():
    with pytest.raises(ValueError, match=r"none of its images, e\.g\. 'img_000003\.jpg'"):
        match_images(people_on([image(3)]), people_on([image(4)]))


def test_pairs_are_those_of_one_image():
    truth, pred = pairs_by_image(np.array([5, 3, 5, -1]), np.array([3, 5, 5, -1]))
    assert list(zip(truth.tolist(), pred.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 0), (2, 1), (2, 2)]
    assert [len(x) for x in pairs_by_image(np.zeros(0, int), np.array([1]))] == [0, 0]


def test_iou():
    square = np.array([[0, 0, 10, 10.0]])
    assert box_iou(square, np.array([[5, 0, 10, 10.0]])) == pytest.approx([1 / 3])
    for other in ([20, 0, 5, 5], [0, 0, 0, 0], [np.nan] * 4):
        assert box_iou(square, np.array([other], float)).tolist() == [0.0]


def test_people_take_the_best_overlap_first_and_each_once():
    truth = annotations_from_coco(
        {
            "images": [{"id": 1}],
            "annotations": [
                {"image_id": 1, "bbox": [0, 0, 10, 10]},
                {"image_id": 1, "bbox": [2, 0, 10, 10]},
                {"image_id": 1, "bbox": [2, 0, 10, 10], "is_valid": 0},
            ],
        },
        "truth",
    )
    pred = annotations_from_coco(
        {"images": [{"id": 1}], "annotations": [{"image_id": 1, "bbox": [2, 0, 10, 10]}]}, "pred"
    )
    assert match_people(pred, truth, 0.5).tolist() == [-1, 0, -1]
    assert match_people(pred, truth, 1.0).tolist() == [-1, 0, -1]


def test_a_named_person_is_matched_by_its_name():
    truth = people_on([image(1, file_name="x.jpg"), image(2)])
    swapped = [person(AHEAD, 1, ann_id=1), person(AHEAD, 1, ann_id=0)]
    truth.ids[:] = [0, 1]
    pred = annotations_from_coco(document([image(1, file_name="x.jpg")], swapped), "pred")
    assert match_people(pred, truth, 0.5).tolist() == [1, 0]


def test_mupots_is_greedy_in_the_order_of_the_truth():
    """The first true person takes what the second would fit better; one joint within 40 px per axis is enough."""
    truth = np.zeros((2, 3, 2)) + 500
    truth[1] += 30
    near_second = truth[1:] + 0.0
    one = np.zeros(2, int)
    assert match_mupots(one, truth, np.zeros(1, int), near_second).tolist() == [0, -1]
    single_joint = truth[:1] + np.array([[[39.9, 39.9]], [[40.0, 0]], [[0, 40.0]]]).reshape(1, 3, 2)
    assert match_mupots(one[:1], truth[:1], np.zeros(1, int), single_joint).tolist() == [0]
    assert match_mupots(one[:1], truth[:1], np.zeros(1, int), truth[:1] + 40.0).tolist() == [-1]
    assert match_mupots(one[:1], truth[:1], np.ones(1, int), truth[:1]).tolist() == [-1]  # another image


def test_mupots_most_joints_win_ties_go_to_the_first_and_the_origin_is_invisible():
    truth = np.full((1, 3, 2), 20.0)
    two, three = np.full((1, 3, 2), 25.0), np.full((1, 3, 2), 25.0)
    two[0, 0] = 400
    image_of = np.zeros(3, int)
    assert match_mupots(image_of[:1], truth, image_of, np.concatenate([two, three, three])).tolist() == [1]
    assert match_mupots(image_of[:1], truth, image_of[:1], np.zeros((1, 3, 2))).tolist() == [-1]
