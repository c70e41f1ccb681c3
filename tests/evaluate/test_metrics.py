"""Errors of matched people: invariances, and equality with the released code."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from people3d.evaluate.alignment import procrustes_align
from people3d.evaluate.metrics import (
    joint_distances,
    mean_or_nan,
    mpjpe,
    n_mpjpe,
    pa_mpjpe,
    relative_depth_errors,
    root_errors,
)


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 400, (6, 17, 3))


def moved(joints: np.ndarray, scale: float) -> np.ndarray:
    rotation = Rotation.random(len(joints), rng=np.random.default_rng(1)).as_matrix()
    return scale * joints @ rotation + np.random.default_rng(2).normal(0, 2000, (len(joints), 1, 3))


def test_nobody_is_a_result():
    empty = np.zeros((0, 17, 3))
    for values in (mpjpe(empty, empty), mpjpe(empty, empty, root=0), pa_mpjpe(empty, empty), n_mpjpe(empty, empty, 0)):
        assert values.shape == (0,)
    assert root_errors(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 4)
    assert np.isnan(mean_or_nan(np.zeros(0)))


def test_each_alignment_removes_what_it_names_and_nothing_more(truth):
    rigid, scaled = moved(truth, 1.0), moved(truth, 0.7)
    assert np.allclose(pa_mpjpe(rigid, truth, scale=False), 0, atol=1e-9)
    assert np.allclose(pa_mpjpe(scaled, truth, scale=True), 0, atol=1e-9)
    assert (pa_mpjpe(scaled, truth, scale=False) > 100).all()
    assert np.allclose(n_mpjpe(0.7 * truth + 50, truth, root=14), 0, atol=1e-9)
    assert (n_mpjpe(rigid, truth, root=14) > 100).all()


def test_a_mirrored_person_is_not_the_same(truth):
    mirrored = truth * [-1, 1, 1]
    assert (pa_mpjpe(mirrored, truth) > 100).all()
    # The best proper rotation cannot be improved by small turns.
    aligned = procrustes_align(mirrored, truth, scale=False)
    cost = (joint_distances(aligned, truth) ** 2).sum()
    centre = aligned.mean(1, keepdims=True)
    for axis in np.eye(3):
        turn = Rotation.from_rotvec(0.01 * axis).as_matrix()
        assert (joint_distances((aligned - centre) @ turn + centre, truth) ** 2).sum() > cost


def test_missing_joints_are_left_out(truth):
    pred = moved(truth, 0.7)
    pred[0, 3], pred[1, 5] = np.nan, 0.0
    assert pa_mpjpe(pred, truth)[0] == pytest.approx(0, abs=1e-9)
    assert pa_mpjpe(pred, truth)[1] > 10
    whole = truth + np.array([3, 0, 4])
    whole[0, 3] = np.nan
    assert np.allclose(mpjpe(whole, truth), 5)
    assert np.allclose(mpjpe(whole, truth, root=0), 0)
    assert np.isnan(mpjpe(whole, truth, scored=np.array([3]))[0])


def test_root_errors_are_distance_and_axes():
    errors = root_errors(np.array([[3.0, -4.0, 1012.0]]), np.array([[0.0, 0.0, 1000.0]]))
    assert errors.tolist() == [[13.0, 3.0, 4.0, 12.0]]
    assert relative_depth_errors(np.array([1100.0, 1800.0]), np.array([1000.0, 2000.0])) == pytest.approx([0.1, 0.1])


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"\(2, 17, 3\) and \(3, 17, 3\)"):
        mpjpe(np.zeros((2, 17, 3)), np.zeros((3, 17, 3)))
    with pytest.raises(ValueError, match="roots"):
        root_errors(np.zeros((2, 2)), np.zeros((2, 2)))


def test_equal_to_the_released_code(shared):
    case = json.loads((shared / "parity/geometry_case.json").read_text())
    pred, truth = np.array(case["pred_mm"]), np.array(case["gt_mm"])
    assert mpjpe(pred, truth, root=0).mean() == pytest.approx(case["expected_mpjpe_mm"], abs=1e-3)
    assert pa_mpjpe(pred, truth, scale=False).mean() == pytest.approx(case["expected_pa_mpjpe_rigid_mm"], abs=1e-3)
