"""AP of the root: the released code's rules, and equality with its figure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.evaluate.annotations import annotations_from_coco, load_annotations
from people3d.evaluate.protocols import root_ap
from people3d.evaluate.root_ap import average_precision, nearest_people

from .evaluation_cases import document, image, person, standing_at


def slow_ap(scores, pred_image, pred_root, truth_image, truth_root, threshold):
    """The definition, written as a loop."""
    taken, right = set(), []
    for n in sorted(range(len(scores)), key=lambda n: -scores[n]):
        best, who = 9999.0, None
        for t in range(len(truth_image)):
            distance = np.linalg.norm(pred_root[n] - truth_root[t])
            if truth_image[t] == pred_image[n] and distance < best:
                best, who = distance, t
        right.append(who is not None and best < threshold and who not in taken)
        if right[-1]:
            taken.add(who)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    recall = np.cumsum(right) / len(truth_image)
    return sum(precision[n + 1] * (recall[n + 1] - recall[n]) for n in range(len(right) - 1))


@pytest.mark.parametrize("seed", range(5))
def test_the_fast_way_is_the_slow_way(seed):
    rng = np.random.default_rng(seed)
    truth_image, pred_image = rng.integers(0, 8, 20), rng.integers(0, 9, 40)
    truth_root, pred_root = rng.normal(0, 300, (20, 3)), rng.normal(0, 300, (40, 3))
    pred_root[0] += 20_000  # nobody is that near
    scores = rng.integers(0, 4, 40) / 4  # many ties
    person, distance = nearest_people(pred_image, pred_root, truth_image, truth_root)
    assert person[0] == -1
    expected = slow_ap(scores, pred_image, pred_root, truth_image, truth_root, 250)
    assert expected > 0
    assert average_precision(scores, person, distance, 20, 250) == pytest.approx(expected, abs=1e-12)


def test_nobody_on_either_side():
    none = np.zeros(0)
    assert average_precision(none, none, none, 3, 250) == 0
    assert np.isnan(average_precision(none, none, none, 0, 250))


def case():
    truth = [person(standing_at(x, 0, 4000), i, n, is_valid=1) for n, (x, i) in enumerate([(0, 1), (900, 1), (0, 2)])]
    truth.append(person(standing_at(0, 0, 3000), 3, 3, is_valid=0))
    pred = [
        {"id": n, "image_id": i, "score": s, "root_cam": [x, 0, z], "bbox": [0, 0, 1, 1]}
        for n, (i, s, x, z) in enumerate(
            [(1, 0.9, 0, 4000), (1, 0.8, 10, 4000), (1, 0.7, 900, 4249), (2, 0.6, 0, 4250)]
        )
    ]
    pred.append({"id": 9, "image_id": 3, "score": 1.0, "root_cam": [0, 0, 3000]})
    images = [image(n) for n in (1, 2, 3)]
    return {"images": images, "annotations": pred}, document(images, truth)


def evaluate(pred, truth, **more):
    return root_ap.evaluate(annotations_from_coco(pred, "pred"), annotations_from_coco(truth, "truth"), **more)


def test_the_first_recall_is_dropped_and_the_threshold_strict():
    report = evaluate(*case())
    # Right, doubled, right, 250 mm away: only the second right one adds, with precision 2/3 and recall 1/3.
    assert report.figures["ap_root"] == pytest.approx(2 / 9)
    assert report.provenance["predictions_counted"] == 4  # an image without a valid person is skipped
    assert evaluate(*case(), threshold_mm=251.0).figures["ap_root"] == pytest.approx(2 / 9 + 3 / 4 / 3)


def test_what_is_missing_is_named():
    pred, truth = case()
    with pytest.raises(ValueError, match="millimetres above 0"):
        evaluate(pred, truth, threshold_mm=-1.0)
    del pred["annotations"][0]["root_cam"]
    with pytest.raises(ValueError, match="root_cam for every prediction"):
        evaluate(pred, truth)


def test_equal_to_the_released_code(shared):
    folder = shared / "parity"
    expected = json.loads((folder / "ap_root_expected.json").read_text())
    pred, truth = (load_annotations(folder / f"ap_root_{name}.json") for name in ("predictions", "ground_truth"))
    figures = root_ap.evaluate(pred, truth, expected["threshold_mm"]).figures
    assert figures["ap_root"] == pytest.approx(expected["ap_root"], abs=1e-9)
