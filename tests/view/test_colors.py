from __future__ import annotations

from dataclasses import replace

import numpy as np

from people3d.skeleton import get_skeleton
from people3d.view.colors import PALETTE, distances_m, joint_side, person_color, person_label, side_color


def test_label_names_the_person_and_the_distance_along_the_line_of_sight(family):
    assert person_label(family, 0) == "person 1 · 3.3 m"
    assert distances_m(family)[0] == np.linalg.norm(family.root_cam_mm[0]) / 1000


def test_people_beside_each_other_have_different_colours(family):
    assert len({person_color(family, i) for i in range(len(family))}) == len(family)
    assert len(set(PALETTE)) == len(PALETTE)


def test_tracked_people_keep_name_and_colour_when_their_place_changes(family):
    tracked = replace(family, track_ids=np.array([7, 3, 5, 9, 1]))
    later = tracked[np.array([4, 0])]
    assert person_label(later, 1) == person_label(tracked, 0) == "person 7 · 3.3 m"
    assert person_color(later, 1) == person_color(tracked, 0)


def test_left_is_lighter_than_right_for_every_colour():
    for color in PALETTE:
        assert sum(side_color(color, "L")) > sum(color) + 100
        assert sum(side_color(color, "R")) < sum(color) - 50


def test_side_of_bones_and_joints():
    skeleton = get_skeleton("muco21")
    assert joint_side(skeleton, skeleton.index("L_Knee")) == "L"
    assert joint_side(skeleton, skeleton.index("Thorax"), skeleton.index("R_Shoulder")) == "R"
    assert joint_side(skeleton, skeleton.index("Spine")) == ""
