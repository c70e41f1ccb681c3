"""One shard after the other, in this process, with made-up networks."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyarrow")

from people3d.camera import Camera
from people3d.detect.boxes_file import BoxesFile
from people3d.engine.attempts import Attempts
from people3d.engine.plan import make_plan
from people3d.engine.shards import merge, read_shard, rows_of, shard_path
from people3d.engine.worker import Job, ShardWorker
from people3d.predictor import Predictor
from people3d.results import read_results, write_results


@pytest.fixture
def pictures(tmp_path):
    """Two with a bright person, one with nobody, one that is no picture, in this order."""
    image = np.zeros((150, 200, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "c.png")
    image[70:80, 80:120] = 255
    Image.fromarray(image).save(tmp_path / "a.png")
    Image.fromarray(image[:, ::-1].copy()).save(tmp_path / "b.png")
    (tmp_path / "d.jpg").write_bytes(b"no picture")
    return [(str(tmp_path / name), name) for name in ("a.png", "b.png", "c.png", "d.jpg")]


@pytest.fixture
def make_job(tmp_path, fake_networks):
    def detector(image_rgb):
        bright = np.flatnonzero(image_rgb.max((0, 2)) > 128)
        if not len(bright):
            return np.zeros((0, 4)), np.zeros(0)
        return np.array([[bright[0] - 20.0, 20, bright[-1] + 20, 130]]), np.array([0.75])

    def make(form="parquet", **options):
        return Job(str(tmp_path / "out"), form, make_predictor=lambda: Predictor(fake_networks(), detector), **options)

    return make


def _row(name, pictures):
    return {"shard": name, "pictures": json.dumps(pictures)}


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_shard_holds_what_predict_gives(make_job, pictures, tmp_path, form):
    job = make_job(form)
    plan = make_plan(job.output, pictures, {}, 3)
    worker = ShardWorker(job)
    for shard in plan.shards:
        worker(_row(shard.name, shard.pictures))
    rows = list(rows_of(job.output, plan, form))
    assert [(row["file_name"], len(row["people"])) for row in rows] == [
        ("a.png", 1),
        ("b.png", 1),
        ("c.png", 0),
        ("d.jpg", 0),
    ]
    assert [row["error"] is None for row in rows] == [True, True, True, False]
    assert "not a picture that can be read" in rows[3]["error"]

    # All shards together are the file of a run on one machine, to the last digit.
    whole, alone = tmp_path / "whole.json", tmp_path / "alone.json"
    merge(job.output, plan, form, whole, worker.predictor.skeleton, {})
    results = [(name, worker.predictor(where)) for where, name in pictures[:3]]
    write_results(alone, results, worker.predictor.skeleton)
    assert json.loads(whole.read_text()) == json.loads(alone.read_text())
    assert [name for name, _ in read_results(whole)] == ["a.png", "b.png", "c.png"]


def test_standard_deviations_are_kept(make_job, pictures, tmp_path, make_people):
    """Parquet has columns that are written down; none of a result may be missing among them."""
    from dataclasses import replace

    from people3d.engine.shards import good_row, write_shard

    people = make_people(2, camera=Camera(500, 510, 320, 240, distortion=(0.1, 0, 0, 0, 0.01)))
    std = {"root_depth_std_mm": np.array([10.0, 20]), "joints_std_mm": np.full((2, 21), 5.0)}
    people = replace(people, depth_axis="ray", **std)
    for form in ("parquet", "jsonl"):
        write_shard(shard_path(str(tmp_path), "0", form), [good_row("/x.png", "x.png", people, ["p"], ["n"])])
    parquet, lines = (read_shard(shard_path(str(tmp_path), "0", form)) for form in ("parquet", "jsonl"))
    assert parquet == lines
    assert lines[0]["people"][1]["root_depth_std"] == 20
    assert lines[0]["depth_axis"] == "ray"


def test_a_shard_that_is_there_is_not_made_again(make_job, pictures):
    job = make_job("jsonl")
    worker = ShardWorker(job)
    worker(_row("0", pictures[:1]))
    before = read_shard(shard_path(job.output, "0", "jsonl"))
    worker.predictor = None  # would raise
    assert worker(_row("0", pictures[:1])) == {"shard": "0", "pictures": 1}
    assert read_shard(shard_path(job.output, "0", "jsonl")) == before


def test_boxes_and_cameras_travel(make_job, pictures):
    boxes = np.array([[60.0, 20, 80, 110], [500, 10, 20, 20]])
    job = make_job("jsonl", camera=Camera(300, 300, 100, 75), boxes=BoxesFile({"a.png": (boxes, np.ones(2))}, ()))
    ShardWorker(job)(_row("0", pictures[:1]))
    (row,) = read_shard(shard_path(job.output, "0", "jsonl"))
    assert row["intrinsic"] == [300, 300, 100, 75]
    assert [person["bbox"] for person in row["people"]] == [[60, 20, 80, 110]]
    assert "outside the 200 x 150 image" in row["problems"][0]


class _Death(BaseException):
    """What no worker survives."""


def test_a_picture_of_which_workers_die_costs_only_itself(make_job, pictures):
    job = make_job("jsonl")
    deaths = 0
    for _ in range(10):  # Ray begins the shard again
        worker = ShardWorker(job)
        real = worker._picture

        def picture(where, file_name, real=real):
            if file_name == "b.png":
                raise _Death
            return real(where, file_name)

        worker._picture = picture  # type: ignore[method-assign]
        try:
            worker(_row("0", pictures[:3]))
            break
        except _Death:
            deaths += 1
    assert deaths == 3  # at first nobody knew which picture it was, and once may be chance
    rows = read_shard(shard_path(job.output, "0", "jsonl"))
    assert [(row["file_name"], len(row["people"])) for row in rows] == [("a.png", 1), ("b.png", 0), ("c.png", 0)]
    assert rows[1]["error"].endswith("b.png: workers died of this picture")
    assert rows[2]["error"] is None


def test_a_death_that_is_no_pictures_fault_costs_nothing(tmp_path):
    for _ in range(5):  # machines that are switched off, each time at another picture
        attempts = Attempts(str(tmp_path), "0")
        attempts.begin(f"picture {_}")
    last = Attempts(str(tmp_path), "0")
    assert not any(last.gave_up(f"picture {i}") for i in range(5))
    last.finish()
    assert not Attempts(str(tmp_path), "0").gave_up("picture 4")
