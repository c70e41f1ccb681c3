"""Lifting: crop coordinates to camera space, and the least-squares root."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from people3d.camera import Camera
from people3d.crop import apply_affine, crop_affine, invert_affine
from people3d.lift import (
    crop_to_image,
    crop_to_voxels,
    depth_along_axis,
    depth_along_ray,
    fit_translation,
    fit_translation_ransac,
    lift_joints,
    lift_root,
    voxels_to_crop,
)

CAMERA = Camera(1400.0, 1500.0, 500.0, 420.0)
DISTORTED = Camera(1400.0, 1500.0, 500.0, 420.0, distortion=(-0.2, 0.05, 0.001, -0.002, 0.01))
unit = st.floats(0, 1)


@given(arrays(np.float64, (4, 3), elements=st.floats(0, 64)), st.sampled_from([(64, 64, 64), (32, 48, 16)]))
def test_voxels_and_crop_coordinates_are_inverse(voxels, shape):
    np.testing.assert_allclose(crop_to_voxels(voxels_to_crop(voxels, shape), shape), voxels, atol=1e-9)


def test_the_middle_voxel_is_the_middle_of_the_crop_at_the_roots_depth():
    np.testing.assert_allclose(voxels_to_crop(np.array([32, 32, 32])), [0.5, 0.5, 0])
    np.testing.assert_allclose(voxels_to_crop(np.array([0, 16, 64])), [0, 0.25, 1000])


@given(
    arrays(np.float64, (1, 5, 2), elements=unit),
    st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(2, 1500)),
    st.sampled_from([192, 256]),
)
def test_crop_to_image_is_the_exact_inverse_of_the_crops_affine(uv, box, size):
    x, y, side = box
    image_from_crop = invert_affine(crop_affine(np.array([x, y, side, side]), size))
    expected = apply_affine(image_from_crop, uv[0] * size)
    np.testing.assert_allclose(crop_to_image(uv, np.array([[x, y, side, side]]))[0], expected, atol=1e-6)


@settings(max_examples=50)
@given(
    arrays(np.float64, (2, 6, 3), elements=st.floats(-600, 600)),
    arrays(np.float64, (2, 2), elements=st.floats(-800, 800)),
    st.floats(2500, 9000),
    st.sampled_from([CAMERA, DISTORTED]),
)
def test_lift_undoes_projection(relative, shift, depth, camera):
    roots = np.concatenate([shift, [[depth], [depth + 500]]], 1)
    joints = relative + roots[:, None]
    boxes = np.array([[-40.0, 10, 800, 800], [100.0, -70, 650, 650]])
    uv = (camera.project(joints) - boxes[:, None, :2]) / boxes[:, None, 2:]
    crop = np.concatenate([uv, relative[..., 2:]], -1)
    joints_px, joints_cam = lift_joints(crop, boxes, roots[:, 2], camera)
    np.testing.assert_allclose(joints_cam, joints, atol=1e-3)
    np.testing.assert_allclose(joints_px, camera.project(joints), atol=1e-6)
    root_uv = (camera.project(roots) - boxes[:, :2]) / boxes[:, 2:]
    root = lift_root(np.concatenate([root_uv, roots[:, 2:]], 1), boxes, camera)
    np.testing.assert_allclose(root, roots, atol=1e-3)


@settings(max_examples=50)
@given(
    arrays(np.float64, (2, 6, 3), elements=st.floats(-600, 600)),
    arrays(np.float64, (2, 2), elements=st.floats(-2000, 2000)),
    st.sampled_from([CAMERA, DISTORTED]),
)
def test_depths_along_the_ray_and_the_axis_say_the_same(relative, shift, camera):
    roots = np.concatenate([shift, [[4000.0], [6000.0]]], 1)
    joints = relative + roots[:, None]
    along = depth_along_ray(joints, roots)
    np.testing.assert_allclose(
        depth_along_axis(along, camera.project(joints), roots, camera), relative[..., 2], atol=1e-2
    )


def test_depth_along_the_ray_is_the_same_wherever_somebody_stands():
    """Turned about the camera, a body keeps its depths along the ray; those along the optical axis change."""
    root = np.array([0, 0, 3000.0])
    joints = root + np.random.default_rng(0).normal(0, 300, (5, 3))
    angle = np.deg2rad(30)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    np.testing.assert_allclose(depth_along_ray(joints @ turn.T, turn @ root), joints[:, 2] - 3000)
    assert abs((joints @ turn.T)[:, 2] - (turn @ root)[2] - (joints[:, 2] - 3000)).max() > 100


def test_a_joint_far_off_the_ray_stays_finite():
    root, camera = np.array([[-3000.0, 0, 1000]]), Camera(300.0, 300.0, 500, 420)
    z = depth_along_axis(np.zeros((1, 1)), np.array([[[2000.0, 420]]]), root, camera)
    assert np.isfinite(z).all()


def test_nobody_lifts_to_nobody():
    joints_px, joints_cam = lift_joints(np.zeros((0, 21, 3)), np.zeros((0, 4)), np.zeros(0), CAMERA)
    assert joints_px.shape == (0, 21, 2)
    assert joints_cam.shape == (0, 21, 3)
    assert lift_root(np.zeros((0, 3)), np.zeros((0, 4)), CAMERA).shape == (0, 3)


def test_released_networks_lift(shared):
    """The voxels of the parity case come back where the released code's decoding puts them: x / 64 · side + left."""
    root, pose = (np.load(shared / "parity" / f"{name}net_seed7.npz") for name in ("root", "pose"))
    boxes = pose["processed"]
    camera = Camera(1500, 1500, 320, 196)
    joints_px, joints_cam = lift_joints(voxels_to_crop(pose["out"]), boxes, root["out"][:, 2], camera)
    np.testing.assert_allclose(
        joints_px, pose["out"][..., :2] / 64 * boxes[:, None, 2:] + boxes[:, None, :2], rtol=1e-6
    )
    z = (pose["out"][..., 2] / 64 * 2 - 1) * 1000 + root["out"][:, None, 2]
    np.testing.assert_allclose(joints_cam[..., 2], z, rtol=1e-6)
    np.testing.assert_allclose(joints_cam[..., 0], (joints_px[..., 0] - 320) / 1500 * z, rtol=1e-6)


