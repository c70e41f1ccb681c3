"""Focal length and scale from people, on made-up people whose camera is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.focal import estimate_focal, upright_people
from people3d.metric import fit_metric
from people3d.people import SEEN, People
from people3d.skeleton import SKELETONS
from people3d.stature import heights_mm, scaled

MUCO = SKELETONS["muco21"]
# Height above the ankles and place to the right, as shares of the distance from ankles to the top of the head.
_HEIGHT = dict(Head_top=1, Head=0.9, Thorax=0.84, Spine=0.66, Pelvis=0.5, Hip=0.5, Knee=0.26, Ankle=0, Toe=-0.03)
_HEIGHT |= dict(Shoulder=0.83, Elbow=0.65, Wrist=0.48, Hand=0.42)


def standing(rng, count, fov_deg=60.0, tilt=0.3, frame=(1280, 720), camera=None) -> People:
    """People of about 1.7 m on a floor 2 m below a tilted camera, all of them whole in the picture."""
    width, height = frame
    true = Camera.from_fov(fov_deg, width, height)
    up = np.array([0, -math.cos(tilt), -math.sin(tilt)])
    joints = []
    while len(joints) < count:
        z, x = rng.uniform(2500, 12000), rng.uniform(-0.5, 0.5)
        x *= z * width / true.fx
        feet = np.array([x, (2000 + up[2] * z) / -up[1], z])
        lean = up + rng.normal(0, 0.04, 3)
        lean, tall = lean / np.linalg.norm(lean), rng.normal(1620, 80)
        points = np.stack(
            [feet + lean * tall * _HEIGHT[n.split("_")[-1] if n[:2] in ("L_", "R_") else n] for n in MUCO.joints]
        )
        for side, sign in (("L_", 1), ("R_", -1)):
            points[[j for j, n in enumerate(MUCO.joints) if n.startswith(side)], 0] += sign * 100
        px = true.project(points)
        if (points[:, 2] > 500).all() and ((px > 0) & (px < [width, height])).all():
            joints.append(points)
    joints = np.array(joints)
    px, roots = true.project(joints), joints[:, MUCO.root]
    people = People(
        np.concatenate([px.min(1), px.max(1)], 1),
        np.ones(count),
        joints,
        px,
        np.full((count, 21), SEEN, np.uint8),
        roots,
        MUCO,
        true,
        width,
        height,
    )
    # What the predictor gives with another camera: depths in proportion to its focal length.
    guess = camera or Camera.default(width, height)
    return replace(people.with_focal(guess.fx), camera=guess)


def test_a_tilted_camera_and_a_crowd_tell_the_focal_length():
    errors = []
    for seed, fov in enumerate((40, 60, 75)):
        upright = upright_people([standing(np.random.default_rng(seed), 24, fov)])
        estimate = estimate_focal(upright, 1280, 720)
        true = Camera.from_fov(fov, 1280, 720).fx
        errors.append((math.log(estimate.focal_px / true), estimate.std_px / estimate.focal_px))
        assert estimate.people >= 20
        assert estimate.informative
    for error, std in errors:
        assert abs(error) < 2 * std
        assert std < 0.25


def test_one_person_tells_little_and_that_is_said():
    people = standing(np.random.default_rng(0), 1)
    fit = fit_metric([people], focal=True, height_mm=None)
    assert "they tell little" in fit.notes[0]
    got = fit.apply(people)
    assert got.camera.focal_source == "auto"
    assert got.camera.focal_std > 0.2 * got.camera.fx
    assert 0.6 < got.camera.fx / people.camera.fx < 1.6


def test_nobody_upright(make_people):
    fit = fit_metric([make_people(2)], focal=True, height_mm=None)
    assert fit.camera is None
    assert "nobody stands upright" in fit.notes[0]
    empty = People.empty(MUCO, Camera.default(64, 48), 64, 48)
    assert fit_metric([empty], focal=True, height_mm=None).camera is None


def test_heights_and_scale():
    people = standing(np.random.default_rng(1), 3, camera=Camera.from_fov(60.0, 1280, 720))
    tall = np.linalg.norm(people.joints_cam_mm[:, 0] - people.joints_cam_mm[:, [10, 13]].mean(1), axis=-1)
    np.testing.assert_allclose(heights_mm(people), 1.043 * tall, rtol=0.02)
    twice = scaled(people, 2)
    np.testing.assert_allclose(heights_mm(twice), 2 * heights_mm(people))
    np.testing.assert_allclose(twice.camera.project(twice.joints_cam_mm), people.joints_px, atol=1e-6)


def test_a_known_height_fixes_the_scale():
    people = standing(np.random.default_rng(2), 3)
    front = int((people.boxes_xyxy[:, 3] - people.boxes_xyxy[:, 1]).argmax())
    got = fit_metric([people], focal=False, height_mm=1900).apply(people)
    assert heights_mm(got)[front] == pytest.approx(1900)
    np.testing.assert_allclose(got.root_cam_mm / people.root_cam_mm, got.root_cam_mm[0, 2] / people.root_cam_mm[0, 2])
    with pytest.raises(ValueError, match="expected somebody of known height, found nobody"):
        fit_metric([people[[]]], focal=False, height_mm=1700)


def test_a_skeleton_without_the_top_of_the_head_cannot_be_measured(make_people):
    with pytest.raises(ValueError, match="from the top of the head to the ankles, got coco19"):
        fit_metric([make_people(1, "coco19")], focal=False, height_mm=1700)
