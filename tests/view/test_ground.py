from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.people import SEEN
from people3d.view.ground import ground_plane

from .conftest import CAMERA_HEIGHT_MM, make_people

SPREAD = [(x, z, 1700) for x in (-4000, 0, 4000) for z in (5000, 9000, 13000)]


def test_nobody_has_no_ground():
    assert ground_plane(make_people([])) is None


def test_one_person_stands_on_level_ground():
    a, b, c = ground_plane(make_people([(500, 5000, 1750)]))
    assert (b, c) == (0, 0)
    assert a == pytest.approx(CAMERA_HEIGHT_MM, abs=40)  # the lowest joint is a toe, 20 mm above the floor


def test_a_tilted_floor_is_found_from_people_all_over_it():
    people = make_people(SPREAD)
    tilt = np.deg2rad(12)  # a camera that looks down
    rotation = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    flags = np.full_like(people.joint_flags, SEEN)
    tilted = replace(people, joints_cam_mm=people.joints_cam_mm @ rotation.T, joint_flags=flags)
    _, b, c = ground_plane(tilted)
    assert b == pytest.approx(0, abs=0.01)
    assert c == pytest.approx(-np.tan(tilt), abs=0.03)


def test_people_without_finite_joints_do_not_count():
    people = make_people([(500, 5000, 1750), (0, 4000, 1750)])
    joints = people.joints_cam_mm.copy()
    joints[1] = np.nan
    assert np.isfinite(ground_plane(replace(people, joints_cam_mm=joints))).all()
