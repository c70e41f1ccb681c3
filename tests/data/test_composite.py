from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from people3d.camera import Camera
from people3d.cli import main
from people3d.data.composite import affine_between, composite, draw, has_masks
from people3d.data.composite_set import CompositeSettings, make_set, sequences_of
from people3d.data.datasets import get_dataset
from people3d.data.mpi_inf_3dhp import MUCO21, read_sequence
from people3d.data.pictures import PictureReader
from people3d.data.samples import labels_of

from . import fakes


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    root = tmp_path_factory.mktemp("mpi")
    fakes.mpi_inf_3dhp(root)
    return root


def test_another_camera_sees_the_same_points_where_the_picture_is_moved():
    source, target = Camera(1500, 1490, 1030, 1010), Camera(1450, 1455, 1000, 1040)
    points = np.random.default_rng(0).normal([0, 0, 4000], [500, 500, 300], (20, 3))
    affine = affine_between(source, target, 0.5)
    moved = source.project(points) @ affine[:, :2].T + affine[:, 2]
    assert np.allclose(moved, 0.5 * target.project(points))


def test_people_of_a_picture_are_different_and_seen_by_one_camera(studio):
    sequences = sequences_of(studio)
    counts = set()
    for seed in range(20):
        picks = draw(np.random.default_rng(seed), sequences)
        counts.add(len(picks))
        assert len({pick.camera for pick in picks}) == 1
        assert len({pick.sequence.folder.parent.name for pick in picks}) == len(picks)
    assert counts == {1, 2, 3}  # there are three subjects


@pytest.mark.parametrize("size", [256, 128])
def test_nearer_people_are_pasted_over_further_ones(studio, size):
    sequences = sequences_of(studio)
    picks = next(p for p in (draw(np.random.default_rng(s), sequences, (3, 3)) for s in range(99)) if len(p) == 3)
    white = np.full((50, 90, 3), 255, np.uint8)
    picture, entry, rows = composite(picks, size, white, PictureReader())
    assert picture.shape == (size, size, 3) and (entry["width"], entry["height"]) == (size, size)
    camera = Camera(*entry["f"], *entry["c"])
    depths = []
    for pick, row in zip(picks, rows, strict=True):
        subject = int(pick.sequence.folder.parent.name[1:])
        cam = np.array(row["keypoints_cam"])
        assert np.allclose(cam, fakes.mpi_body(subject, 1, pick.frame)[MUCO21], atol=0.01)
        assert np.abs(camera.project(cam) - row["keypoints_img"]).max() < 0.01
        depths.append(cam[14, 2])
    # The nearest person's middle shows that person's colour, whoever was pasted first.
    nearest = picks[int(np.argmin(depths))]
    subject = int(nearest.sequence.folder.parent.name[1:])
    x, y = camera.project(fakes.mpi_body(subject, 1, nearest.frame)).mean(0).round().astype(int)
    assert np.abs(picture[y, x].astype(int) - fakes.SUBJECT_COLOURS[subject]).max() < 15
    assert not any(rows[int(np.argmin(depths))]["occluded"])
    assert any(rows[int(np.argmax(depths))]["occluded"])
    assert (picture[2, 2] == 255).all()  # the background, and nothing of the green screen
    green = (picture[..., 1] > 130) & (picture[..., 0] < 60) & (picture[..., 2] < 80)
    assert green.sum() < 0.01 * green.size


def test_without_a_background_the_studio_of_the_first_person_stays(studio):
    picks = draw(np.random.default_rng(1), sequences_of(studio), (2, 2))
    picture, _, _ = composite(picks, 256, None, PictureReader())
    assert np.abs(picture[2, 2].astype(int) - [20, 160, 40]).max() < 12


def test_a_mask_off_the_person_gives_no_picture(studio, tmp_path):
    fakes.mpi_inf_3dhp(tmp_path, (1,), cameras=(0,))
    black = [np.zeros((256, 256, 3), np.uint8)] * 6
    fakes.video(tmp_path / "S1" / "Seq1" / "FGmasks" / "video_0.avi", black)
    picks = draw(np.random.default_rng(0), sequences_of(tmp_path))
    assert composite(picks, 256, None, PictureReader()) is None
    with pytest.raises(ValueError, match="joints lay off the masks"):
        list(make_set(tmp_path / "out", 1, CompositeSettings(str(tmp_path), None, size=256)))


def test_recordings_without_masks_of_use_are_not_cut_out(tmp_path):
    fakes.mpi_inf_3dhp(tmp_path, (1,), cameras=(0,), sequence=2)  # its masks are known to be bad
    assert not has_masks(read_sequence(tmp_path / "S1" / "Seq2"))
    with pytest.raises(ValueError, match="found none of use"):
        sequences_of(tmp_path)


def test_the_set_is_half_augmented_and_read_as_muco(studio, tmp_path):
    fakes.coco(tmp_path / "coco")
    for n in (30, 34):  # COCO's pictures of nobody are white
        path = tmp_path / "coco" / "images" / "train2017" / f"{n:012d}.jpg"
        cv2.imwrite(str(path), np.full((480, 640, 3), 255, np.uint8))
    output = tmp_path / "muco"
    arguments = ["data", "composite-muco", "--root", str(studio), "--coco", str(tmp_path / "coco"), "--frames", "12"]
    assert main([*arguments, "--output", str(output), "--size", "256"]) == 0
    document = json.loads((output / "MuCo-3DHP.json").read_text())
    augmented = [i for i in document["images"] if i["file_name"].startswith("augmented_set/")]
    assert len(document["images"]) == 12 and 2 <= len(augmented) <= 10
    for image in document["images"]:
        corner = cv2.imread(str(output / image["file_name"]))[2, 2].astype(int)
        assert (corner > 245).all() == (image in augmented)
    problems: list[str] = []
    images = list(labels_of(get_dataset("muco"), output, None, problems))
    assert len(images) == 12 and not problems
    assert max(map(len, images)) <= 3 and not (output / ".parts").exists()
    assert main([*arguments, "--output", str(output), "--size", "256"]) == 2  # it is there already


def test_the_set_goes_on_where_it_broke_off(studio, tmp_path):
    settings = CompositeSettings(str(studio), None, seed=3, size=128)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert list(make_set(whole, 4, settings)) == [1, 2, 3, 4]
    stream = make_set(broken, 4, settings)
    assert [next(stream), next(stream)] == [1, 2]
    stream.close()
    with pytest.raises(ValueError, match="begun with the same settings"):
        list(make_set(broken, 4, CompositeSettings(str(studio), None, seed=4, size=128)))
    assert sorted(make_set(broken, 4, settings, workers=2)) == [3, 4]
    assert (broken / "MuCo-3DHP.json").read_text() == (whole / "MuCo-3DHP.json").read_text()
    for name in ("000001.jpg", "000004.jpg"):
        first, second = (f / "unaugmented_set" / name for f in (whole, broken))
        assert first.read_bytes() == second.read_bytes()
