from __future__ import annotations

import numpy as np
import pytest

from people3d.export import camera_world, load_recording, scenes_of, upright_world


def test_up_is_found_from_the_people(video):
    """The camera looks down by 14 degrees from 1.6 m; two people walk."""
    (scene,) = scenes_of(load_recording(video.path))
    world = upright_world(scene)
    assert world.source == "people"
    assert world.pitch_deg == pytest.approx(14, abs=3.5) and abs(world.roll_deg) < 3.5
    feet = world.from_camera(video.joints_mm)[..., [-1, -2], 1].min(-1)
    assert -100 < np.nanpercentile(feet, 10) < 100 and np.nanmax(np.abs(feet)) < 250


def test_a_given_pitch_is_kept(video):
    (scene,) = scenes_of(load_recording(video.path))
    world = upright_world(scene, 14)
    assert world.pitch_deg == pytest.approx(14) and world.source == "given pitch"
    np.testing.assert_allclose(world.rotation @ world.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(world.rotation) == pytest.approx(1)
    turned = world.from_camera(video.joints_mm[0])
    np.testing.assert_allclose(np.ptp(turned[..., 1] - video.upright_mm[0][..., 1]), 0, atol=1e-6)


def test_there_and_back(video):
    (scene,) = scenes_of(load_recording(video.path))
    points = np.random.default_rng(0).normal(0, 1000, (5, 4, 3))
    for world in (upright_world(scene), camera_world()):
        np.testing.assert_allclose(world.to_camera(world.from_camera(points)), points, atol=1e-9)


def test_impossible_pitch(video):
    (scene,) = scenes_of(load_recording(video.path))
    with pytest.raises(ValueError, match="expected degrees between -90 and 90"):
        upright_world(scene, 90)


def test_whoever_lies_does_not_turn_the_world(video):
    """The second walker lies on the floor: only the first one says where up is."""
    from dataclasses import replace

    (scene,) = scenes_of(load_recording(video.path))
    first, second = scene.tracks
    lying = video.upright_mm[1][..., [1, 0, 2]]
    lying[..., 1] -= np.nanmin(lying[..., 1]) - 30
    lying = upright_world(scene, 14).to_camera(lying)
    world = upright_world(replace(scene, tracks=(first, replace(second, joints_mm=lying))))
    assert world.rotation[1] @ upright_world(replace(scene, tracks=(first,))).rotation[1] > np.cos(np.deg2rad(8))
