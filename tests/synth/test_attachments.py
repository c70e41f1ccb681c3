from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.synth import things
from people3d.synth.actor import Actor, character
from people3d.synth.clothing import Hem, sample_outfit
from people3d.synth.joints import SYNTH, JointRegressor
from people3d.synth.pose import procedural_pose
from people3d.synth.retarget import Pose
from people3d.synth.scene import View, compose


def _wearer(body_model, length: float, posture: str | None = None) -> tuple[Actor, np.ndarray]:
    """A woman in a skirt, upright or in a posture, and the skirt's points (N, 3)."""
    who = character(np.random.default_rng(4), 30, mesh="coarse")
    who = replace(who, outfit=replace(who.outfit, hem=Hem(length, 0.2, coat=False)))
    rest = JointRegressor(body_model)(who.body.bone_heads_mm, who.body.landmarks_mm)
    pose = Pose(rest[:21]) if posture is None else procedural_pose(np.random.default_rng(1), posture)
    somebody = who.act(who.rotations(pose, 0.0), "standing")
    return somebody, somebody.worn[0].triangles_mm.reshape(-1, 3)


def _at(actor: Actor, name: str) -> np.ndarray:
    return actor.joints_mm[SYNTH.index(name)]


@pytest.mark.parametrize(("length", "joint"), [(1.0, "Knee"), (1.7, "Ankle")])
def test_skirts_reach_from_the_waist_to_their_length(body_model, length, joint):
    somebody, points = _wearer(body_model, length)
    hip, knee = _at(somebody, "L_Hip")[2], _at(somebody, "L_Knee")[2]
    hem = points[:, 2].min()
    if joint == "Knee":
        assert hem == pytest.approx(knee, abs=50)
    else:
        assert _at(somebody, "L_Ankle")[2] < hem < knee - 150
    assert 60 < points[:, 2].max() - hip < 180


def test_skirts_go_round_the_legs(body_model):
    """Upright, hardly any of the thighs' skin is further out than the skirt in that direction at that height."""
    somebody, points = _wearer(body_model, 1.0)
    middle = (_at(somebody, "L_Hip") + _at(somebody, "R_Hip"))[:2] / 2
    strongest = body_model.weight_bones[np.arange(len(body_model.weights)), body_model.weights.argmax(1)]
    thighs = somebody.vertices_mm[[body_model.bones[b].startswith("upperleg") for b in strongest]]
    thighs = thighs[thighs[:, 2] < _at(somebody, "L_Hip")[2] - 60]
    thighs = thighs[thighs[:, 2] > points[:, 2].min() + 30]

    def polar(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = p[:, :2] - middle
        angle = np.arctan2(flat[:, 1], flat[:, 0])
        return np.stack([200 * np.cos(angle), 200 * np.sin(angle), p[:, 2]], 1), np.linalg.norm(flat, axis=1)

    (where, skin), (there, cloth) = polar(thighs), polar(points)
    apart = np.linalg.norm(where[:, None] - there[None], axis=2)
    nearest = np.argsort(apart, axis=1)[:, :4]
    assert len(thighs) > 50 and np.mean(skin > cloth[nearest].max(1) + 5) < 0.03


def test_skirts_follow_bent_legs(body_model):
    """Sitting, the hem lies at the knees, not below the seat."""
    somebody, points = _wearer(body_model, 1.0, "sitting")
    knees = (_at(somebody, "L_Knee") + _at(somebody, "R_Knee")) / 2
    upright, below = _wearer(body_model, 1.0)
    assert np.linalg.norm(points - knees, axis=1).min() < 160
    thigh = np.linalg.norm(_at(upright, "L_Knee") - _at(upright, "L_Hip"))
    pelvis = _at(somebody, "Pelvis")
    assert np.linalg.norm(points - pelvis, axis=1).max() < 1.6 * thigh
    assert np.ptp(points[:, 2]) < np.ptp(below[:, 2])


def test_skirts_are_part_of_the_person(egl, body_model):
    somebody, points = _wearer(body_model, 1.2)
    level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    view = View(level, np.array([0, -5000.0, 900.0]), Camera(300, 300, 80, 80), 160, 160)
    light = things.light(np.random.default_rng(0), level)
    black = np.zeros((8, 8, 3), np.uint8)
    dressed, bare = (
        compose(view, [a], [], light, black, mesh="coarse") for a in (somebody, replace(somebody, worn=()))
    )
    assert set(np.unique(dressed.labels)) == {0, 1}
    assert dressed.mask(0).sum() > bare.mask(0).sum() * 1.02 and (dressed.mask(0) | bare.mask(0)).sum() == (
        dressed.mask(0).sum()
    )
    gap = _at(somebody, "L_Knee") * 0.5 + _at(somebody, "R_Knee") * 0.5
    x, y = np.round(view.camera.project(view.to_camera(gap[None]))[0]).astype(int)
    assert dressed.mask(0)[y, x]  # between the knees there is cloth
    assert np.abs(dressed.boxes_xyxy - dressed.amodal_xyxy).max() <= 1
    assert points[:, 2].min() < _at(somebody, "L_Knee")[2]


def test_women_wear_skirts(body_model):
    rng = np.random.default_rng(0)
    share = {
        sex: np.mean([(o := sample_outfit(rng, 30, sex)).hem is not None and not o.hem.coat for _ in range(200)])
        for sex in ("female", "male")
    }
    assert 0.2 < share["female"] < 0.4 and share["male"] < 0.08
