from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.people import OUTSIDE, SEEN, UNCERTAIN
from people3d.view.colors import person_color, side_color
from people3d.view.overlay import draw

from .conftest import make_image, make_people


def _near(image: np.ndarray, point: np.ndarray, color: tuple[int, int, int], radius: int = 3) -> bool:
    """Whether the colour stands within ``radius`` px of the point."""
    x, y = np.round(point).astype(int)
    patch = image[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1].astype(int)
    return bool((np.abs(patch - color).max(-1) <= 12).any())


def test_nobody_leaves_the_image_as_it_is_and_untouched(image):
    before = image.copy()
    drawn = draw(image, make_people([]))
    assert np.array_equal(drawn, before)
    assert drawn is not image


def test_input_is_not_drawn_into(image, family):
    before = image.copy()
    drawn = draw(image, family)
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape and drawn.dtype == np.uint8 and not np.array_equal(drawn, before)


@pytest.mark.parametrize("background", [0, 128, 255])
def test_left_and_right_have_their_colours_on_any_background(background):
    people = make_people([(0, 3500, 1750)])
    drawn = draw(np.full((480, 640, 3), background, np.uint8), people)
    color = person_color(people, 0)
    for joint in ("Elbow", "Knee"):
        for side in "LR":
            point = people.joints_px[0, people.skeleton.index(f"{side}_{joint}")]
            assert _near(drawn, point, side_color(color, side))


def test_uncertain_joints_are_hollow_and_outside_ones_not_drawn(image):
    people = make_people([(0, 3500, 1750)])
    knee = people.skeleton.index("L_Knee")
    x, y = np.round(people.joints_px[0, knee]).astype(int)
    color = side_color(person_color(people, 0), "L")
    drawn = {}
    for flag in (SEEN, UNCERTAIN, OUTSIDE):
        flags = people.joint_flags.copy()
        flags[0, knee] = flag
        drawn[flag] = draw(image, replace(people, joint_flags=flags))
    assert np.abs(drawn[SEEN][y, x].astype(int) - color).max() <= 12
    assert drawn[UNCERTAIN][y, x].max() < 60  # the dark hole
    assert _near(drawn[UNCERTAIN], people.joints_px[0, knee], color, radius=5)
    assert np.array_equal(drawn[OUTSIDE][y, x], image[y, x])


def test_near_people_cover_far_ones():
    people = make_people([(0, 6000, 1750), (0, 3500, 1750)])
    drawn = draw(np.full((480, 640, 3), 255, np.uint8), people)
    thorax = people.joints_px[1, people.skeleton.index("Thorax")]
    assert _near(drawn, thorax, person_color(people, 1), radius=1)


def test_joints_without_a_place_are_left_out(image, family):
    joints = family.joints_px.copy()
    joints[1] = np.nan
    flags = family.joint_flags.copy()
    flags[1] = SEEN
    drawn = draw(image, replace(family, joints_px=joints, joint_flags=flags))
    assert drawn.shape == image.shape


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (40, 30)])
def test_any_image_size(size):
    width, height = size
    people = make_people([(0, 3500, 1750), (300, 5000, 1750)], width, height)
    assert draw(make_image(width, height), people).shape == (height, width, 3)


def test_image_of_another_size_is_refused(family):
    with pytest.raises(ValueError, match=r"expected an image of \(480, 640, 3\) uint8, got \(479, 640, 3\)"):
        draw(np.zeros((479, 640, 3), np.uint8), family)
    with pytest.raises(ValueError, match="float32"):
        draw(np.zeros((480, 640, 3), np.float32), family)
