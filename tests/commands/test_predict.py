"""people3d predict: the contract of the command line, with made-up networks."""

from __future__ import annotations

import json
import os
import re
import signal

import numpy as np
import pytest
from PIL import Image

from people3d import cli
from people3d.commands import predict
from people3d.sources import read_image

INTRINSICS = ["--intrinsics", "300", "310", "99", "70"]


@pytest.fixture
def photos(tmp_path):
    """A folder with one person, nobody, and one person in a folder below."""
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    image = np.zeros((150, 200, 3), np.uint8)
    Image.fromarray(image).save(folder / "nobody.png")
    image[70:80, 80:120] = 255
    Image.fromarray(image).save(folder / "one.jpg", quality=95)
    Image.fromarray(image).save(folder / "below" / "one.png")
    return folder


def _read(folder):
    return json.loads((folder / "people3d.json").read_text())


def test_a_folder(run, photos, tmp_path):
    out = tmp_path / "out"
    assert run(photos, "--output", out) == (0, [])
    data = _read(out)
    assert [i["file_name"] for i in data["images"]] == ["below/one.png", "nobody.png", "one.jpg"]
    assert [i["id"] for i in data["images"]] == [1, 2, 3]
    assert [(a["id"], a["image_id"]) for a in data["annotations"]] == [(1, 1), (2, 3)]
    assert data["images"][0]["focal_source"] == "default"
    assert data["info"]["weights"] == {"posenet": {"id": "fake/posenet", "sha256": "0" * 64}}
    assert data["info"]["boxes"] == "detector default"
    # "one" is the stem of two pictures: both say their folder.
    expected = {"below_one", "nobody", "photos_one"}
    assert {p.name for p in out.iterdir()} == {"people3d.json"} | {s + e for s in expected for e in (".png", ".html")}
    assert read_image(out / "photos_one.png").rgb.shape == (150, 200, 3)


