"""What a visitor looks at, at any focal length."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.app.limits import Limits
from people3d.app.visit import Visit, equivalent_mm, overlay, scene, summary
from people3d.camera import Camera
from people3d.people import People
from people3d.skeleton import SKELETONS


@pytest.fixture
def visit(make_people):
    return Visit("photo", (("photo.jpg", make_people(2)),), lambda frame: np.zeros((480, 640, 3), np.uint8))


def test_the_slider_scales_distances_exactly(visit):
    people = visit.people()
    found = equivalent_mm(people.camera, people.width, people.height)
    assert found == pytest.approx(33.25, abs=0.01)  # 55 degrees across the longer side
    twice = visit.people(0, 2 * found)
    np.testing.assert_allclose(twice.camera.fx, 2 * people.camera.fx)
    np.testing.assert_allclose(twice.root_cam_mm[:, 2], 2 * people.root_cam_mm[:, 2])
    np.testing.assert_allclose(twice.camera.project(twice.joints_cam_mm), people.joints_px, atol=1e-6)
    # From what the networks gave, not from what was shown before: there and back is where it began.
    np.testing.assert_array_equal(visit.at_focal(80).people(0).root_cam_mm, visit.people(0, 80).root_cam_mm)
    assert visit.at_focal(None) is visit


def test_the_summary_says_where_everybody_is_and_what_is_assumed(visit):
    people = visit.people()
    text = summary(people)
    assert f"{np.linalg.norm(people.root_cam_mm[1]) / 1000:.2f} m" in text
    assert "assumed" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4}, "a cell below each head"
    assert "as you set it" in summary(visit.people(0, 50))
    nobody = People.empty(SKELETONS["muco21"], Camera.default(64, 48), 64, 48)
    assert summary(nobody).startswith("**Nobody found**")


def test_what_is_shown(make_people):
    camera = Camera.from_focal(3000, 4000, 3000)
    people = People.empty(SKELETONS["muco21"], camera, 4000, 3000)
    image = np.zeros((3000, 4000, 3), np.uint8)
    assert overlay(image, people).shape == (1200, 1600, 3)
    assert scene(image, people).layout.uirevision is not None  # the view stays while the slider moves


def test_limits_are_checked():
    assert Limits().pixels == 50_000_000
    with pytest.raises(ValueError, match="upload-mb: expected 1 or more, got 0"):
        Limits(upload_mb=0)
