from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from people3d.cli import main
from people3d.skeleton import SKELETONS
from people3d.synth.truth import run_lengths

SMALL = ["--size", "96x72", "--people", "1-2", "--seed", "4"]


def test_run_lengths_read_back():
    rng = np.random.default_rng(0)
    for mask in (rng.random((5, 7)) < 0.5, np.zeros((3, 4), bool), np.ones((3, 4), bool)):
        coded = run_lengths(mask)
        values = np.arange(len(coded["counts"])) % 2
        back = np.repeat(values, coded["counts"]).reshape(mask.shape, order="F")
        np.testing.assert_array_equal(back.astype(bool), mask)


@pytest.fixture(scope="module")
def made(egl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    assert main(["synthesize", "--output", str(folder), "--images", "3", "--depth", *SMALL]) == 0
    return folder


def _truth(folder) -> dict:
    return json.loads((folder / "ground_truth.json").read_text())


def test_truth_fits_the_pictures(made):
    truth = _truth(made)
    assert [i["id"] for i in truth["images"]] == [1, 2, 3] and len(truth["annotations"]) >= 3
    assert truth["categories"][0]["keypoints"] == list(SKELETONS["muco21"].joints)
    images = {i["id"]: i for i in truth["images"]}
    for a in truth["annotations"]:
        image = images[a["image_id"]]
        fx, fy, cx, cy = image["intrinsic"]
        joints = np.array(a["keypoints_cam"])
        px = joints[:, :2] / joints[:, 2:] * [fx, fy] + [cx, cy]
        assert np.abs(px - a["keypoints_img"]).max() <= 0.05
        np.testing.assert_allclose(a["root_cam"], joints[14])
        picture = cv2.imread(str(made / image["file_name"]))
        assert picture.shape == (image["height"], image["width"], 3)
        depth = cv2.imread(str(made / image["depth_file_name"]), cv2.IMREAD_UNCHANGED)
        assert depth.dtype == np.uint16 and depth.shape == picture.shape[:2]
        counts = a["segmentation"]["counts"]
        assert sum(counts) == depth.size and sum(counts[1::2]) == a["area"]
        assert a["is_valid"] == int(a["area"] > 0) and 0 < a["height_mm"] < 2400


def test_two_workers_make_the_same_bytes(made, tmp_path):
    assert main(["synthesize", "--output", str(tmp_path), "--images", "3", "--depth", "--workers", "2", *SMALL]) == 0
    files = sorted(p.relative_to(made) for p in made.rglob("*") if p.is_file())
    assert len(files) == 7 and files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for file in files:
        assert (made / file).read_bytes() == (tmp_path / file).read_bytes()


def test_more_images_are_added_and_lost_ones_made_again(egl, tmp_path):
    whole, grown = tmp_path / "whole", tmp_path / "grown"
    assert main(["synthesize", "--output", str(whole), "--images", "2", *SMALL]) == 0
    assert main(["synthesize", "--output", str(grown), "--images", "1", *SMALL]) == 0
    kept = (grown / "000000.jpg").stat().st_mtime_ns
    assert main(["synthesize", "--output", str(grown), "--images", "2", *SMALL]) == 0
    assert (grown / "000000.jpg").stat().st_mtime_ns == kept
    assert _truth(grown) == _truth(whole)
    (grown / "000001.jpg").unlink()
    assert main(["synthesize", "--output", str(grown), "--images", "2", *SMALL]) == 0
    assert (grown / "000001.jpg").read_bytes() == (whole / "000001.jpg").read_bytes()


def test_other_settings_are_refused(made, capsys):
    assert main(["synthesize", "--output", str(made), "--images", "3", "--seed", "5"]) == 2
    error = capsys.readouterr().err
    assert "same settings" in error and "seed" in error and error.count("\n") == 1


def test_one_picture(egl, tmp_path):
    path = tmp_path / "one.png"
    assert main(["synthesize", "--output", str(path), "--skeleton", "synth27", *SMALL]) == 0
    truth = json.loads(path.with_suffix(".json").read_text())
    assert truth["images"][0]["file_name"] == "one.png" and len(truth["categories"][0]["keypoints"]) == 27
    assert cv2.imread(str(path)).shape == (72, 96, 3)


def test_videos_keep_their_people(egl, tmp_path):
    """Two videos of three frames: a track is one person, who moves; run again, nothing is made again."""
    arguments = ["synthesize", "--output", str(tmp_path), "--images", "2", "--frames", "3", "--fps", "5", "--depth"]
    assert main([*arguments, *SMALL]) == 0
    truth = _truth(tmp_path)
    names = [f"{v:06d}/{f:06d}.jpg" for v in range(2) for f in range(3)]
    assert [i["file_name"] for i in truth["images"]] == names and all((tmp_path / n).exists() for n in names)
    assert [i["time_s"] for i in truth["images"][:3]] == [0.0, 0.2, 0.4]
    assert all((tmp_path / i["depth_file_name"]).exists() for i in truth["images"])
    images = {i["id"]: i for i in truth["images"]}
    tracks = {}
    for a in truth["annotations"]:
        tracks.setdefault((images[a["image_id"]]["sequence"], a["track_id"]), []).append(a)
    assert len(tracks) >= 2
    for rows in tracks.values():
        assert len(rows) == 3 and len({(r["age"], r["sex"], r["height_mm"]) for r in rows}) == 1
        assert np.ptp([r["keypoints_cam"] for r in rows], axis=0).max() > 1
    kept = (tmp_path / names[0]).stat().st_mtime_ns
    assert main([*arguments, *SMALL]) == 0 and _truth(tmp_path) == truth
    assert (tmp_path / names[0]).stat().st_mtime_ns == kept


def test_one_video(egl, tmp_path):
    path = tmp_path / "clip.mp4"
    assert main(["synthesize", "--output", str(path), "--frames", "4", *SMALL]) == 0
    video = cv2.VideoCapture(str(path))
    frames = 0
    while video.read()[0]:
        frames += 1
    truth = json.loads(path.with_suffix(".json").read_text())
    assert frames == len(truth["images"]) == 4 and truth["images"][3]["frame_index"] == 3
    assert truth["info"]["settings"]["frames"] == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--people", "5-2"], "--people: expected A-B"),
        (["--people", "many"], "--people: expected A-B"),
        (["--size", "10x10"], "--size: expected"),
        (["--images", "0"], "--images: expected 1 or more"),
        (["--seed", "-1"], "--seed: expected 0 or more"),
        (["--mocap", "nowhere"], "--mocap nowhere: expected a folder"),
        (["--frames", "0"], "--frames: expected 1 or more"),
        (["--frames", "3", "--fps", "0"], "--fps: expected"),
        (["--skeleton", "bones"], "unknown skeleton"),
    ],
)
def test_bad_usage(tmp_path, capsys, arguments, message):
    assert main(["synthesize", "--output", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
