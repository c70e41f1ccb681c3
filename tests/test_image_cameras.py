"""A camera for each image."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d import Camera
from people3d.image_cameras import ImageCameras, load_cameras

IMAGES = [
    {"file_name": "TS1/a.jpg", "intrinsic": [1500, 1510, 1000, 990]},
    {"file_name": "TS2/a.jpg", "intrinsic": [900, 900, 500, 500], "distortion": [0.1, 0, 0, 0, 0]},
    {"file_name": "TS2\\b.jpg", "intrinsic": [800, 800, 500, 500]},
]


def _write(tmp_path, images):
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"images": images, "annotations": []}))
    return path


def test_by_path_then_by_base_name(tmp_path):
    cameras = load_cameras(_write(tmp_path, IMAGES))
    assert isinstance(cameras, ImageCameras)
    assert cameras.of("TS1/a.jpg") == Camera(1500, 1510, 1000, 990)
    assert cameras.of("TS2/a.jpg").distortion == (0.1, 0, 0, 0, 0)
    assert cameras.of("b.jpg") == cameras.of("TS2/b.jpg") == Camera(800, 800, 500, 500)
    with pytest.raises(ValueError, match=r"truth\.json: expected one image a\.jpg with intrinsic, found 2"):
        cameras.of("a.jpg")
    with pytest.raises(ValueError, match=r"expected one image c\.jpg with intrinsic, found 0"):
        cameras.of("c.jpg")


@pytest.mark.parametrize(
    ("image", "line"),
    [
        ({"file_name": "a.jpg"}, "image 0: expected file_name and intrinsic"),
        ({"file_name": "a.jpg", "intrinsic": [1, 2]}, "image 0: expected file_name and intrinsic"),
        ({"file_name": "a.jpg", "intrinsic": [0, 2, 3, 4]}, "image 0: fx: expected a positive finite number"),
        ("a.jpg", "image 0: expected file_name and intrinsic"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, image, line):
    with pytest.raises(ValueError, match=line):
        load_cameras(_write(tmp_path, [image]))


def test_a_calibration_tools_file_is_one_camera_for_all(tmp_path):
    (tmp_path / "camera.toml").write_text("[cam]\nmatrix = [[900, 0, 320], [0, 910, 240], [0, 0, 1]]\n")
    assert load_cameras(tmp_path / "camera.toml") == Camera(900, 910, 320, 240)
    with pytest.raises(OSError):
        load_cameras(tmp_path / "gone.json")


def test_the_kits_ground_truth(shared):
    cameras = load_cameras(shared / "kit" / "real_dev" / "h36m_s9" / "ground_truth.json")
    assert isinstance(cameras, ImageCameras)
    assert len(cameras.cameras) == 50
    np.testing.assert_allclose([c.fx for c in cameras.cameras.values()], 1145.0494)
