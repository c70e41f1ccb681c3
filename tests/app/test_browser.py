"""The page in a browser: upload, result, slider, files, bad uploads, two visitors. Skips without Chromium.

PEOPLE3D_SCREENSHOTS=folder keeps pictures of what was seen.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

import pytest

DISTANCE = re.compile(r"([\d.]+) m")


def _hand_over(page, path):
    page.locator("#photo input[type=file]").set_input_files(str(path))


def _distance(page) -> float:
    """Metres to the first person, when the page says so."""
    cell = page.locator("#summary td strong").first
    cell.wait_for()
    return float(DISTANCE.search(cell.inner_text())[1])


def _screenshot(page, name):
    if folder := os.environ.get("PEOPLE3D_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_from_a_photo_to_files(visit, photos, predictor, tmp_path):
    page = visit()
    _hand_over(page, photos / "fifty.jpg")
    at_50 = _distance(page)
    assert "EXIF" in page.locator("#summary").inner_text()
    page.locator("#overlay img").wait_for()
    page.locator("#scene .js-plotly-plot").wait_for()
    slider = page.locator("#focal input[type=number]")
    assert float(slider.input_value()) == pytest.approx(50, abs=0.01)
    _screenshot(page, "photo")

    calls = len(predictor.networks.batches)
    slider.fill("100")
    slider.press("Tab")
    page.locator("#summary", has_text="as you set it").wait_for()
    assert _distance(page) == pytest.approx(2 * at_50, rel=0.02)
    assert len(predictor.networks.batches) == calls  # no network ran again
    _screenshot(page, "slider")

    page.get_by_label("csv (.csv)").check()
    page.locator("#make").click()
    links = page.locator("#files a[download]")
    links.nth(1).wait_for()
    with page.expect_download() as download:
        links.first.click()
    download.value.save_as(tmp_path / "people3d.json")
    assert '"focal_source": "given"' in (tmp_path / "people3d.json").read_text()
    _screenshot(page, "files")
    assert page.strangers == []


@pytest.mark.parametrize(
    ("name", "says"),
    [("broken.jpg", "damaged or cut off"), ("large.png", "expected at most 1,000,000 pixels"), ("heavy.png", "exceed")],
)
def test_a_bad_upload_is_named_and_the_next_one_works(visit, photos, name, says):
    page = visit()
    _hand_over(page, photos / name)
    toast = page.get_by_test_id("toast-body")
    toast.wait_for()
    text = toast.inner_text()
    assert says in text.lower() or says in text
    assert "/tmp" not in text  # nobody learns where files lie
    _screenshot(page, name.split(".")[0])
    again = visit()
    _hand_over(again, photos / "fifty.jpg")
    assert _distance(again) > 0


def test_two_visitors_at_once(visit, photos, server):
    one, two = visit(), visit()
    _hand_over(one, photos / "fifty.jpg")
    _hand_over(two, photos / "other.png")
    near, far = _distance(two), _distance(one)
    assert far == pytest.approx(near * 50 / 33.25, rel=0.02)  # each has the camera of his own photo
    sources = {}
    for page in (one, two):
        page.locator("#overlay img").wait_for()
        sources[page] = page.locator("#overlay img").get_attribute("src")
    assert sources[one] != sources[two]
    assert one.request.get(sources[one]).status == 200
    assert two.request.get(sources[one]).status == 404
    assert two.request.get(f"{server}/gradio_api/file={quote('/etc/passwd')}").status == 404


def test_a_video_runs_and_can_be_cancelled(visit, walk, predictor):
    page = visit()
    page.get_by_role("tab", name="Video").click()
    page.locator("#video input[type=file]").set_input_files(str(walk))
    page.locator("#video video").wait_for(state="attached")
    page.locator("#start").click()
    page.locator("#film video").wait_for(state="attached")
    at_first = _distance(page)
    frame = page.locator("#frame input[type=number]")
    frame.fill("12")
    frame.press("Tab")
    page.locator("#summary td strong", has_text=re.compile("m")).first.wait_for()
    assert at_first > 0
    _screenshot(page, "video")

    page.locator("#start").click()
    page.locator("#stop").click()
    page.locator("#summary", has_text="Cancelled").wait_for()
