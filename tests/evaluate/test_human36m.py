"""Human3.6M: who is tested, what is aligned, what is scored."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from people3d.evaluate.annotations import annotations_from_coco
from people3d.evaluate.metrics import pa_mpjpe
from people3d.evaluate.protocols import human36m

from .evaluation_cases import document, image, person

RNG = np.random.default_rng(3)


def pose(z: float = 5000) -> np.ndarray:
    """(17, 3) joints of Human3.6M, the pelvis ahead of the camera."""
    joints = RNG.normal([0, 0, z], 300, (17, 3))
    joints[0] = [0, 0, z]
    return joints


def with_thorax(joints: np.ndarray) -> np.ndarray:
    return np.concatenate([joints, joints[[11, 14]].mean(0, keepdims=True)])


def evaluate(pred: dict, truth: dict, protocol: Literal[1, 2] = 2):
    return human36m.evaluate(annotations_from_coco(pred, "pred"), annotations_from_coco(truth, "truth"), protocol)


def case(names: list[str], **more) -> tuple[dict, dict]:
    images = [image(n, file_name=name, **more) for n, name in enumerate(names)]
    truth = document(images, [person(pose(), n, n) for n in range(len(images))], "h36m17")
    pred = document(images, [person(pose(), n, n) for n in range(len(images))], "h36m17")
    return pred, truth


def joints_of(doc: dict) -> np.ndarray:
    return np.array([row["keypoints_cam"] for row in doc["annotations"]])


def test_procrustes_takes_thorax_in_and_scoring_leaves_it_out():
    pred, truth = case(["a.jpg", "b.jpg"])
    figures = evaluate(pred, truth, 1).figures
    p, t = (np.array([with_thorax(x) for x in joints_of(doc)]) for doc in (pred, truth))
    expected = pa_mpjpe(p, t, scale=False, scored=np.arange(17)).mean()
    assert figures["pa_mpjpe_rigid_mm"] == pytest.approx(expected, abs=1e-9)
    assert abs(expected - pa_mpjpe(p[:, :17], t[:, :17], scale=False).mean()) > 0.1
    assert figures["pa_mpjpe_with_scale_mm"] < figures["pa_mpjpe_rigid_mm"] < figures["mpjpe_mm"]
    assert figures["headline"] == "pa_mpjpe_rigid_mm"


def test_mpjpe_counts_the_pelvis_with_error_zero():
    pred, truth = case(["a.jpg"])
    for row in pred["annotations"]:
        moved = np.array(truth["annotations"][0]["keypoints_cam"])
        moved[1:] += [17, 0, 0]
        row["keypoints_cam"] = moved.tolist()
    assert evaluate(pred, truth).figures["mpjpe_mm"] == pytest.approx(16.0)


def test_the_mean_is_over_samples_not_over_actions():
    names = [f"s_09_act_{a:02d}_subact_01_ca_01_{n:06d}.jpg" for n, a in enumerate([2, 2, 2, 3])]
    pred, truth = case(names)
    for row, true_row, shift in zip(pred["annotations"], truth["annotations"], (10, 10, 10, 50), strict=True):
        row["root_cam"] = (np.array(true_row["keypoints_cam"])[0] + [0, 0, shift]).tolist()
    figures = evaluate(pred, truth).figures
    assert figures["mrpe_mm"] == pytest.approx(20) and figures["mrpe_z_mm"] == pytest.approx(20)
    assert figures["mrpe_x_mm"] == pytest.approx(0)
    assert list(figures["per_action"]) == ["Directions", "Discussion"]
    assert [a["samples"] for a in figures["per_action"].values()] == [3, 1]
    assert figures["per_action"]["Discussion"]["mrpe_mm"] == pytest.approx(50)


def test_only_the_protocols_subjects_and_frames_are_tested():
    names = [f"s_{s:02d}_act_02_subact_02_ca_{c:02d}_000001.jpg" for s, c in [(1, 1), (9, 1), (11, 2), (11, 1)]]
    pred, truth = case(names)
    assert evaluate(pred, truth, 2).figures["samples"] == 2  # neither S1 nor the video left out
    assert evaluate(pred, truth, 1).figures["samples"] == 1
    for n, entry in enumerate(truth["images"]):
        entry["frame_idx"] = 64 * n + (n == 2)
    assert evaluate(pred, truth, 2).figures["samples"] == 1
    with pytest.raises(ValueError, match="no valid person on an image that protocol 1 tests"):
        evaluate(pred, truth, 1)


def test_of_several_predictions_the_box_decides_and_a_missing_one_is_told():
    pred, truth = case(["a.jpg", "b.jpg"])
    right = dict(truth["annotations"][0], score=0.1)
    elsewhere = dict(right, bbox=[5000, 5000, 10, 10], score=0.9, keypoints_cam=pose(9000).tolist())
    report = evaluate(pred | {"annotations": [elsewhere, right]}, truth)
    assert report.figures["mpjpe_mm"] == 0 and report.figures["samples"] == 1
    assert report.provenance["people_without_prediction"] == 1
    for row in (right, elsewhere):
        del row["bbox"]
        del row["keypoints"]
    assert evaluate(pred | {"annotations": [right, elsewhere]}, truth).figures["mpjpe_mm"] > 100  # the best score


def test_nobody_is_matched_twice():
    pred, truth = case(["a.jpg"])
    near = truth["annotations"][0]
    beside = dict(near, id=1, bbox=[near["bbox"][0] + 30, *near["bbox"][1:]])
    report = evaluate(pred | {"annotations": [dict(near)]}, truth | {"annotations": [beside, near]})
    assert report.figures["samples"] == 1 and report.people["truth"].tolist() == [1]


def test_truth_without_joints_is_refused():
    pred, truth = case(["a.jpg"])
    del truth["annotations"][0]["keypoints_cam"]
    with pytest.raises(ValueError, match="needs keypoints_cam"):
        evaluate(pred, truth)
