from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from people3d.crop import (
    CROP_EXTENSION,
    apply_affine,
    box_problems,
    crop_affine,
    crop_boxes,
    extend_boxes,
    invert_affine,
    resized_crops,
    warp_crop,
)

corner = st.floats(-2000, 2000)
side = st.floats(1, 3000)
boxes = st.tuples(corner, corner, side, side)
squares = st.builds(lambda x, y, s: (x, y, s, s), corner, corner, side)


def test_equal_to_the_released_code(shared):
    case = json.loads((shared / "parity/geometry_case.json").read_text())
    crops, valid = crop_boxes(np.array(case["boxes_xywh"]), *case["image_size_wh"])
    assert valid.all()
    np.testing.assert_allclose(crops, case["expected_crop_boxes_xywh"], atol=1e-6)
    for crop, rotation, scale, expected in zip(
        crops, case["crop_rotation_deg"], case["crop_scale"], case["expected_crop_affines_2x3"], strict=True
    ):
        np.testing.assert_allclose(crop_affine(crop, 256, rotation, scale), expected, atol=1e-4)


def test_no_boxes():
    crops, valid = crop_boxes(np.zeros((0, 4)), 640, 480)
    assert crops.shape == (0, 4) and valid.shape == (0,)
    assert extend_boxes(np.zeros((0, 4))).shape == (0, 4)
    assert box_problems(np.zeros((0, 4)), 640, 480) == []


@given(boxes)
def test_crop_box_is_a_square_about_the_same_centre(box):
    (x, y, w, h), (crop,) = box, extend_boxes(np.array([box]))
    assert crop[2] == crop[3] == pytest.approx(CROP_EXTENSION * max(w, h))
    np.testing.assert_allclose(crop[:2] + crop[2:] / 2, [x + w / 2, y + h / 2], atol=1e-9)


@given(boxes, st.integers(2, 3000), st.integers(2, 3000))
def test_boxes_are_valid_exactly_where_nothing_is_wrong_with_them(box, width, height):
    _, valid = crop_boxes(np.array([box]), width, height)
    (problem,) = box_problems(np.array([box]), width, height)
    x, y, w, h = box
    if problem is None:
        assert valid[0]
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        assert problem is not None


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((700, 10, 50, 50), "outside the 640 x 480 image"),
        ((-60, 10, 50, 50), "outside the 640 x 480 image"),
        ((10, 10, 0, 50), "positive width and height, got 0 x 50"),
        ((10, 10, 50, -5), "positive width and height, got 50 x -5"),
        ((10, np.nan, 50, 50), "not all finite"),
        ((10, 10, np.inf, 50), "not all finite"),
    ],
)
def test_impossible_boxes_are_explained_and_beside_them_good_ones_pass(box, words):
    problems = box_problems(np.array([(10, 20, 100, 200), box]), 640, 480)
    assert problems[0] is None
    assert problems[1] is not None and words in problems[1]


# -- the affine ------------------------------------------------------------------------------------------------------


@given(squares, st.floats(-180, 180), st.floats(0.5, 2), st.lists(st.tuples(corner, corner), min_size=1, max_size=5))
def test_inverse_affine_brings_points_back(box, rotation, scale, points):
    affine = crop_affine(np.array(box), 256, rotation, scale)
    points = np.array(points)
    back = apply_affine(invert_affine(affine), apply_affine(affine, points))
    np.testing.assert_allclose(back, points, atol=1e-6)


@given(squares)
def test_corners_of_the_crop_box_become_corners_of_the_crop(box):
    x, y, w, h = box
    affine = crop_affine(np.array(box), 256)
    np.testing.assert_allclose(
        apply_affine(affine, np.array([[x, y], [x + w, y + h]])), [[0, 0], [256, 256]], atol=1e-6
    )


@given(squares, st.floats(-180, 180), st.floats(0.5, 2))
def test_the_centre_stays_the_centre_and_lengths_scale(box, rotation, scale):
    x, y, w, h = box
    affine = crop_affine(np.array(box), 256, rotation, scale)
    np.testing.assert_allclose(apply_affine(affine, np.array([[x + w / 2, y + h / 2]])), [[128, 128]], atol=1e-6)
    assert np.linalg.det(affine[:, :2]) == pytest.approx((256 / (w * scale)) ** 2)


def test_many_affines_at_once():
    affines = np.stack([crop_affine(np.array([10, 20, s, s]), 256, s) for s in (50.0, 90.0, 120.0)])
    points = np.random.default_rng(0).uniform(0, 200, (3, 17, 2))
    together = apply_affine(affines, points)
    np.testing.assert_array_equal(together, [apply_affine(a, p) for a, p in zip(affines, points, strict=True)])
    np.testing.assert_allclose(apply_affine(invert_affine(affines), together), points)


# -- pixels ----------------------------------------------------------------------------------------------------------


def test_warp_puts_a_pixel_where_the_affine_says_and_black_outside():
    image = np.full((100, 120, 3), 50, np.uint8)
    image[40, 60] = (255, 0, 128)
    box = np.array([40.0, 20.0, 64.0, 64.0])
    crop = warp_crop(image, crop_affine(box, 128), 128)
    assert crop.shape == (128, 128, 3) and crop.dtype == np.uint8
    assert crop[40, 40].tolist() == [255, 0, 128]  # (60 - 40) * 2, (40 - 20) * 2
    left_of_the_image = warp_crop(image, crop_affine(np.array([-64.0, 0.0, 64.0, 64.0]), 64), 64)
    assert not left_of_the_image[:, :63].any()


@pytest.mark.parametrize("size", [40, 24, 80])
def test_a_resized_crop_shows_the_same_at_the_same_place(size):
    """A slope has at x, y in sides of the crop the value that it had there."""
    y, x = np.mgrid[:60, :60]
    slope = np.stack([4 * x, 4 * y, 2 * (x + y)], -1).astype(np.uint8)
    resized = resized_crops(np.stack([slope, slope]), size)
    assert resized.shape == (2, size, size, 3) and resized.dtype == np.uint8
    assert resized_crops(np.zeros((0, 60, 60, 3), np.uint8), size).shape == (0, size, size, 3)
    y, x = np.mgrid[1 : size - 2, 1 : size - 2] * 60 / size
    expected = np.stack([4 * x, 4 * y, 2 * (x + y)], -1)
    inner = resized[1, 1 : size - 2, 1 : size - 2]
    keep = expected[..., 0] < 4 * 58  # the last pixel's value, beyond which there is nothing
    keep &= expected[..., 1] < 4 * 58
    np.testing.assert_allclose(inner[keep], expected[keep], atol=1.1)


def test_mirrored_crop_of_the_mirrored_image_is_the_mirror_of_the_crop():
    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    width = image.shape[1]
    box = np.array([20.0, 10.0, 64.0, 64.0])
    # A pixel x becomes W - 1 - x, so the crop's first column x0 becomes the last: x0' = W - 1 - (x0 + 63).
    mirrored_box = np.array([width - 64 - box[0], box[1], 64.0, 64.0])
    crop = warp_crop(image, crop_affine(box, 64), 64)
    mirrored = warp_crop(np.ascontiguousarray(image[:, ::-1]), crop_affine(mirrored_box, 64), 64)
    np.testing.assert_array_equal(mirrored[:, ::-1], crop)