# -- least squares -------------------------------------------------------------------------------------------------


def _pose(seed: int, joints: int = 17) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, [250, 500, 200], (joints, 3))


@given(
    st.integers(0, 100),
    st.tuples(st.floats(-1500, 1500), st.floats(-800, 800), st.floats(2500, 8000)),
    st.sampled_from([CAMERA, DISTORTED]),
)
@settings(max_examples=40)
def test_least_squares_finds_the_root_of_a_perfect_pose(seed, root, camera):
    pose = _pose(seed)
    found = fit_translation(pose, camera.project(pose + root), camera)
    np.testing.assert_allclose(found, root, rtol=1e-4, atol=0.1)


def test_least_squares_takes_many_people_at_once():
    poses = np.stack([_pose(s) for s in range(3)])
    roots = np.array([[0, 0, 3000], [500, -100, 4000], [-900, 300, 6000.0]])
    found = fit_translation(poses, CAMERA.project(poses + roots[:, None]), CAMERA)
    np.testing.assert_allclose(found, roots, atol=1e-5)


def test_a_joint_without_weight_does_not_count():
    pose, root = _pose(1), np.array([200.0, 100, 4000])
    px = CAMERA.project(pose + root)
    px[3] += 200
    weights = np.ones(17)
    assert np.linalg.norm(fit_translation(pose, px, CAMERA) - root) > 50
    weights[3] = 0
    np.testing.assert_allclose(fit_translation(pose, px, CAMERA, weights), root, atol=1e-5)


def test_ransac_leaves_the_wrong_joints_out():
    pose, root = _pose(2), np.array([200.0, 100, 4000])
    px = CAMERA.project(pose + root) + np.random.default_rng(0).normal(0, 0.5, (17, 2))
    wrong = [0, 5, 9, 13]
    px[wrong] += [[150, 0], [0, -120], [90, 90], [-200, 10]]
    found, agree = fit_translation_ransac(pose, px, CAMERA)
    assert not agree[wrong].any()
    assert agree.sum() >= 12
    assert np.linalg.norm(found - root) < 40
    assert np.linalg.norm(fit_translation(pose, px, CAMERA) - root) > 100


def test_ransac_where_nothing_agrees_falls_to_all_joints():
    rng = np.random.default_rng(3)
    pose, px = _pose(4), rng.uniform(0, 1000, (17, 2))
    found, agree = fit_translation_ransac(pose, px, CAMERA, threshold_px=1e-6)
    assert agree.all()
    np.testing.assert_allclose(found, fit_translation(pose, px, CAMERA))


def test_too_few_joints_are_refused():
    with pytest.raises(ValueError, match="at least two joints"):
        fit_translation(_pose(0), np.zeros((17, 2)), CAMERA, weights=np.eye(17)[0])
    with pytest.raises(ValueError, match=r"expected \(\.\.\., J, 3\)"):
        fit_translation(_pose(0), np.zeros((16, 2)), CAMERA)
    with pytest.raises(ValueError, match="sample_joints"):
        fit_translation_ransac(_pose(0, 3), np.zeros((3, 2)), CAMERA, sample_joints=4)
