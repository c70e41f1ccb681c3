from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from people3d import Camera
from people3d.camera import UnsizedCamera, k_value

LENSES = [
    (0.0, 0.0, 0.0, 0.0, 0.0),
    (-0.3, 0.1, 0.002, -0.001, -0.02),  # barrel, as of a wide lens
    (0.15, 0.05, -0.001, 0.002, 0.01),  # pincushion
]
finite = st.floats(-1e4, 1e4)
cameras = st.builds(
    Camera,
    fx=st.floats(50, 5000),
    fy=st.floats(50, 5000),
    cx=st.floats(-500, 3000),
    cy=st.floats(-500, 3000),
    distortion=st.sampled_from(LENSES),
)
# Up to 40 degrees off the axis, where calibrated lenses can be inverted.
rays = st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))


@given(cameras, st.lists(st.tuples(rays, st.floats(1, 1e5)), min_size=1, max_size=8))
def test_unproject_inverts_project(camera, points):
    points = np.array([(x * z, y * z, z) for (x, y), z in points])
    again = camera.unproject(camera.project(points), points[:, 2])
    np.testing.assert_allclose(again, points, rtol=1e-6, atol=1e-6 * points[:, 2].max())


@given(cameras, st.lists(rays, min_size=1, max_size=8), st.floats(1, 1e5))
def test_project_inverts_unproject(camera, rays, depth):
    px = np.array(rays) * [camera.fx, camera.fy] * 0.8 + [camera.cx, camera.cy]
    np.testing.assert_allclose(camera.project(camera.unproject(px, depth)), px, atol=1e-6 * camera.fx)


@given(cameras, st.lists(rays, min_size=1, max_size=8))
def test_projection_is_that_of_opencv(camera, rays):
    points = np.array([(x, y, 1.0) for x, y in rays])
    zero, distortion = np.zeros(3), np.array(camera.distortion)
    expected = cv2.projectPoints(points, zero, zero, camera.matrix, distortion)[0].reshape(-1, 2)
    np.testing.assert_allclose(camera.project(points), expected, atol=1e-7 * camera.fx)


def test_shapes_are_kept_and_nothing_is_a_point_too():
    camera = Camera(500, 500, 320, 240, distortion=LENSES[1])
    assert camera.project(np.zeros((0, 17, 3))).shape == (0, 17, 2)
    assert camera.unproject(np.zeros((0, 17, 2)), np.zeros((0, 17))).shape == (0, 17, 3)
    assert camera.unproject(np.zeros((4, 17, 2)), np.ones((4, 17))).shape == (4, 17, 3)


def test_points_behind_the_camera_have_no_pixel():
    px = Camera(500, 500, 320, 240).project(np.array([[0, 0, -1000], [0, 0, 0], [0, 0, 1000.0]]))
    assert np.isnan(px[:2]).all()
    assert px[2].tolist() == [320, 240]


def test_pixels_that_the_lens_cannot_reach_stay_finite():
    camera = Camera(500, 500, 320, 240, distortion=LENSES[1])
    assert np.isfinite(camera.normalize(np.array([[1e5, 1e5], [-4000, 200]]))).all()


def test_x_is_right_y_is_down_and_depth_forward():
    camera = Camera.from_focal(1000, 640, 480)
    assert camera.project(np.array([100, 200, 1000.0])).tolist() == [420, 440]


# -- where a camera comes from ---------------------------------------------------------------------------------------


def test_principal_point_is_the_middle_and_unknown_cameras_see_55_degrees():
    camera = Camera.default(600, 800)
    assert (camera.cx, camera.cy, camera.focal_source) == (300, 400, "default")
    assert math.degrees(2 * math.atan(400 / camera.fx)) == pytest.approx(55)
    assert camera.intrinsic == [camera.fx, camera.fx, 300, 400]


@given(st.floats(1, 179), st.integers(1, 5000), st.integers(1, 5000))
def test_field_of_view_spans_the_longer_side(fov, width, height):
    camera = Camera.from_fov(fov, width, height)
    assert math.degrees(2 * math.atan(max(width, height) / 2 / camera.fx)) == pytest.approx(fov)


