"""The page of the worst people."""

from __future__ import annotations

import base64
import re

import cv2
import numpy as np
import pytest

from people3d.cli import main
from people3d.evaluate.annotations import annotations_from_coco
from people3d.evaluate.error_page import worst_page
from people3d.evaluate.protocols import box_ap, generic

from .evaluation_cases import document, image, person, standing_at, write


def case(people: int = 3) -> tuple[dict, dict]:
    """One person a picture; the n-th is predicted n times 100 mm (of 20 people: 15 mm) too far away."""
    images = [image(n, width=2048, height=2048) for n in range(people)]
    truth = [person(standing_at(0, 0, 4000), n, n, age=30 + n) for n in range(people)]
    pred = [person(standing_at(0, 0, 4000 + (100 if people < 20 else 15) * n), n, n) for n in range(people)]
    return document(images, pred), document(images, truth)


def page(tmp_path, count: int, people: int = 3, **more) -> str:
    pred, truth = (annotations_from_coco(d, "file") for d in case(people))
    return worst_page(generic.evaluate(pred, truth), pred, truth, tmp_path, count, **more)


def titles(html: str) -> list[str]:
    return re.findall("<h3>(.*?)</h3>", html)


def test_the_worst_come_first(tmp_path):
    html = page(tmp_path, 2)
    assert [t.split(";")[0] for t in titles(html)] == ["relative depth error: 5 %", "relative depth error: 2 %"]
    assert "annotation 2" in titles(html)[0] and "truth 4.00 m, predicted 4.20 m" in titles(html)[0]
    assert [t.split(";")[0] for t in titles(page(tmp_path, 1, by="mrpe_mm"))] == ["mrpe mm: 200 mm"]
    assert all(f"{name}" in html for name in ("distance, m", "height, px", "age, years")) and "no picture at" in html


def test_the_picture_shows_truth_and_prediction(tmp_path):
    for n in range(3):
        cv2.imwrite(str(tmp_path / f"img_{n:06d}.jpg"), np.full((2048, 2048, 3), 255, np.uint8))
    html = page(tmp_path, 1)
    data = re.search('data:image/jpeg;base64,([^"]+)', html)
    assert data
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data.group(1)), np.uint8), cv2.IMREAD_COLOR)
    blue, green, red = np.moveaxis(np.asarray(shown, int), -1, 0)
    assert ((green - red > 80) & (green - blue > 20)).sum() > 100  # truth
    assert ((red - blue > 100) & (red - green > 60)).sum() > 100  # prediction


def test_no_more_3d_scenes_than_a_browser_draws(tmp_path):
    html = page(tmp_path, 20, people=20)
    assert len(titles(html)) == 20
    assert html.count('"aspectmode":"data"') == 12 and html.count('"scaleanchor":"x"') == 8


def test_what_cannot_be_ranked_is_named(tmp_path):
    with pytest.raises(ValueError, match="no error 'nonsense' per person; it has "):
        page(tmp_path, 1, by="nonsense")
    pytest.importorskip("faster_coco_eval")
    pred, truth = (annotations_from_coco(d, "file") for d in case())
    with pytest.raises(ValueError, match="it has none"):
        worst_page(box_ap.evaluate(pred, truth), pred, truth, tmp_path, 1)


def test_the_command_writes_it(tmp_path, capsys):
    pred, truth = (write(tmp_path, f"{n}.json", d) for n, d in zip(("pred", "truth"), case(), strict=True))
    common = ["evaluate", "--predictions", str(pred), "--ground-truth", str(truth), "--worst", "2"]
    assert main([*common, "--output", str(tmp_path / "out")]) == 0
    assert len(titles((tmp_path / "out/worst.html").read_text())) == 2
    assert main(common) == 2 and "--output" in capsys.readouterr().err
