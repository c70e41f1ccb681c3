"""Any data set: recall, pose, root, depth and pixels, whatever the truth holds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.evaluate.annotations import annotations_from_coco
from people3d.evaluate.inputs import open_ground_truth
from people3d.evaluate.protocols import generic, pw3d
from people3d.skeleton import convert

from .evaluation_cases import document, image, person, standing_at


def evaluate(pred: dict, truth: dict, **more):
    return generic.evaluate(annotations_from_coco(pred, "pred"), annotations_from_coco(truth, "truth"), **more)


def case(scale: float = 1.0, shift=(0, 0, 0)) -> tuple[dict, dict]:
    """Two people on one image; the prediction is larger by ``scale`` and away by ``shift`` mm."""
    true = [standing_at(-700, 0, 4000), standing_at(700, 0, 5000)]
    pred = [scale * (x - x[14]) + x[14] + np.array(shift) for x in true]
    pred, true = (document([image(1)], [person(x, 1, n) for n, x in enumerate(p)]) for p in (pred, true))
    return pred, true


def test_the_truth_itself_has_no_error():
    figures = evaluate(*case()).figures
    assert (figures["matched"], figures["recall"], figures["mrpe_mm"], figures["crop_px_error"]) == (2, 1.0, 0, 0)
    for block in ("all_common_joints", "limb_joints"):
        assert figures[block]["mpjpe_mm"] == 0 and figures[block]["pa_mpjpe_rigid_mm"] < 1e-6


def test_root_depth_and_size_are_told_apart():
    figures = evaluate(*case(scale=1.05, shift=(30, 0, 400))).figures
    assert figures["mrpe_mm"] == pytest.approx(np.hypot(30, 400))
    assert (figures["mrpe_x_mm"], figures["mrpe_y_mm"], figures["mrpe_z_mm"]) == pytest.approx((30, 0, 400))
    assert figures["relative_depth_error"] == pytest.approx((0.1 + 0.08) / 2)
    assert figures["median_depth_ratio"] == pytest.approx(1.09)
    for block in ("all_common_joints", "limb_joints"):
        pose = figures[block]
        assert pose["mpjpe_mm"] > 10 and pose["pa_mpjpe_rigid_mm"] > 5
        assert pose["pa_mpjpe_with_scale_mm"] < 1e-6 and pose["n_mpjpe_mm"] < 1e-6


def test_a_missed_and_an_invented_person():
    pred, truth = case()
    pred["annotations"][0] |= {"bbox": [0, 0, 5, 5]}
    figures = evaluate(pred, truth).figures
    assert (figures["recall"], figures["matched"], figures["predictions"]) == (0.5, 1, 2)
    nobody = evaluate(pred | {"annotations": []}, truth).figures
    assert nobody["recall"] == 0 and np.isnan(nobody["mrpe_mm"])


def test_people_that_are_not_valid_are_neither_found_nor_missed():
    pred, truth = case()
    truth["annotations"][1]["is_valid"] = 0
    figures = evaluate(pred, truth).figures
    assert (figures["people"], figures["matched"], figures["recall"]) == (1, 1, 1)


def test_skeletons_may_differ():
    truth = case()[1]
    rows = [
        person(convert(np.array(r["keypoints_cam"]), "muco17", "coco19")[0], 1, r["id"]) for r in truth["annotations"]
    ]
    for row, true_row in zip(rows, truth["annotations"], strict=True):
        row["bbox"] = true_row["bbox"]
        joints = np.nan_to_num(np.array(row["keypoints_cam"]), nan=1e6)  # eyes and ears mean nothing here
        row |= {"keypoints_cam": joints.tolist(), "keypoints": [0.0] * 57}
    figures = evaluate(document([image(1)], rows, "coco19"), truth).figures
    assert figures["limb_joints"]["mpjpe_mm"] == 0
    assert set(figures["common_joints"]) > {"Pelvis", "L_Wrist"} and "Head_top" not in figures["common_joints"]


def test_depth_alone_can_be_scored():
    pred, truth = case(shift=(0, 0, 500))
    truth["annotations"] = [
        {"id": n, "image_id": 1, "bbox": row["bbox"], "root_depth_mm": np.array(row["keypoints_cam"])[14, 2]}
        for n, row in enumerate(truth["annotations"])
    ]
    report = evaluate(pred, truth)
    assert report.figures["relative_depth_error"] == pytest.approx((500 / 4000 + 500 / 5000) / 2)
    assert np.isnan(report.figures["mrpe_mm"]) and report.figures["counts"] == {
        "root": 0, "depth": 2, "all_common_joints": 0, "limb_joints": 0,
    }  # fmt: skip
    assert "MRPE" not in report.to_text() and "MPJPE" not in report.to_text()


def test_pixels_are_those_of_the_crop():
    pred, truth = case()
    for row in pred["annotations"]:
        keypoints = np.array(row["keypoints"]).reshape(-1, 3)
        side = 1.25 * max(row["bbox"][2:])
        keypoints[:, 0] += side / 256 * 7
        row["keypoints"] = keypoints.reshape(-1).tolist()
    figures = evaluate(pred, truth).figures
    assert figures["crop_px_error"] == pytest.approx(7) and figures["crop_px_error_limb_joints"] == pytest.approx(7)


def test_what_cannot_be_matched_is_named():
    pred, truth = case()
    with pytest.raises(ValueError, match="iou: expected"):
        evaluate(pred, truth, minimum_iou=0.0)
    truth["annotations"][1] = {"id": 7, "image_id": 1, "root_depth_mm": 3000.0}
    with pytest.raises(ValueError, match="annotation 7 has neither bbox nor 2D joints"):
        evaluate(pred, truth)


def test_pw3d_scores_the_root_of_matched_people():
    pred, truth = (
        annotations_from_coco(d, n) for d, n in zip(case(shift=(0, 40, 300)), ("pred", "truth"), strict=True)
    )
    figures = pw3d.evaluate(pred, truth).figures
    assert (figures["mrpe_y_mm"], figures["mrpe_z_mm"], figures["matched"]) == pytest.approx((40, 300, 2))
    assert figures["mpjpe_mm"] == pytest.approx(0, abs=1e-9)
    assert pw3d.evaluate(pred, annotations_from_coco(document([image(1)], []), "truth")).figures["matched"] == 0


REAL = ("h36m_s9", "h36m_frames", "mpi_inf_3dhp", "mupots_lowres")


@pytest.mark.parametrize(
    "name", [*(f"{n}/ground_truth.json" for n in REAL), "coco/photos2d.json", "official_demo/demo.json"]
)
def test_real_sets_are_read(shared, name):
    path = shared / "kit/real_dev" / name
    truth = open_ground_truth(path)
    raw = json.loads(path.read_text())
    assert len(truth) == len(raw.get("annotations", raw.get("persons")))
    figures = generic.evaluate(truth, truth).figures
    assert figures["recall"] == 1
    if not name.startswith("coco"):
        assert figures["relative_depth_error"] == 0
    assert figures["crop_px_error"] == 0
