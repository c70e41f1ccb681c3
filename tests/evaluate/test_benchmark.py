"""people3d benchmark: the paper's tables with our rows, its figures 3 and 4."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from people3d.cli import main
from people3d.evaluate.k_figures import ambiguous_pairs, correlation
from people3d.evaluate.paper import PAPER_TABLES

from .evaluation_cases import STANDING, document, image, person, project, standing_at, write

CAMERA = [1500.0, 1500.0, 1024.0, 1024.0]
TRUE_MM = [standing_at(-600, 0, 4000), standing_at(600, 0, 5000)]


def run(capsys, *args: str | Path) -> dict:
    assert main(["benchmark", *map(str, args), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    """Two people on two pictures; the prediction is 100 mm too far away, on the same rays."""
    images = [image(n, intrinsic=CAMERA, sequence=f"TS{n + 1}") for n in range(2)]
    truth, pred = [], []
    for n, joints in enumerate(TRUE_MM):
        farther = joints[..., 2:] + 100
        moved = np.concatenate([joints[:, :2] / joints[:, 2:] * farther, farther], 1)
        box = person(joints, n)["bbox"]
        truth.append(person(joints, n, n, keypoints_univ=joints.tolist(), root_cam=joints[14].tolist()))
        pred.append(person(moved, n, n, root_cam=moved[14].tolist(), bbox=box))
    info = {"seconds_per_image": 0.25}
    return (
        write(tmp_path, "people3d.json", document(images, pred, info=info)),
        write(tmp_path, "truth.json", document(images, truth)),
    )


def test_the_papers_numbers_are_whole():
    assert sorted(PAPER_TABLES) == list(range(1, 11))
    for table in PAPER_TABLES.values():
        assert all(len(values) == len(table.columns) and values[-1] is not None for _, values in table.rows)
    for number in (5, 9):  # the last column is the mean over the sequences
        for label, values in PAPER_TABLES[number].rows:
            if label.startswith("Ours"):
                assert np.mean([v or 0 for v in values[:-1]]) == pytest.approx(values[-1], abs=0.06)


@pytest.mark.parametrize("number", PAPER_TABLES)
def test_without_predictions_the_paper_stands_alone(capsys, number):
    found = run(capsys, f"table{number}")
    assert found["here"] == [] and len(found["paper"]) == len(PAPER_TABLES[number].rows)


def test_rows_of_ours(capsys, files):
    pred, truth = files
    common = ("--run", f"mine={pred}", "--ground-truth", truth)
    joint = run(capsys, "table1", *common)["here"][0]
    assert joint["label"] == "mine" and joint["values"][0] > 100 and joint["values"][2] == 0.25
    for number in (3, 4):
        values = run(capsys, f"table{number}", *common)["here"][0]["values"]
        assert values[:-1] == [None] * 15 and 0 < values[-1] < 20
    for number in (5, 9):
        everybody, matched = run(capsys, f"table{number}", *common)["here"]
        assert everybody["label"] == "mine, all" and everybody["values"] == matched["values"]
        assert everybody["values"] == [100.0, 100.0, *[None] * 18, 100.0]
    assert run(capsys, "table10", *common)["here"][0]["values"] == [100.0] * 9
    root = run(capsys, "table7", *common)["here"][0]["values"]
    assert root[3] == pytest.approx(100)


def test_table_2_tells_the_depths_apart(capsys, files):
    pytest.importorskip("faster_coco_eval")
    pred, truth = files
    found = run(capsys, "table2", "--run", f"mine={pred}", "--ground-truth", truth)
    rows = {row["label"]: dict(zip(found["columns"], row["values"], strict=True)) for row in found["here"]}
    k_alone, predicted, true = (rows[f"mine, {name}"] for name in ("k alone", "RootNet", "true roots"))
    assert all(row["AP_box"] == pytest.approx(100) for row in rows.values())
    assert k_alone["3DPCK_abs"] == 0 and predicted["3DPCK_abs"] == 100 and true["3DPCK_abs"] == 100
    assert true["AP_root_25"] == 50  # of two right ones the first recall is dropped
    assert found["provenance"]["mine"]["people"] == 2


def test_table_7_fits_roots_to_lifted_poses(capsys, tmp_path, files):
    images = [image(n, intrinsic=CAMERA) for n in range(2)]
    rows = []
    for n, joints in enumerate(TRUE_MM):
        row = person(joints, n, n) | {"keypoints_cam": STANDING.tolist()}
        rows.append(row)
        assert np.allclose(np.array(row["keypoints"]).reshape(-1, 3)[:, :2], project(joints))
    lifted = write(tmp_path, "lifted.json", document(images, rows))
    found = run(capsys, "table7", "--lifted", lifted, "--ground-truth", files[1])["here"]
    assert [row["label"].split(" (")[0] for row in found] == ["Baseline", "W/o limb joints", "RANSAC"]
    assert all(row["values"][0] < 1e-3 for row in found)


def test_markdown_and_bad_usage(capsys, tmp_path, files):
    pred, truth = files
    both = ["--run", f"a={pred}", f"b={pred}", "--ground-truth", str(truth)]
    assert main(["benchmark", "table5", *both, "--output", str(tmp_path)]) == 0
    text = (tmp_path / "table5.md").read_text()
    assert "| here: b, matched | 100.0 |" in text and "- a: people: 2" in text
    capsys.readouterr()
    for args in (["table5", "--run", "nonsense", *both[3:]], ["table5", *both[:2]], ["figure3", *both[3:]]):
        assert main(["benchmark", *args]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1


def test_pairs_that_k_misjudges():
    k, depth = np.array([3.0, 3.01, 5.0, 6.0]), np.array([3.0, 5.0, 5.02, 9.0])
    pairs = ambiguous_pairs(k, depth)
    assert pairs["same_k"] == [(0, 1)] and pairs["same_depth"] == [(1, 2)]
    assert correlation(k, 2 * k) == pytest.approx(1) and np.isnan(correlation(k, np.ones(4)))


def test_figures_are_pages(capsys, tmp_path, files):
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images/img_000000.jpg"), np.zeros((2048, 2048, 3), np.uint8))
    for name in ("figure3", "figure4"):
        assert main(["benchmark", name, "--ground-truth", str(files[1]), "--output", str(tmp_path / "out")]) == 0
        assert capsys.readouterr().out.strip() == str(tmp_path / "out" / f"{name}.html")
    assert "2 people, correlation 1.000" in (tmp_path / "out/figure3.html").read_text()
    assert "The same depth, different k" in (tmp_path / "out/figure4.html").read_text()
