"""The same people with other root depths, and roots fitted to 2D and 3D poses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.evaluate.annotations import Annotations, annotations_from_coco
from people3d.evaluate.baselines import fitted_roots
from people3d.evaluate.relift import intrinsics, k_of, project, unproject, with_k_as_depth, with_roots, with_true_roots

from .evaluation_cases import STANDING, document, image, person, standing_at

CAMERA = [1500.0, 1500.0, 1024.0, 1024.0]


def people(*depths_mm: float) -> Annotations:
    """One person a picture at each depth."""
    images = [image(n, intrinsic=CAMERA) for n in range(len(depths_mm))]
    rows = [person(standing_at(300, 0, z), n, n, root_cam=[300, 0, z]) for n, z in enumerate(depths_mm)]
    return annotations_from_coco(document(images, rows), "file")


def test_unproject_is_the_inverse_of_project():
    points = np.random.default_rng(0).uniform([-900, -900, 2000], [900, 900, 6000], (5, 17, 3))
    camera = np.random.default_rng(1).uniform(500, 1500, (5, 4))
    assert np.allclose(unproject(project(points, camera), points[..., 2], camera), points)


def test_another_root_moves_joints_along_their_rays():
    before = people(4000.0, 5000.0)
    assert np.allclose(with_roots(before, before.root_cam_mm).joints_cam_mm, before.joints_cam_mm)
    after = with_roots(before, before.root_cam_mm + np.array([77.0, 0, 250]))
    assert np.allclose(after.joints_cam_mm[..., 2], before.joints_cam_mm[..., 2] + 250)
    assert np.allclose(project(after.joints_cam_mm, intrinsics(after)), before.joints_px)  # 77 mm sideways move nobody


def test_k_is_2000_mm_over_the_side_of_the_extended_box():
    someone = people(4000.0)
    side = 1.25 * (someone.boxes_xywh[0, 2:].max() - 1)  # the released code's cleaning takes a pixel off
    assert k_of(someone)[0] == pytest.approx(2000 * 1500 / side)
    lifted = with_k_as_depth(someone)
    assert lifted.root_depth_mm[0] == pytest.approx(k_of(someone)[0])
    camera = intrinsics(someone)
    assert np.allclose(project(lifted.root_cam_mm, camera), project(someone.root_cam_mm, camera))


def test_true_roots_go_to_whom_the_box_belongs():
    truth, pred = people(4000.0, 5000.0), people(4400.0, 5600.0)
    pred = replace(pred, boxes_xywh=truth.boxes_xywh.copy())
    pred.boxes_xywh[1] = [0, 0, 5, 5]
    lifted = with_true_roots(pred, truth)
    assert lifted.root_cam_mm.tolist() == [[300, 0, 4000], [300, 0, 5600]]
    assert np.allclose(lifted.joints_cam_mm[0, :, 2] - 4000, STANDING[:, 2])


def test_an_image_without_its_camera_is_named():
    someone = people(4000.0)
    del someone.images[0]["intrinsic"]
    with pytest.raises(ValueError, match="image 0: expected 4 intrinsic numbers, got None"):
        k_of(someone)
    someone.images[0] |= {"intrinsic": CAMERA, "width": None}
    with pytest.raises(ValueError, match="image 0: expected a width"):
        k_of(someone)


def test_roots_are_fitted_to_independent_poses():
    true = people(4000.0, 5000.0)
    # 3D as a lifting network gives it: root-relative, the wrists wrong.
    pose = np.tile(STANDING, (2, 1, 1))
    pose[:, [4, 7], 1] += 300
    fitted = fitted_roots(replace(true, joints_cam_mm=pose))
    error = {k: np.linalg.norm(v.root_cam_mm - true.root_cam_mm, axis=1).max() for k, v in fitted.items()}
    assert error["Baseline"] > 5 and error["W/o limb joints"] < 1e-6 and error["RANSAC"] < 1e-6
    assert fitted["RANSAC"].root_depth_mm == pytest.approx([4000, 5000])


def test_poses_made_from_their_own_pixels_prove_nothing():
    with pytest.raises(ValueError, match="3D joints were made from its 2D joints"):
        fitted_roots(people(4000.0))
    with pytest.raises(ValueError, match="nobody"):
        fitted_roots(people())
