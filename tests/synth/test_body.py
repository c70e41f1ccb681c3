from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.body import load_body_model


@pytest.mark.parametrize(("age", "low", "high"), [(1, 650, 850), (4, 880, 1150), (10, 1200, 1600), (35, 1400, 2050)])
def test_heights_follow_age(body_model, age, low, high):
    rng = np.random.default_rng(0)
    heights = [body_model.sample(rng, age).person.height_mm for _ in range(40)]
    assert low < np.mean(heights) < high
    assert np.std(heights) > 15


def test_bmi_is_human(body_model):
    rng = np.random.default_rng(1)
    people = [body_model.sample(rng).person for _ in range(60)]
    bmi = np.array([p.weight_kg / (p.height_mm / 1000) ** 2 for p in people])
    assert bmi.min() > 10 and bmi.max() < 55 and 17 < np.median(bmi) < 28


def test_rest_pose_is_the_shape(body_model):
    body = body_model.sample(np.random.default_rng(2), 30)
    vertices, heads, landmarks = body_model.skin(body, np.tile(np.eye(3), (len(body_model.bones), 1, 1)))
    np.testing.assert_allclose(vertices, body.vertices_mm, atol=0.01)
    np.testing.assert_allclose(heads, body.bone_heads_mm, atol=1e-6)
    np.testing.assert_allclose(landmarks, body.landmarks_mm, atol=1e-6)
    assert np.ptp(body.vertices_mm[:, 2]) == pytest.approx(body.person.height_mm)


def test_a_turned_root_turns_the_body(body_model):
    body = body_model.sample(np.random.default_rng(3), 8)
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    vertices, heads, _ = body_model.skin(body, np.tile(quarter, (len(body_model.bones), 1, 1)))
    root = body.bone_heads_mm[0]
    np.testing.assert_allclose(vertices, (body.vertices_mm - root) @ quarter.T + root, atol=0.02)
    np.testing.assert_allclose(heads[0], root)


def test_coarse_and_full_are_the_same_person(body_model):
    who = dict(age=30, sex="female", weight=0.6, muscle=0.3, height=0.4, proportions=0.2)
    full, coarse = load_body_model("full").rest(**who), body_model.rest(**who)
    assert coarse.person.height_mm == pytest.approx(full.person.height_mm, rel=0.002)
    assert coarse.person.weight_kg == pytest.approx(full.person.weight_kg, rel=0.02)
    np.testing.assert_allclose(coarse.landmarks_mm, full.landmarks_mm, atol=3)
