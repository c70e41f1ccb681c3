"""people3d predict with distances from depth maps and with MediaPipe's landmarks: what is done, what is said."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from people3d.runtime import PoseOutput
from people3d.skeleton import SKELETONS

UPRIGHT = {"Shoulder": (0.09, 0.25), "Elbow": (0.13, 0.36), "Wrist": (0.14, 0.47), "Hip": (0.05, 0.5)} | {
    "Knee": (0.05, 0.7),
    "Ankle": (0.05, 0.9),
}


@pytest.fixture
def photos(tmp_path, monkeypatch, fake_networks):
    """Two pictures of somebody upright, and nobody; with networks that know how he stands."""

    def pose(self, crops, flip_test=False):
        joints = np.tile([0.5, 0.5, 0.0], (len(crops), len(self.skeleton), 1))
        for i, name in enumerate(SKELETONS["muco21"].joints):
            if name[2:] in UPRIGHT:
                across, down = UPRIGHT[name[2:]]
                joints[:, i, :2] = 0.5 + across * (1 if name[0] == "L" else -1), down
        return PoseOutput(joints, None)

    monkeypatch.setattr(fake_networks, "pose", pose)
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    image = np.zeros((150, 200, 3), np.uint8)
    Image.fromarray(image).save(folder / "nobody.jpg")
    image[70:80, 80:120] = 255
    Image.fromarray(image).save(folder / "one.jpg", quality=95)
    Image.fromarray(image).save(folder / "below" / "two.png")
    return folder


def _map(path, mm=3000, size=(200, 150)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size[::-1], mm, np.uint16)).save(path)
    return path


def _people(folder):
    data = json.loads((folder / "people3d.json").read_text())
    names = {image["id"]: image["file_name"] for image in data["images"]}
    return data, {names[a["image_id"]]: a for a in data["annotations"]}


def test_a_folder_of_maps(run, photos, tmp_path):
    depth = tmp_path / "depth"
    _map(depth / "one.png")
    _map(depth / "nobody.png")
    _map(depth / "below" / "two.png", 4000, (100, 75))
    out = tmp_path / "out"
    assert run(photos, "--output", out, "--save", "json", "--depth-map", depth) == (0, [])
    data, people = _people(out)
    assert data["info"]["root_depth"] == "map depth"
    assert len(data["images"]) == 3
    for name, mm in (("one.jpg", 3000), ("below/two.png", 4000)):
        assert people[name]["root_depth_given"] is True
        assert mm + 60 < people[name]["root_cam"][2] < mm + 220, "the root lies within the body"


def test_one_map_in_metres(run, photos, tmp_path):
    np.save(tmp_path / "depth.npy", np.full((150, 200), 3.0))
    one = (photos / "one.jpg", "--output", tmp_path / "out", "--save", "json", "--depth-map", tmp_path / "depth.npy")
    code, lines = run(*one)
    assert code == 2
    assert len(lines) == 1
    assert "expected millimetres, got a median of 3" in lines[0]
    assert run(*one, "--depth-scale", "1000") == (0, [])
    assert 3060 < _people(tmp_path / "out")[1]["one.jpg"]["root_cam"][2] < 3220


def test_maps_that_are_missing_or_of_another_shape_cost_their_pictures_only(run, photos, tmp_path):
    depth = tmp_path / "depth"
    _map(depth / "one.png")
    _map(depth / "below" / "two.png", 4000, (150, 200))
    code, lines = run(photos, "--output", tmp_path / "out", "--save", "json", "--depth-map", depth)
    assert code == 2
    assert len(lines) == 2
    assert "expected 200 x 150 px like the image, or the same shape, got 150 x 200" in lines[0]
    assert "nobody.jpg: " in lines[1] and "expected a depth map nobody.png or .npy, found none" in lines[1]
    assert [i["file_name"] for i in _people(tmp_path / "out")[0]["images"]] == ["one.jpg"]


def test_where_the_map_is_empty_rootnet_is_asked_and_that_is_said(run, photos, tmp_path):
    one = photos / "one.jpg"
    run(one, "--output", tmp_path / "plain", "--save", "json")
    code, lines = run(
        one, "--output", tmp_path / "out", "--save", "json", "--depth-map", _map(tmp_path / "depth.png", 0)
    )
    assert code == 0
    assert lines == [f"people3d predict: {one}: the depth map does not show 1 of 1 people; their distance is RootNet's"]
    got, plain = (_people(tmp_path / name)[1]["one.jpg"] for name in ("out", "plain"))
    assert "root_depth_given" not in got
    assert got["keypoints_cam"] == plain["keypoints_cam"]


def test_maps_beside_the_pictures_are_no_pictures_and_are_not_overwritten(run, photos, tmp_path):
    for name in ("one", "nobody"):
        _map(photos / "depth" / f"{name}.png")
    (photos / "below" / "two.png").unlink()
    before = (photos / "depth" / "one.png").read_bytes()
    code, lines = run(photos, "--output", photos / "depth", "--depth-map", photos / "depth")
    assert (code, lines) == (0, [])
    assert len(_people(photos / "depth")[0]["images"]) == 2
    assert (photos / "depth" / "one.png").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--depth-map", "DEPTH", "--height", "1800"], "--depth-map: expected no --height beside it"),
        (["--depth-map", "DEPTH", "--focal", "auto"], "--depth-map: expected no --focal auto beside it"),
        (["--depth-map", "DEPTH", "--engine", "ray"], "--depth-map: expected no --engine ray beside it"),
        (
            ["--depth-map", "DEPTH", "--depth-scale", "0"],
            "scale of depth maps: expected a positive number of mm, got 0",
        ),
        (["--depth-scale", "1000"], "--depth-scale: expected --depth-map as well"),
        (["--depth-map", "gone.png"], "gone.png: expected a depth map or a folder of them"),
        (["--depth-map", "DEPTH"], "expected a folder with a depth map of each picture, got one for 3 pictures"),
        (["--mediapipe", "gone.task"], "gone.task: expected MediaPipe's .task file, found none"),
    ],
)
def test_bad_usage(run, photos, tmp_path, options, reason):
    depth = _map(tmp_path / "depth.png")
    options = [str(depth) if option == "DEPTH" else option for option in options]
    code, lines = run(photos, "--output", tmp_path / "out", *options)
    assert code == 2
    assert len(lines) == 1
    assert reason in lines[0]
