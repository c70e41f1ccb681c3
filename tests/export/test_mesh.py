from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.hips import raised_hips
from people3d.people import People
from people3d.results import write_results
from people3d.skeleton import SKELETONS

MUCO = SKELETONS["muco21"]


@pytest.fixture(scope="module")
def somebody():
    """(21, 3) joints in camera space of a body that the model can make, and its height."""
    from people3d.synth.body import load_body_model
    from people3d.synth.joints import JointRegressor
    from people3d.synth.pose import walking_pose
    from people3d.synth.retarget import Retargeter

    try:
        model = load_body_model("coarse")
    except ImportError as error:
        pytest.skip(str(error))
    body = model.rest(30, "female", 0.5, 0.5, 0.6, 0.4)
    turns = Retargeter(model)(body, walking_pose(np.random.default_rng(0), 1.0, 1.0))
    _, heads, landmarks = model.skin(body, turns)
    x, y, z = raised_hips(JointRegressor(model)(heads, landmarks)[:21], MUCO).T
    return np.stack([x, 900 - z, 4000 + y], -1), body.person.height_mm


def test_a_body_of_the_models_own_is_found(somebody):
    from people3d.export.mesh_fit import fit_body

    joints, height = somebody
    body = fit_body(joints, MUCO, "coarse")
    assert body.mean_error_mm < 15 and body.height_mm == pytest.approx(height, rel=0.06)
    np.testing.assert_allclose(body.errors_mm, np.linalg.norm(body.joints_mm - joints, axis=-1))
    inside = (body.vertices_mm > joints.min(0) - 250) & (body.vertices_mm < joints.max(0) + 250)
    assert inside.all()
    out = body.vertices_mm - body.vertices_mm.mean(0)
    assert (out * body.normals).sum(-1).mean() > 0  # normals point outwards


def test_fewer_joints_do(somebody):
    from people3d.export.mesh_fit import fit_body
    from people3d.skeleton import convert

    joints, _ = somebody
    fewer = convert(joints, MUCO, "mpii16")[0]
    body = fit_body(fewer, SKELETONS["mpii16"], "coarse")
    assert body.mean_error_mm < 25
    assert np.isnan(body.errors_mm[MUCO.index("L_Toe")])  # nothing to compare with


def test_a_body_without_arms_is_refused(somebody):
    from people3d.export.mesh_fit import fit_body

    joints = somebody[0].copy()
    joints[MUCO.index("L_Elbow")] = np.nan
    with pytest.raises(ValueError, match="a body needs L_Elbow"):
        fit_body(joints, MUCO, "coarse")


def test_everybody_in_one_scene(export, somebody, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    joints = np.stack([somebody[0], somebody[0] * [-1, 1, 1] + [700, 0, 1500]])
    joints[1] = joints[1][MUCO.mirror]
    camera = Camera.from_fov(60, 640, 480)
    px = camera.project(joints)
    people = People(
        np.concatenate([px.min(1), px.max(1)], 1), np.ones(2), joints, px, np.full((2, 21), 2, np.uint8),
        joints[:, MUCO.root], MUCO, camera, 640, 480,
    )  # fmt: skip
    source = tmp_path / "people3d.json"
    write_results(source, [("photo.jpg", people)], MUCO)
    code, lines = export(source, "--format", "mesh", "--output", tmp_path)
    assert code == 0 and len(lines) == 2 and "mm from the joints on average" in lines[0]
    scene = trimesh.load(tmp_path / "photo.mesh.glb")
    assert sorted(scene.geometry) == ["person1", "person2"]
    for i, name in enumerate(sorted(scene.geometry)):
        low, high = scene.geometry[name].bounds * 1000
        middle = (joints[i].min(0) + joints[i].max(0)) / 2 * [1, -1, -1]
        np.testing.assert_allclose((low + high) / 2, middle, atol=120)
        assert 20_000 < len(scene.geometry[name].faces) < 40_000
    data = (tmp_path / "photo.mesh.glb").read_bytes()
    head = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    errors = [node["extras"]["joint_error_mean_mm"] for node in head["nodes"] if node["name"] != "camera"]
    assert len(errors) == 2 and all(0 < error < 20 for error in errors)
    lens = head["cameras"][0]["perspective"]
    assert lens["yfov"] == pytest.approx(2 * np.arctan(240 / camera.fy)) and lens["aspectRatio"] == pytest.approx(4 / 3)
