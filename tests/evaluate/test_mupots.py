"""MuPoTS-3D: the protocol's rules one by one, and equality with the public evaluation."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from people3d.evaluate.annotations import annotations_from_coco, load_annotations
from people3d.evaluate.pck import pck, pck_auc, rescale_bones
from people3d.evaluate.protocols import mupots

from .evaluation_cases import STANDING, document, image, person, project, standing_at

MODES = ("relative_all", "relative_matched", "absolute_all", "absolute_matched")


def true_person(joints_mm: np.ndarray, image_id: int, number: int, **more) -> dict:
    row = person(joints_mm, image_id, number, is_valid=1, occluded=[0] * 17, keypoints_univ=joints_mm.tolist())
    return row | {"keypoints_img": project(joints_mm).tolist()} | more


def case():
    """Two sequences: two people in the one, one in the other."""
    images = [image(0, sequence="TS1"), image(1, sequence="TS2")]
    left, right = standing_at(-800, 0, 4000), standing_at(800, 0, 5000)
    truth = document(images, [true_person(left, 0, 0), true_person(right, 0, 1), true_person(left, 1, 2)])
    pred = document(images, [person(left, 0, 0), person(right, 0, 1), person(left, 1, 2)])
    return pred, truth


def evaluate(pred: dict, truth: dict) -> dict:
    return mupots.evaluate(annotations_from_coco(pred, "pred"), annotations_from_coco(truth, "truth")).figures


def pck_of(figures: dict, mode: str) -> list[float]:
    return [row[8] for row in figures[mode]["per_sequence"]]


def test_the_truth_itself_scores_everything():
    figures = evaluate(*case())
    for mode in MODES:
        # At the threshold of 0 mm nothing is right: the best AUC is 30 of 31.
        assert figures[mode]["mean_over_sequences"] == pytest.approx([100] * 9 + [100 * 30 / 31])
        assert [row[-1] for row in figures[mode]["per_sequence"]] == [2, 1]


def test_a_missed_person_is_wrong_in_all_and_left_out_in_matched():
    pred, truth = case()
    del pred["annotations"][1]
    figures = evaluate(pred, truth)
    assert pck_of(figures, "relative_all") == [50, 100] and pck_of(figures, "relative_matched") == [100, 100]
    assert figures["relative_all"]["mean_over_sequences"][8] == 75  # over sequences, not over people


def test_a_sequence_without_a_match_is_not_in_the_matched_mean():
    pred, truth = case()
    del pred["annotations"][2]
    figures = evaluate(pred, truth)
    assert np.isnan(pck_of(figures, "relative_matched")[1])
    assert figures["relative_matched"]["mean_over_sequences"][8] == 100
    assert figures["relative_all"]["mean_over_sequences"][8] == 50


def test_nobody_predicted_is_a_score_of_nothing():
    pred, truth = case()
    figures = evaluate(pred | {"annotations": []}, truth)
    assert figures["absolute_all"]["mean_over_sequences"] == [0] * 10


def test_people_that_are_not_valid_do_not_count_and_take_no_prediction():
    pred, truth = case()
    truth["annotations"].insert(0, true_person(standing_at(-800, 0, 4000), 0, 9, is_valid=0))
    figures = evaluate(pred, truth)
    assert pck_of(figures, "absolute_all") == [100, 100] and figures["absolute_all"]["per_sequence"][0][-1] == 2


def test_bones_are_rescaled_and_absolute_space_sees_the_root():
    pred, truth = case()
    for n, row in enumerate(pred["annotations"]):
        centre = np.array(row["keypoints_cam"])[14]
        larger = 1.4 * (np.array(row["keypoints_cam"]) - centre) + centre + [0, 0, 200 if n == 0 else 0]
        row["keypoints_cam"] = larger.tolist()
    figures = evaluate(pred, truth)
    assert pck_of(figures, "relative_all") == [100, 100]
    assert pck_of(figures, "absolute_all") == [50, 100]


def test_thresholds_are_strict():
    distances, everybody = np.array([[149.999], [150.0], [np.inf], [np.nan]]), np.ones((4, 1), bool)
    assert pck(distances, everybody).tolist() == [25.0]
    assert pck_auc(np.array([[0.0]]), np.ones((1, 1), bool)) == pytest.approx([100 * 30 / 31])
    assert np.isnan(pck(distances, np.zeros((4, 1), bool))).all()


def test_a_bone_without_length_has_no_direction():
    pred = STANDING[None].copy()
    pred[0, 3] = pred[0, 2]  # elbow in the shoulder
    out = rescale_bones(pred, STANDING[None], mupots._ORDER, mupots._PARENTS)
    assert np.isnan(out[0, [3, 4]]).all() and np.isfinite(out[0, [0, 1, 2, 5, 10]]).all()


def test_visible_and_occluded_joints_apart():
    pred, truth = case()
    for row in truth["annotations"]:
        row["occluded"] = [1] * 4 + [0] * 13
    for row in pred["annotations"]:
        joints = np.array(row["keypoints_cam"])
        joints[3] = joints[2] + [0, 0, 300]  # the occluded elbow points elsewhere, and the wrist with it
        row["keypoints_cam"] = joints.tolist()
    figures = evaluate(pred, truth)
    names = dict(zip(figures["relative_all"]["columns"], range(11), strict=True))
    visible, occluded = (figures[f"relative_all_{s}"]["mean_over_sequences"] for s in ("visible", "occluded"))
    assert visible[names["Elbow"]] == 100 and occluded[names["Elbow"]] == 0
    assert np.isnan(occluded[names["Ankle"]])


def test_other_skeletons_are_converted_by_name():
    pred, truth = case()
    for row in pred["annotations"]:
        joints = np.concatenate([np.array(row["keypoints_cam"]), np.zeros((4, 3)) + 4000])
        row |= person(joints, row["image_id"], row["id"])
    pred["categories"] = document([], [], "muco21")["categories"]
    assert pck_of(evaluate(pred, truth), "absolute_all") == [100, 100]


def test_sequences_come_from_file_names_where_not_stated():
    pred, truth = case()
    for n, entry in enumerate(truth["images"]):
        del entry["sequence"]
        entry["file_name"] = f"MultiPersonTestSet/TS{3 - n}/img_000000.jpg"
    assert evaluate(pred | {"images": truth["images"]}, truth)["sequences"] == ["TS2", "TS3"]
    truth["images"][0]["file_name"] = "x.jpg"
    with pytest.raises(ValueError, match="needs 'sequence'"):
        evaluate(pred, truth)


def test_truth_without_univ_annot3_is_refused():
    pred, truth = case()
    del truth["annotations"][0]["keypoints_univ"]
    with pytest.raises(ValueError, match=r"needs keypoints_univ for every person; 1 of 3 lack it, e\.g\. annotation 0"):
        evaluate(pred, truth)


def test_equal_to_the_public_evaluation(shared):
    folder = shared / "parity"
    truth = load_annotations(folder / "mupots_ground_truth.json")
    figures = mupots.evaluate(load_annotations(folder / "mupots_predictions.json"), truth).figures
    expected = json.loads((folder / "mupots_expected.json").read_text())
    assert set(expected) == set(MODES)
    for mode, table in expected.items():
        assert figures[mode]["columns"] == table["columns"]
        assert np.allclose(figures[mode]["per_sequence"], table["per_sequence"], rtol=0, atol=1e-3)
        assert np.allclose(figures[mode]["mean_over_sequences"], table["mean_over_sequences"], rtol=0, atol=1e-3)
    assert "relative_all_visible" in figures
    unlabelled = replace(truth, occluded=np.full_like(truth.occluded, np.nan))
    assert "relative_all_visible" not in mupots.evaluate(unlabelled, unlabelled).figures
