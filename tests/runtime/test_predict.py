"""From a picture through real networks to files: ONNX on the command line, torch in Python, the same people."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from people3d import Camera, Predictor, cli
from people3d.crop import xyxy_from_xywh
from people3d.runtime import load_weights

BOXES = np.array([[30.0, 20, 60, 110], [-10, 40, 50, 80], [90, 5, 80, 140]])


@pytest.mark.parametrize("flip_test", [False, True])
def test_the_command_gives_what_torch_gives(entry_folder, tmp_path, flip_test):
    image = np.random.default_rng(0).integers(0, 256, (150, 200, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "a.png")
    rows = [{"file_name": "a.png", "bbox": box.tolist()} for box in BOXES]
    (tmp_path / "boxes.json").write_text(json.dumps(rows))
    options = ["--boxes", str(tmp_path / "boxes.json"), "--focal", "300", "--batch-size", "2", "--save", "json"]
    options += ["--flip-test"] if flip_test else []
    out = tmp_path / "out"
    assert (
        cli.main(["predict", str(tmp_path / "a.png"), "--output", str(out), "--weights", str(entry_folder), *options])
        == 0
    )
    data = json.loads((out / "people3d.json").read_text())

    predictor = Predictor(load_weights(entry_folder, runtime="torch"), flip_test=flip_test)
    people = predictor(image, Camera.from_focal(300), xyxy_from_xywh(BOXES))
    for key, expected in (("keypoints_cam", people.joints_cam_mm), ("root_cam", people.root_cam_mm)):
        np.testing.assert_allclose([a[key] for a in data["annotations"]], expected, rtol=1e-3, atol=0.5, err_msg=key)
    assert set(data["info"]["weights"]) == {"rootnet", "posenet"}
    assert data["info"]["flip_test"] is flip_test