def test_timing_is_written_for_table_8(run, photos, tmp_path, capsys):
    assert run(photos, "--output", tmp_path / "out", "--save", "json", "--timing")[0] == 0
    assert run(photos, "--output", tmp_path / "plain", "--save", "json")[0] == 0
    timed, plain = _read(tmp_path / "out"), _read(tmp_path / "plain")
    assert timed["annotations"] == plain["annotations"]
    info = timed["info"]
    assert {k: v for k, v in info.items() if k not in ("timing", "seconds_per_image")} == plain["info"]
    assert info["seconds_per_image"] == info["timing"]["seconds_per_stage"]["total"] > 0
    assert info["timing"]["pictures"] == 2
    assert cli.main(["benchmark", "table8", "--run", f"mine={tmp_path / 'out'}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["here"] == [{"label": "mine", "values": [*info["timing"]["seconds_per_stage"].values()]}]
    assert found["provenance"]["mine"]["machine"] == info["timing"]["machine"]
    assert cli.main(["benchmark", "table8", "--run", f"mine={tmp_path / 'plain'}"]) == 2
    assert "people3d predict --timing writes it" in capsys.readouterr().err
    assert run(photos, "--output", tmp_path / "ray", "--save", "json", "--timing", "--engine", "ray")[0] == 2


def test_a_single_picture_and_what_to_save(run, photos, tmp_path):
    code, _ = run(photos / "one.jpg", "--output", tmp_path / "out", "--save", "json")
    assert code == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["people3d.json"]
    assert _read(tmp_path / "out")["images"][0]["file_name"] == "one.jpg"
    code, _ = run(photos / "one.jpg", "--output", tmp_path / "out2", "--save", "image", "html")
    assert {p.name for p in (tmp_path / "out2").iterdir()} == {"one.png", "one.html"}


def test_nobody_is_a_success(run, photos, tmp_path):
    assert run(photos / "nobody.png", "--output", tmp_path / "out") == (0, [])
    data = _read(tmp_path / "out")
    assert len(data["images"]) == 1
    assert data["annotations"] == []


@pytest.mark.parametrize(
    ("options", "intrinsic", "source"),
    [
        (["--focal", "500"], [500, 500, 100, 75], "given"),
        (["--fov", "90"], [100, 100, 100, 75], "given"),
        (INTRINSICS, [300, 310, 99, 70], "given"),
        ([], [192.098, 192.098, 100, 75], "default"),
    ],
)
def test_the_camera(run, photos, tmp_path, options, intrinsic, source):
    assert run(photos / "one.jpg", "--output", tmp_path / "out", "--save", "json", *options) == (0, [])
    data = _read(tmp_path / "out")
    assert data["images"][0]["intrinsic"] == pytest.approx(intrinsic, abs=1e-3)
    assert data["images"][0]["focal_source"] == source
    fx, fy, cx, cy = data["images"][0]["intrinsic"]
    (person,) = data["annotations"]
    x, y, z = person["root_cam"]
    assert person["root_normalized"] == pytest.approx([x / z, y / z, z / np.sqrt(fx * fy)], abs=1e-6)
    keypoints, cam = np.reshape(person["keypoints"], (-1, 3)), np.array(person["keypoints_cam"])
    np.testing.assert_allclose(keypoints[:, 0], cam[:, 0] / cam[:, 2] * fx + cx, atol=1e-3)
    np.testing.assert_allclose(keypoints[:, 1], cam[:, 1] / cam[:, 2] * fy + cy, atol=1e-3)


def test_a_camera_for_each_picture(run, photos, tmp_path):
    images = [{"file_name": f"x/{n}", "intrinsic": [f, f, 100, 75]} for n, f in (("one.jpg", 700), ("nobody.png", 800))]
    (tmp_path / "cameras.json").write_text(json.dumps({"images": images}))
    pictures = [photos / "one.jpg", photos / "nobody.png"]
    assert run(*pictures, "--output", tmp_path / "out", "--camera", tmp_path / "cameras.json", "--save", "json")[0] == 0
    assert [i["intrinsic"][0] for i in _read(tmp_path / "out")["images"]] == [700, 800]
    (tmp_path / "cameras.json").write_text(json.dumps({"images": images[1:]}))
    code, lines = run(*pictures, "--output", tmp_path / "out", "--camera", tmp_path / "cameras.json", "--save", "json")
    assert code == 2
    assert len(lines) == 1
    assert "cameras.json: expected one image one.jpg with intrinsic, found 0" in lines[0]
    assert [i["file_name"] for i in _read(tmp_path / "out")["images"]] == ["nobody.png"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--focal", "0"], "fx: expected a positive finite number of pixels, got 0.0"),
        (["--focal", "-3"], "fx: expected a positive finite number of pixels, got -3.0"),
        (["--focal", "nan"], "fx: expected a positive finite number of pixels, got nan"),
        (["--focal", "wide"], "--focal: expected number, got 'wide'"),
        (["--fov", "180"], "field of view: expected degrees between 0 and 180, got 180.0"),
        (["--intrinsics", "1", "2", "3"], "--intrinsics: expected number number number number, got '1', '2', '3'"),
        (["--intrinsics", "0", "2", "3", "4"], "fx: expected a positive finite number of pixels, got 0.0"),
        (
            [*INTRINSICS, "--fov", "60"],
            "expected one of --focal, --fov, --intrinsics and --camera, got --fov and --intrin",
        ),
        (["--batch-size", "many"], "--batch-size: .*'many'"),
        (["--save", "pdf"], "invalid choice 'pdf' for argument '--save'"),
        (["--skeleton", "coco19"], "coco19 has joints that muco21 lacks: Nose"),
        (["--skeleton", "coco"], "unknown skeleton 'coco'"),
        (["--camera", "gone.yaml"], "gone.yaml"),
        (["--boxes", "gone.json"], "gone.json: expected a file of boxes, No such file"),
        (["--what"], "Unrecognized options: --what"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(run, photos, tmp_path, options, line, capsys):
    try:
        code, lines = run(photos / "one.jpg", "--output", tmp_path / "out", *options)
    except SystemExit as stop:
        code, lines = stop.code, capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 1, lines
    assert re.search(line, lines[0]), lines
    assert not (tmp_path / "out" / "people3d.json").exists()


def test_no_source(run, tmp_path):
    assert run("--output", tmp_path / "out")[0] == 2


def test_what_is_good_beside_the_bad_is_done(run, photos, tmp_path):
    (photos / "cut.jpg").write_bytes((photos / "one.jpg").read_bytes()[:400])
    (photos / "empty.png").write_bytes(b"")
    code, lines = run(photos, tmp_path / "gone.jpg", "--output", tmp_path / "out", "--save", "json")
    assert code == 2
    assert len(lines) == 3
    for name, reason in (("gone.jpg", "no such file"), ("cut.jpg", "damaged or cut off"), ("empty.png", "is empty")):
        assert any(name in line and reason in line for line in lines), lines
    data = _read(tmp_path / "out")
    assert [i["file_name"] for i in data["images"]] == ["below/one.png", "nobody.png", "one.jpg"]
    assert len(data["annotations"]) == 2


def test_if_nothing_can_be_read_the_file_of_results_is_there_and_empty(run, tmp_path):
    code, lines = run(tmp_path / "gone.jpg", "--output", tmp_path / "out")
    assert code == 2
    assert lines == [f"people3d predict: {tmp_path}/gone.jpg: no such file or folder"]
    assert _read(tmp_path / "out")["images"] == []


def test_boxes_keep_their_order_and_bad_ones_are_named(run, photos, tmp_path):
    rows = [
        {"file_name": "one.jpg", "bbox": [100, 20, 60, 110], "score": 0.2},
        {"file_name": "one.jpg", "bbox": [500, 20, 60, 110]},
        {"file_name": "below/one.png", "bbox": [30, 20, 60, 110]},
        {"file_name": "one.jpg", "bbox": [10, 10, 0, 110]},
        {"file_name": "one.jpg", "bbox": [10, 10, 50, -5]},
        {"file_name": "one.jpg", "bbox": [float("nan"), 10, 50, 50]},
        {"file_name": "one.jpg", "bbox": "wide"},
        {"file_name": "one.jpg", "bbox": [40, 25, 70, 100], "score": 0.9},
    ]
    (tmp_path / "boxes.json").write_text(json.dumps(rows))
    code, lines = run(photos, "--output", tmp_path / "out", "--boxes", tmp_path / "boxes.json", "--save", "json")
    assert code == 2
    assert len(lines) == 5
    for part in ("outside the 200 x 150 image", "got 0 x 110", "got 50 x -5", "not all finite", "'wide'"):
        assert sum(part in line for line in lines) == 1, (part, lines)
    data = _read(tmp_path / "out")
    names = {i["id"]: i["file_name"] for i in data["images"]}
    assert [(names[a["image_id"]], a["bbox"], a["score"]) for a in data["annotations"]] == [
        ("below/one.png", [30, 20, 60, 110], 1),
        ("one.jpg", [100, 20, 60, 110], 0.2),
        ("one.jpg", [40, 25, 70, 100], 0.9),
    ]
    assert data["info"]["boxes"] == "file boxes.json"


def test_the_results_say_how_the_detector_looked(run, photos, tmp_path):
    out = tmp_path / "out"
    assert run(photos / "one.jpg", "--output", out, "--save", "json", "--detector-views", "384", "448m") == (0, [])
    assert _read(out)["info"]["boxes"] == "detector default, views 384 448m"
    code, lines = run(photos / "one.jpg", "--output", tmp_path / "no", "--detector-views", "large")
    assert code == 2
    assert lines == ["people3d predict: view: expected px from 32 to 4096, m behind it: mirrored; got 'large'"]


def test_boxes_of_other_pictures_are_said_to_be(run, photos, tmp_path):
    (tmp_path / "boxes.json").write_text(json.dumps([{"file_name": "other.jpg", "bbox": [1, 2, 30, 40]}]))
    code, lines = run(photos, "--output", tmp_path / "out", "--boxes", tmp_path / "boxes.json", "--save", "json")
    assert code == 2
    assert len(lines) == 1
    assert "boxes of files like 'other.jpg', and pictures like 'below/one.png'" in lines[0]
    assert len(_read(tmp_path / "out")["images"]) == 3


def test_predictions_can_be_boxes_again(run, photos, tmp_path):
    """People3d's own file is a COCO file of tight boxes."""
    run(photos, "--output", tmp_path / "first", "--save", "json")
    first = _read(tmp_path / "first")
    assert run(photos, "--output", tmp_path / "second", "--boxes", tmp_path / "first" / "people3d.json")[0] == 0
    second = _read(tmp_path / "second")
    for a, b in zip(first["annotations"], second["annotations"], strict=True):
        assert a["bbox"] == b["bbox"]
        np.testing.assert_allclose(a["keypoints_cam"], b["keypoints_cam"], atol=1e-3)


def test_inputs_are_never_overwritten(run, photos):
    before = {p: p.read_bytes() for p in photos.rglob("*") if p.is_file()}
    assert run(photos, "--output", photos)[0] == 0
    assert run(photos / "nobody.png", "--output", photos)[0] == 0
    for path, data in before.items():
        assert path.read_bytes() == data
    code, lines = run(photos, "--output", photos, "--boxes", photos / "people3d.json")
    assert code == 2
    assert "this input would be overwritten" in lines[0]


def test_results_in_a_folder_below_are_no_inputs(run, photos):
    run(photos, "--output", photos / "out")
    assert run(photos, "--output", photos / "out")[0] == 0
    assert len(_read(photos / "out")["images"]) == 3


def test_an_output_that_cannot_be_written(run, photos, tmp_path):
    code, lines = run(photos, "--output", photos / "one.jpg" / "out")
    assert code == 2
    assert lines == [f"people3d predict: {photos}/one.jpg/out: this folder cannot be written (Not a directory)"]
    code, lines = run(photos, "--output", photos / "one.jpg")
    assert code == 2
    assert len(lines) == 1
    if os.geteuid():
        (tmp_path / "locked").mkdir(mode=0o555)
        code, lines = run(photos, "--output", tmp_path / "locked")
        assert code == 2
        assert "Permission denied" in lines[0]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_is_done_stays_if_the_run_is_interrupted(run, photos, tmp_path, monkeypatch, sent):
    real, count = predict.read_image, []

    def second_is_interrupted(path):
        count.append(path)
        if len(count) == 2:
            os.kill(os.getpid(), sent)
        return real(path)

    monkeypatch.setattr(predict, "read_image", second_is_interrupted)
    # A shell starts what it puts into the background with SIGINT ignored, and the tests may run there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, lines = run(photos, "--output", tmp_path / "out", "--save", "json")
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 130
    assert lines == ["people3d predict: interrupted; 1 of 3 pictures are done"]
    assert len(_read(tmp_path / "out")["annotations"]) == 1


def test_a_network_that_gives_nonsense_is_named_with_the_picture(run, photos, tmp_path, monkeypatch, fake_networks):
    def broken(self, crops, k):
        return np.full((len(k), 3), np.nan), None

    monkeypatch.setattr(fake_networks, "root", broken)
    code, lines = run(photos, "--output", tmp_path / "out", "--save", "json")
    assert code == 2
    assert len(lines) == 2
    assert "one.jpg: RootNet gave numbers that are not finite for person 0 of 1" in lines[1]
    assert [i["file_name"] for i in _read(tmp_path / "out")["images"]] == ["nobody.png"]


def test_an_animation_is_used_and_said_so(run, tmp_path):
    frames = [Image.new("RGB", (20, 20), c) for c in ("black", "white")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    code, lines = run(tmp_path / "a.gif", "--output", tmp_path / "out", "--save", "json")
    assert code == 0
    assert lines == [f"people3d predict: {tmp_path}/a.gif: has 2 frames or pages; only the first is used"]


def test_missing_weights(photos, tmp_path, capsys):
    code = cli.main(["predict", str(photos), "--output", str(tmp_path / "out"), "--weights", str(tmp_path / "none")])
    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 1
    assert "none" in lines[0]


def test_help_names_every_option_of_the_contract(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["predict", "--help"])
    assert not stop.value.code
    text = capsys.readouterr().out
    options = "output save focal fov intrinsics camera boxes detector score-threshold weights skeleton device"
    for option in (*options.split(), "batch-size", "flip-test"):
        assert f"--{option}" in text
