"""What the command says and does where something is wrong."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from people3d.export import load_recording, scenes_of


def test_not_a_result(export, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text('{"images": [')
    code, lines = export(bad, "--format", "csv", "--output", tmp_path / "out")
    assert code == 2 and len(lines) == 1 and "bad.json: expected JSON" in lines[0]
    code, lines = export(tmp_path / "none.json", "--format", "csv", "--output", tmp_path / "out")
    assert code == 2 and lines == [f"people3d export: {tmp_path / 'none.json'}: No such file or directory"]
    assert not (tmp_path / "out").exists()


def test_boxes_alone_are_not_enough(export, tmp_path):
    boxes = tmp_path / "boxes.json"
    image, row = {"id": 1, "file_name": "a.jpg"}, {"id": 1, "image_id": 1, "bbox": [0, 0, 5, 5]}
    boxes.write_text(json.dumps({"images": [image], "annotations": [row]}))
    code, lines = export(boxes, "--format", "trc", "--output", tmp_path / "out")
    assert code == 2 and len(lines) == 1 and "expected keypoints_cam" in lines[0]


def test_unknown_format(export, photos, tmp_path):
    with pytest.raises(SystemExit) as stop:
        export(photos, "--format", "fbx", "--output", tmp_path)
    assert stop.value.code == 2


def test_inputs_are_never_overwritten(export, photos, tmp_path):
    source = tmp_path / "people3d.json"
    source.write_bytes(photos.read_bytes())
    code, lines = export(source, "--format", "coco", "--output", source)
    assert code == 2 and len(lines) == 1 and "would be overwritten" in lines[0]
    assert source.read_bytes() == photos.read_bytes()


def test_a_missing_library_costs_only_its_format(export, photos, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    code, lines = export(photos, "--format", "c3d", "csv", "--output", tmp_path)
    assert code == 2 and (tmp_path / "people3d.csv").exists()
    assert all('pip install "people3d[export]"' in line for line in lines) and len(lines) == 2
    assert not list(tmp_path.glob("*.c3d")) and not list(tmp_path.glob(".*"))


def test_several_formats_need_a_folder(export, photos, tmp_path):
    code, lines = export(photos, "--format", "csv", "npz", "--output", tmp_path / "x.csv")
    assert code == 2 and "expected a folder" in lines[0]


def test_nobody_is_no_error(export, tmp_path, photos):
    data = json.loads(photos.read_text())
    data["annotations"] = []
    source = tmp_path / "people3d.json"
    source.write_text(json.dumps(data))
    code, lines = export(source, "--format", "csv", "trc", "c3d", "angles", "coco", "--output", tmp_path / "out")
    assert code == 0, lines
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "people3d.angles.csv",
        "people3d.coco.json",
        "people3d.csv",
    ]


def test_a_person_who_is_not_there(export, video, tmp_path):
    code, lines = export(video.path, "--format", "csv", "--person", 7, "--output", tmp_path)
    assert code == 2 and lines == ["people3d export: --person: none of these is in the file"]


def test_frames_of_a_video_are_one_scene(video):
    (scene,) = scenes_of(load_recording(video.path))
    assert scene.name == "street" and [t.id for t in scene.tracks] == [1, 2] and scene.untracked == 1
    assert scene.rate_hz == pytest.approx(25, abs=1e-3) and scene.frame_indices[0] == 100
    np.testing.assert_array_equal(scene.tracks[1].present, np.isfinite(video.joints_mm[1, :, 0, 0]))


def test_pictures_with_tracks_are_frames(video, tmp_path):
    data = json.loads(video.path.read_text())
    for image in data["images"]:
        del image["frame_index"], image["time_s"]
        image["file_name"] = image["file_name"].replace("#", "_") + ".jpg"
    path = tmp_path / "people3d.json"
    path.write_text(json.dumps(data))
    (scene,) = scenes_of(load_recording(path), 50)
    assert len(scene.times_s) == 10 and scene.times_s[-1] == pytest.approx(9 / 50)
    assert len(scenes_of(load_recording(path))) == 1


def test_pictures_are_scenes_of_their_own(photos):
    scenes = scenes_of(load_recording(photos))
    assert [(s.name, len(s.tracks)) for s in scenes] == [("photo", 2), ("photo", 1), ("empty", 0)]


def test_rates_that_make_no_sense(export, video, tmp_path):
    code, lines = export(video.path, "--format", "trc", "--fps", 0, "--output", tmp_path)
    assert code == 2 and "expected a positive number of frames a second" in lines[0]


def test_wrong_numbers_in_the_file(export, photos, tmp_path):
    for where, key, value in (
        ("annotations", "track_id", "x"),
        ("images", "intrinsic", [1, 2]),
        ("images", "time_s", []),
    ):
        data = json.loads(photos.read_text())
        data[where][0][key] = value
        path = tmp_path / "bad.json"
        path.write_text(json.dumps(data))
        code, lines = export(path, "--format", "csv", "--output", tmp_path / "out")
        assert code == 2 and len(lines) == 1 and f"{key}: expected" in lines[0]
