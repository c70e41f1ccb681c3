from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from people3d.view.colors import person_color, person_label
from people3d.view.scene3d import figure, save_html, scene_points

from .conftest import make_people

CHROMIUM_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",  # WebGL without a GPU
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--window-size=1000,900",
    "--virtual-time-budget=8000",
)


def _shown(trace) -> np.ndarray:
    return np.stack([np.asarray(trace[axis], float) for axis in "xyz"], -1)


def test_axes_are_metres_right_depth_and_up():
    assert scene_points(np.array([1000, 2000, 3000])).tolist() == [1, 3, -2]


def test_legend_has_the_labels_and_colours_of_the_overlay(family):
    legend = {trace.name: trace for trace in figure(family).data if trace.type == "scatter3d" and trace.showlegend}
    for person in range(len(family)):
        color = legend[person_label(family, person)].line.color
        assert color == "#{:02x}{:02x}{:02x}".format(*person_color(family, person))


def test_joints_stand_where_they_are_and_say_who_and_how_far(family):
    joints = [trace for trace in figure(family).data if trace.mode == "markers"]
    assert len(joints) == len(family)
    for person, trace in enumerate(joints):
        np.testing.assert_allclose(_shown(trace), scene_points(family.joints_cam_mm[person]))
        distance = np.linalg.norm(family.root_cam_mm[person]) / 1000
        assert all(f"person {person + 1}" in text and f"{distance:.2f} m away" in text for text in trace.text)
    wrist = family.skeleton.index("R_Wrist")
    assert joints[0].marker.symbol[wrist] == "circle-open"
    assert "hidden or uncertain" in joints[0].text[wrist]


def test_hover_gives_the_standard_deviation_where_there_is_one(family):
    fig = figure(replace(family, root_depth_std_mm=np.full(len(family), 240.0)))
    text = next(trace.text[0] for trace in fig.data if trace.mode == "markers")
    assert "± 0.24 m" in text


def test_a_metre_is_as_long_on_every_axis(family):
    scene = figure(family).layout.scene
    ratios = [
        (scene[f"{axis}axis"].range[1] - scene[f"{axis}axis"].range[0]) / scene.aspectratio[axis] for axis in "xyz"
    ]
    np.testing.assert_allclose(ratios, ratios[0])


def test_the_view_starts_behind_and_above_the_camera_and_looks_at_people(family):
    scene = figure(family).layout.scene
    low, high = np.array([scene[f"{axis}axis"].range for axis in "xyz"]).T
    scale = (high - low).max()
    eye, target = (
        np.array([vector[axis] for axis in "xyz"]) * scale + (low + high) / 2
        for vector in (scene.camera.eye, scene.camera.center)
    )
    assert eye[1] < 0 and eye[2] > 0
    np.testing.assert_allclose(target, np.median(scene_points(family.root_cam_mm), 0))


def test_frustum_starts_at_the_camera_and_its_corners_are_the_images(family):
    frustum = next(trace for trace in figure(family).data if trace.name == "camera")
    points = _shown(frustum)
    assert (points == 0).all(-1).any()
    corner = points[0] * [1000, 1000, -1000]
    px = family.camera.project(corner[[0, 2, 1]])
    np.testing.assert_allclose(px, [0, 0], atol=1e-6)


def test_the_photograph_is_the_image_plane(family):
    image = np.zeros((family.height, family.width, 3), np.uint8)
    image[:, : family.width // 2] = (255, 0, 0)
    plane = next(trace for trace in figure(family, image).data if trace.type == "mesh3d")
    centre_x = np.asarray(plane.x)[np.asarray(plane.i)]
    colors = np.array(plane.facecolor)
    assert (colors[centre_x < -0.01] == "#ff0000").all()
    assert (colors[centre_x > 0.01] == "#000000").all()


def test_nobody_is_a_scene_with_the_camera_and_a_note():
    fig = figure(make_people([]))
    assert [trace.name for trace in fig.data] == ["camera"]
    assert "nobody found" in fig.layout.title.text


def test_page_needs_no_network_and_replaces_a_file_at_once(family, image, tmp_path):
    path = tmp_path / "a <b>.html"
    path.write_text("old")
    save_html(family, path, image)
    page = path.read_text()
    assert "<title>a &lt;b&gt; · people3d</title>" in page
    assert not re.search(r'<(script|link|img)[^>]*(src|href)="(https?:)?//', page)
    assert [p.name for p in tmp_path.iterdir()] == ["a <b>.html"]


@pytest.mark.parametrize("scene", ["crowd", "nobody"])
def test_page_opens_in_a_browser_without_errors(scene, request, image, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium here")
    people = make_people([]) if scene == "nobody" else request.getfixturevalue(scene)
    save_html(people, tmp_path / "page.html", image)
    places = [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'page.png'}"]
    run = subprocess.run(
        [chromium, *CHROMIUM_SWITCHES, *places, (tmp_path / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=400,  # seconds suffice where nothing else runs
    )
    # Chromium logs errors of the page as INFO too, so whatever it says counts, but for a hint that Plotly provokes.
    console = [line for line in run.stderr.splitlines() if "CONSOLE" in line and "willReadFrequently" not in line]
    assert not console
    picture = np.asarray(Image.open(tmp_path / "page.png").convert("RGB")).reshape(-1, 3).astype(int)
    for person in range(min(len(people), 5)):  # everybody's colour is on the screen
        assert (np.abs(picture - person_color(people, person)).max(-1) <= 2).sum() > 30
    assert len(np.unique(picture, axis=0)) > 200  # and so is the photograph
