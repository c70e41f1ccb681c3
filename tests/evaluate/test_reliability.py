"""Errors against the standard deviations that were given with them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from people3d.cli import main
from people3d.evaluate.reliability import calibration, reliability_curve, reliability_svg

from .evaluation_cases import document, image, person, standing_at, write

rng = np.random.default_rng(0)
STD = rng.uniform(50, 400, 5000)
ERRORS = np.abs(rng.laplace(0, STD / np.sqrt(2)))


def test_right_deviations_have_the_shares_of_a_laplace_distribution():
    found = calibration(ERRORS, STD)
    assert found["count"] == 5000
    assert found["rms_mm"] == pytest.approx(found["std_mm"], rel=0.05)
    assert found["within_1_std"] == pytest.approx(1 - np.exp(-np.sqrt(2)), abs=0.02)
    assert found["within_2_std"] == pytest.approx(1 - np.exp(-2 * np.sqrt(2)), abs=0.02)
    assert found["rank_correlation"] > 0.3
    std, rms = reliability_curve(ERRORS, STD)
    np.testing.assert_allclose(rms, std, rtol=0.15)


def test_deviations_too_small_show():
    found = calibration(ERRORS, STD / 3)
    assert found["rms_mm"] > 2.5 * found["std_mm"] and found["within_1_std"] < 0.4
    assert abs(calibration(ERRORS, rng.permutation(STD))["rank_correlation"]) < 0.05


def test_what_is_not_known_does_not_count():
    assert calibration(np.array([1.0, np.nan, 3, 4]), np.array([1.0, 1, np.nan, 9]))["count"] == 2
    assert calibration(np.zeros(0), np.zeros(0))["count"] == 0


def test_the_diagram_is_an_svg_with_a_line_a_set():
    svg = reliability_svg({"depth": {"a & b": (ERRORS, STD), "c": (ERRORS, 2 * STD)}, "joints": {"a": (ERRORS, STD)}})
    tree = ElementTree.fromstring(svg)
    assert len([e for e in tree.iter() if e.tag.endswith("polyline")]) == 3
    assert "a & b" in "".join(tree.itertext())


def test_generic_tells_the_calibration_of_predictions(tmp_path, capsys):
    joints = standing_at(0, 0, 4000)
    further = joints + np.array([0, 0, 300])
    row = person(further, 0) | {
        "bbox": person(joints, 0)["bbox"],
        "root_depth_std": 200.0,
        "keypoints_std": [10.0] * len(joints),
    }
    images = [image(n) for n in range(3)]
    pred = write(tmp_path, "p.json", document(images, [row | {"id": n, "image_id": n} for n in range(3)]))
    truth = write(
        tmp_path, "t.json", document(images, [person(joints, n) | {"id": n, "image_id": n} for n in range(3)])
    )
    assert main(["evaluate", "--predictions", str(pred), "--ground-truth", str(truth), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["calibration"]
    assert found["root_depth"]["count"] == 3
    assert found["root_depth"]["rms_mm"] == pytest.approx(300) and found["root_depth"]["std_mm"] == pytest.approx(200)
    assert found["root_depth"]["within_1_std"] == 0 and found["root_depth"]["within_2_std"] == 1
    assert found["joints"]["count"] == 36 and found["joints"]["within_1_std"] == 1
    assert main(["evaluate", "--predictions", str(pred), "--ground-truth", str(truth)]) == 0
    assert "Standard deviations" in capsys.readouterr().out
