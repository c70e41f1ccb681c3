from __future__ import annotations

import cv2
import numpy as np
import pytest

from people3d.camera_file import load_camera

MATRIX = np.array([[900.5, 0, 322], [0, 910.25, 241], [0, 0, 1]])
DISTORTION = (-0.3, 0.1, 0.002, -0.001, -0.02)


def _write_opencv(path, **nodes):
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for name, value in nodes.items():
        storage.write(name, value)
    storage.release()
    return path


@pytest.mark.parametrize("suffix", ["yml", "yaml", "xml", "json"])
@pytest.mark.parametrize("names", [("camera_matrix", "distortion_coefficients"), ("K", "D")])
def test_files_that_opencv_writes(tmp_path, suffix, names):
    path = _write_opencv(
        tmp_path / f"camera.{suffix}", **{names[0]: MATRIX, names[1]: np.array([DISTORTION]), "image_width": 640}
    )
    camera = load_camera(path)
    assert camera.intrinsic == [900.5, 910.25, 322, 241]
    assert camera.distortion == DISTORTION
    assert camera.focal_source == "given"


def test_distortion_may_be_missing_short_or_padded_with_zeros(tmp_path):
    path = tmp_path / "camera.yml"
    assert load_camera(_write_opencv(path, K=MATRIX)).distortion == (0, 0, 0, 0, 0)
    assert load_camera(_write_opencv(path, K=MATRIX, D=np.array([0.1, 0.2, 0, 0]))).distortion == (0.1, 0.2, 0, 0, 0)
    padded = np.array([*DISTORTION, 0, 0, 0])
    assert load_camera(_write_opencv(path, K=MATRIX, D=padded)).distortion == DISTORTION


def test_yaml_of_ros_and_by_hand(tmp_path):
    path = tmp_path / "camera.yaml"
    path.write_text(
        "image_width: 640\ncamera_matrix:\n  rows: 3\n  cols: 3\n  data: [900.5, 0, 322, 0, 910.25, 241, 0, 0, 1]\n"
        "distortion_coefficients:\n  rows: 1\n  cols: 5\n  data: [-0.3, 0.1, 0.002, -0.001, -0.02]\n"
    )
    assert load_camera(path).intrinsic == [900.5, 910.25, 322, 241]
    assert load_camera(path).distortion == DISTORTION
    path.write_text("K: [[900.5, 0, 322], [0, 910.25, 241], [0, 0, 1]]\n")
    assert load_camera(path).intrinsic == [900.5, 910.25, 322, 241]


def test_first_camera_of_a_pose2sim_file(tmp_path):
    path = tmp_path / "Calib.toml"
    path.write_text(
        '[cam_01]\nname = "cam_01"\nsize = [ 640.0, 480.0]\n'
        "matrix = [ [ 900.5, 0.0, 322.0], [ 0.0, 910.25, 241.0], [ 0.0, 0.0, 1.0]]\n"
        "distortions = [ -0.3, 0.1, 0.002, -0.001]\nrotation = [ 0.1, 0.2, 0.3]\ntranslation = [ 1.0, 2.0, 3.0]\n"
        "fisheye = false\n\n[metadata]\nadjusted = false\nerror = 0.0\n"
    )
    camera = load_camera(path)
    assert camera.intrinsic == [900.5, 910.25, 322, 241]
    assert camera.distortion == (-0.3, 0.1, 0.002, -0.001, 0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yml", "", "expected one of camera_matrix"),
        ("a.yml", "just words", "not a file that OpenCV reads"),
        ("a.yml", "K: [1, 2", "not a file that OpenCV reads"),
        ("a.yml", "K: words", "K: expected a matrix or a list of numbers"),
        ("a.yml", "K: [1, 2, x]", "K: expected numbers"),
        ("a.yml", "K: [1, 2, 3]", r"expected a 3 x 3 camera matrix, got shape \(3,\)"),
        ("a.yml", "K: [[9, 0, 3], [0, 9]]", "K: expected numbers"),
        ("a.yml", "K: [[9, 0.5, 3], [0, 9, 3], [0, 0, 1]]", "without skew, got 0.5 px"),
        ("a.yml", "K: [[9, 0, 3], [0, 9, 3], [0, 0, 2]]", "expected a camera matrix"),
        ("a.yml", "K: [[0, 0, 3], [0, 9, 3], [0, 0, 1]]", "fx: expected a positive"),
        ("a.yml", "K: [[9, 0, 3], [0, 9, 3], [0, 0, 1]]\nD: [1, 2, 3, 4, 5, 6]", "at most five distortion"),
        ("a.yml", "K:\n  rows: 99999999\n  cols: 99999999\n  data: [1]", "expected 99999999 x 99999999 numbers, got 1"),
        ("a.toml", "", "found none"),
        ("a.toml", "[cam]\nmatrix = ", "not a TOML file"),
        ("a.toml", "[cam]\nmatrix = [[9, 0, 3], [0, 9, 3], [0, 0, 1]]\nfisheye = true", "got a fisheye one"),
        ("a.toml", "[cam]\nmatrix = [['a']]", "matrix: expected numbers"),
    ],
)
def test_files_without_usable_intrinsics(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        load_camera(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_binary_and_missing_files(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 no text")
    with pytest.raises(ValueError, match="expected a camera file"):
        load_camera(tmp_path / "photo.jpg")
    with pytest.raises(FileNotFoundError):
        load_camera(tmp_path / "none.yml")
