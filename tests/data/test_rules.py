from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from people3d.data.rules import box_from_joints, closest_and_apart, in_depth_range


def test_closest_and_apart_of_nobody_and_one():
    assert closest_and_apart(np.zeros((0, 3))).shape == (0,)
    assert closest_and_apart(np.array([[0.0, 0, 3000]])).tolist() == [True]


def test_people_behind_each_other_are_not_apart_however_far():
    roots = np.array([[0.0, 0, 3000], [100, 0, 9000], [2000, 0, 9000]])
    assert closest_and_apart(roots).tolist() == [True, False, True]


@given(st.lists(st.tuples(*[st.integers(-2000, 2000)] * 2, st.integers(1000, 8000)), min_size=1, max_size=5))
def test_closest_and_apart_is_the_released_filter(roots):
    roots = np.array(roots, float)
    closest = min(range(len(roots)), key=lambda i: roots[i, 2])
    expected = []
    for i, a in enumerate(roots):
        others = [b for j, b in enumerate(roots) if j != i]
        clear = all(np.hypot(*(a - b)[:2]) >= 500 and np.linalg.norm(a - b) >= 500 for b in others)
        expected.append(clear or i == closest)
    assert closest_and_apart(roots).tolist() == expected


def test_box_from_joints_is_the_extent_less_a_pixel_grown_about_its_centre():
    joints = np.array([[10.0, 20], [111, 70], [50, 221]])
    assert box_from_joints(joints).tolist() == [60.5 - 60, 120.5 - 120, 120, 240]


def test_unknown_depths_are_in_range():
    assert in_depth_range(np.array([1000.0, 1500, 7500, 8000, np.nan])).tolist() == [False, True, True, False, True]
