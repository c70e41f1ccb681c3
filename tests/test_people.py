"""The result: shapes, another focal length, another skeleton."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from people3d.camera import Camera
from people3d.lift import depth_along_ray
from people3d.people import OUTSIDE, SEEN, UNCERTAIN, People
from people3d.results import read_results
from people3d.skeleton import SKELETONS

MUCO = SKELETONS["muco21"]


def test_nobody_is_a_result():
    nobody = People.empty(MUCO, Camera.default(640, 480), 640, 480)
    assert len(nobody) == 0
    assert nobody.joints_cam_mm.shape == (0, 21, 3)
    assert nobody.root_normalized.shape == (0, 3)
    assert len(nobody.with_focal(900)) == 0
    assert nobody.with_skeleton("muco17").joints_px.shape == (0, 17, 2)


def test_arrays_are_checked_and_frozen(make_people):
    people = make_people(2)
    with pytest.raises(ValueError, match=r"scores: expected shape \(2,\), got \(3,\)"):
        dataclasses.replace(people, scores=np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        people.joints_cam_mm[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        people.width = 3  # pyright: ignore


def test_indexing_keeps_people_together(make_people):
    people = dataclasses.replace(make_people(3), track_ids=np.array([7, 8, 9]))
    assert len(people[1]) == 1
    np.testing.assert_array_equal(people[people.track_ids == 9].root_cam_mm, people.root_cam_mm[2:])
    np.testing.assert_array_equal(people[[2, 0]].track_ids, [9, 7])


def test_poses_along_the_ray_stay_so_at_another_focal_length(make_people):
    """Joint and root keep their distance along the ray to the root, not along the optical axis."""
    people = dataclasses.replace(make_people(), depth_axis="ray")
    in_front = np.where(people.joints_cam_mm[..., 2:] > 0, people.joints_cam_mm, people.root_cam_mm[:, None])
    people = dataclasses.replace(people, joints_cam_mm=in_front, joints_px=people.camera.project(in_front))
    other = people.with_focal(1.5 * people.camera.fx)
    before, after = (depth_along_ray(p.joints_cam_mm, p.root_cam_mm) for p in (people, other))
    np.testing.assert_allclose(after, before, atol=1e-6)
    np.testing.assert_allclose(other.camera.project(other.joints_cam_mm), people.joints_px, atol=1e-6)
    optical = dataclasses.replace(people, depth_axis="optical").with_focal(1.5 * people.camera.fx)
    assert abs(optical.joints_cam_mm - other.joints_cam_mm).max() > 1
    with pytest.raises(ValueError, match="depth_axis: expected one of optical, ray, got 'up'"):
        dataclasses.replace(people, depth_axis="up")


@settings(max_examples=30)
@given(st.floats(0.2, 5), st.booleans())
def test_another_focal_length_scales_depth_and_keeps_pose_and_pixels(make_people, factor, distorted):
    camera = Camera(
        600, 660, 320, 240, distortion=(-0.05, 0.01, 0.001, 0.0, 0.0) if distorted else (0.0, 0.0, 0.0, 0.0, 0.0)
    )
    people = dataclasses.replace(make_people(camera=camera), root_depth_std_mm=np.array([100.0, 120, 150]))
    other = people.with_focal(600 * factor)
    assert other.camera.fx == pytest.approx(600 * factor)
    assert other.camera.fy == pytest.approx(660 * factor)
    assert other.camera.focal_source == "given"
    np.testing.assert_allclose(other.root_cam_mm[:, 2], people.root_cam_mm[:, 2] * factor)
    np.testing.assert_allclose(other.root_normalized[:, 2], people.root_normalized[:, 2])
    np.testing.assert_allclose(other.root_depth_std_mm, people.root_depth_std_mm * factor)
    relative = people.joints_cam_mm[..., 2] - people.root_cam_mm[:, None, 2]
    np.testing.assert_allclose(other.joints_cam_mm[..., 2] - other.root_cam_mm[:, None, 2], relative, atol=1e-6)
    np.testing.assert_array_equal(other.joints_px, people.joints_px)
    if not distorted:
        np.testing.assert_allclose(other.root_cam_mm[:, :2], people.root_cam_mm[:, :2])
        in_front = other.joints_cam_mm[..., 2] > 0
        np.testing.assert_allclose(
            other.camera.project(other.joints_cam_mm)[in_front], people.joints_px[in_front], atol=1e-6
        )
    back = other.with_focal(600)
    np.testing.assert_allclose(back.joints_cam_mm, people.joints_cam_mm, atol=0.05)
    np.testing.assert_allclose(back.root_cam_mm, people.root_cam_mm, atol=0.05)


@pytest.mark.parametrize("focal", [0, -1, float("nan"), "1500"])
def test_an_impossible_focal_length_is_refused(make_people, focal):
    with pytest.raises((ValueError, TypeError)):
        make_people().with_focal(focal)


def test_root_normalized_is_free_of_the_focal_length(make_people):
    people = make_people(2, camera=Camera(400, 900, 320, 240))
    np.testing.assert_allclose(people.root_normalized[:, 2], people.root_cam_mm[:, 2] / 600)
    np.testing.assert_allclose(people.root_normalized[:, 0], people.root_cam_mm[:, 0] / people.root_cam_mm[:, 2])


def test_another_skeleton(make_people):
    people = make_people(2)
    muco17 = people.with_skeleton("muco17")
    np.testing.assert_array_equal(muco17.joints_cam_mm, people.joints_cam_mm[:, :17])
    np.testing.assert_array_equal(muco17.joint_flags, people.joint_flags[:, :17])
    assert people.with_skeleton("muco21") is people
    with pytest.raises(ValueError, match="coco19 has joints that muco21 lacks: Nose, L_Eye"):
        people.with_skeleton("coco19")


def test_a_mean_of_two_joints_is_as_visible_as_the_less_visible_one(make_people):
    people = make_people(1, "h36m18")
    bones = SKELETONS["h36m18"]
    left, right = bones.index("L_Shoulder"), bones.index("R_Shoulder")
    flags = np.full((1, 18), SEEN)
    flags[0, left] = UNCERTAIN
    flags[0, bones.index("Thorax")] = OUTSIDE
    people = dataclasses.replace(people, joint_flags=flags)
    smaller = people.with_skeleton("h36m17")
    assert len(smaller.skeleton) == 17
    assert smaller.joint_flags[0, left] == UNCERTAIN
    assert smaller.joint_flags[0, right] == SEEN


def test_save_can_be_read_back(make_people, tmp_path):
    people = make_people(2)
    people.save(tmp_path / "people3d.json", "photo.jpg")
    ((file_name, read),) = read_results(tmp_path / "people3d.json")
    assert file_name == "photo.jpg"
    np.testing.assert_allclose(read.joints_cam_mm, people.joints_cam_mm, atol=1e-4)