@pytest.mark.parametrize(("make", "value"), [(Camera.from_fov, 62.0), (Camera.from_focal, 1500)])
def test_a_camera_without_image_size_takes_that_of_the_image(make, value):
    unsized = make(value)
    assert isinstance(unsized, UnsizedCamera)
    assert unsized.for_image(640, 392) == make(value, 640, 392)
    sized = make(value, 640, 392)
    assert sized.for_image(10, 10) is sized


@pytest.mark.parametrize("bad", [0, -5, math.nan, math.inf, "1500", True, None])
def test_bad_focal_lengths_are_refused_at_once(bad):
    with pytest.raises(ValueError, match="expected"):
        Camera.from_focal(bad)
    with pytest.raises(ValueError, match=r"fx: expected a positive finite number of pixels, got"):
        Camera.from_focal(bad, 640, 480)


@pytest.mark.parametrize("bad", [0, 180, -5, math.nan, "55", True])
def test_bad_fields_of_view_are_refused_at_once(bad):
    for make in (lambda: Camera.from_fov(bad), lambda: Camera.from_fov(bad, 640, 480)):
        with pytest.raises(ValueError, match="field of view: expected degrees between 0 and 180, got"):
            make()


@pytest.mark.parametrize("bad", [(0.1,), (0, 0, 0, 0, math.nan), (0,) * 8])
def test_bad_distortion_is_refused(bad):
    with pytest.raises(ValueError, match="distortion: expected five finite coefficients"):
        Camera(500, 500, 320, 240, distortion=bad)


def _with_focal_35mm(f35, size=(600, 400)) -> Image.Image:
    image = Image.new("RGB", size)
    if f35 is not None:
        image.getexif().get_ifd(0x8769)[0xA405] = f35
    return image


def test_exif_focal_length():
    camera = Camera.from_exif(_with_focal_35mm(28))
    assert camera is not None
    assert camera.fx == pytest.approx(28 * math.hypot(600, 400) / 43.27)
    assert (camera.cx, camera.cy, camera.focal_source) == (300, 200, "exif")


def test_exif_survives_a_file(tmp_path):
    image = _with_focal_35mm(50)
    image.save(tmp_path / "photo.jpg", exif=image.getexif())
    with Image.open(tmp_path / "photo.jpg") as again:
        assert Camera.from_exif(again) == Camera.from_exif(image)


@pytest.mark.parametrize("f35", [None, 0, 1, 600, 65535, "fifty"])
def test_no_or_unbelievable_exif_gives_no_camera(f35):
    """1 mm would be a field of view of 174 degrees, 600 mm one of 3.4."""
    assert Camera.from_exif(_with_focal_35mm(f35)) is None


def test_another_focal_length_keeps_the_pixels_shape():
    camera = Camera(1000, 1100, 320, 240, "default").with_focal(2000)
    assert (camera.fx, camera.fy, camera.focal_source) == (2000, 2200, "given")


# -- k ---------------------------------------------------------------------------------------------------------------


def test_k_of_eq_1():
    """A 2 m square that fills a box of 500 px at f = 1500 px is 6 m away."""
    assert k_value(500, 1500, 1500) == 6000
    assert k_value(500, 1000, 4000) == pytest.approx(8000)  # sqrt(fx * fy)


@given(st.floats(1, 5000), st.floats(10, 5000), st.floats(0.1, 10))
def test_k_grows_with_the_focal_length_and_shrinks_with_the_box(side, focal, factor):
    k = k_value(side, focal, focal)
    assert k_value(side, factor * focal, factor * focal) == pytest.approx(factor * k)
    assert k_value(factor * side, focal, focal) == pytest.approx(k / factor)
    assert k_value(factor * side, factor * focal, factor * focal) == pytest.approx(k)  # resizing the image


def test_k_of_many_boxes():
    assert k_value(np.array([250.0, 500.0]), 1500, 1500).tolist() == [12000, 6000]
