"""A Ray of two workers on this machine, with the packaged weights; workers and whole runs are killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("pyarrow")
pytest.importorskip("ray")

from people3d.engine.plan import read_plan
from people3d.engine.shards import rows_of

ROOT = Path(__file__).parents[2]
_PICTURES, _DEADLINE_S = 14, 900  # on a machine with other work; else a quarter of a minute


@pytest.fixture
def photos(tmp_path):
    """Small scenes with people, and a file that is no picture."""
    folder = tmp_path / "photos"
    folder.mkdir()
    scene = Image.open(ROOT / "examples" / "demo.jpg").resize((480, 320))
    for i in range(_PICTURES):
        scene.rotate(i / 5).save(folder / f"{i:02d}.png")
    (folder / "bad.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def run(tmp_path):
    """``run(photos)`` starts the command; everything that it started ends with the test."""
    mark = f"people3d-test-{os.getpid()}-{time.monotonic_ns()}"
    env = {**os.environ, "PEOPLE3D_TEST_RUN": mark, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    env.pop("RAY_ADDRESS", None)
    started = []

    def run(photos):
        command = [sys.executable, "-m", "people3d", "predict", photos, "--output", tmp_path / "out", "--engine", "ray"]
        process = subprocess.Popen(
            [*map(str, command), "--workers", "2", "--shard-size", "2"],
            env=env,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    run.mark = mark
    yield run
    for pid in _processes(mark):
        os.kill(pid, signal.SIGKILL)
    for process in started:
        process.communicate()


def _processes(mark: str, title: str = "") -> list[int]:
    """The processes that have the mark in their environment, and the title in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"PEOPLE3D_TEST_RUN={mark}".encode() in (entry / "environ").read_bytes()
            if ours and title.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _wait_for_shards(process, out: Path, count: int) -> set[str]:
    end = time.monotonic() + _DEADLINE_S
    while time.monotonic() < end:
        done = {path.name for path in out.glob("shards/*.parquet")}
        if len(done) >= count:
            return done
        if process.poll() is not None:
            error = process.stderr.read()
            if "Ray cannot start here" in error:
                pytest.skip("this machine is too busy for Ray's deadlines")
            pytest.fail(f"ended with {process.returncode}: {error}")
        time.sleep(0.02)
    pytest.fail("no shard in time")


def _finish(process) -> str:
    _, errors = process.communicate(timeout=_DEADLINE_S)
    assert process.returncode == 2, errors  # of bad.jpg
    return errors


def _check(out: Path, photos: Path) -> None:
    """Nothing lost, nothing twice, and the bad file cost only itself."""
    rows = list(rows_of(str(out), read_plan(str(out)), "parquet"))
    expected = {path.name for path in photos.iterdir()}
    assert Counter(row["file_name"] for row in rows) == Counter(expected)
    assert [row["file_name"] for row in rows if row["error"] is not None] == ["bad.jpg"]
    document = json.loads((out / "people3d.json").read_text())
    assert sorted(image["file_name"] for image in document["images"]) == sorted(expected - {"bad.jpg"})
    assert len(document["annotations"]) == sum(len(row["people"]) for row in rows) > 0
    assert not list((out / "attempts").iterdir())


def test_a_worker_that_is_killed_costs_nothing(photos, run, tmp_path):
    process = run(photos)
    _wait_for_shards(process, tmp_path / "out", 1)
    workers = _processes(run.mark, "ShardWorker")
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    errors = _finish(process)
    assert "bad.jpg: not a picture that can be read" in errors
    _check(tmp_path / "out", photos)


def test_a_run_that_is_killed_goes_on(photos, run, tmp_path):
    process = run(photos)
    _wait_for_shards(process, tmp_path / "out", 2)
    for pid in _processes(run.mark):
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    shards = tmp_path / "out" / "shards"
    before = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.parquet")}
    assert 2 <= len(before) < 8
    _finish(run(photos))
    after = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.parquet")}
    assert {name: after[name] for name in before} == before
    _check(tmp_path / "out", photos)
