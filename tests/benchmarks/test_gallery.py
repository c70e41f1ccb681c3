"""The picture of right and wrong people of a card."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from people3d import results
from people3d.evaluate.annotations import annotations_from_coco


def both(make_people, count: int):
    """One person a picture; the n-th is predicted with joints n mm off, in a green picture."""
    rng = np.random.default_rng(0)
    true, found = [], []
    for n in range(count):
        people = make_people(1, seed=n)
        people = replace(people, boxes_xyxy=np.array([[100.0, 100, 220, 400]]))
        moved = people.joints_cam_mm + n * rng.choice([-1, 1], people.joints_cam_mm.shape)
        true.append((f"{n}.png", people))
        found.append((f"{n}.png", replace(people, joints_cam_mm=moved)))
    skeleton = true[0][1].skeleton
    documents = (results.document(p, skeleton, {}) for p in (found, true))
    return tuple(annotations_from_coco(d, "made up") for d in documents)


def test_rows_go_from_right_to_wrong(make_people, tmp_path, monkeypatch):
    import gallery

    pred, truth = both(make_people, 60)
    for n in range(60):
        cv2.imwrite(str(tmp_path / f"{n}.png"), np.full((480, 640, 3), (0, 200, 0), np.uint8))
    texts = []
    drawn = gallery._cell
    monkeypatch.setattr(gallery, "_cell", lambda picture, text: (texts.append(text), drawn(picture, text))[1])
    picture = gallery.gallery(pred, truth, tmp_path)
    assert picture.dtype == np.uint8 and picture.shape == (4 * 262, 6 * 240, 3)
    assert (picture[5, 120] == [0, 200, 0]).all() and len(texts) == 24
    errors = np.array([float(text.split(" mm")[0]) for text in texts]).reshape(4, 6).mean(1)
    assert (np.diff(errors) > 0).all() and errors[0] < 15 and errors[-1] > 60


def test_too_few_people(make_people, tmp_path):
    import gallery

    with pytest.raises(ValueError, match="expected 24 matched people or more, got 5"):
        gallery.gallery(*both(make_people, 5), tmp_path)
