from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from people3d.cli import main
from people3d.data import synthetic
from people3d.data.pack import Pack, Person
from people3d.synth.workers import run


def _number(job: tuple[Path, int, int]) -> int:
    """The job's number; a job dies as often as it says, which files in the folder count."""
    folder, number, deaths = job
    died = len(list(folder.glob(f"{number}-*")))
    if died < deaths:
        (folder / f"{number}-{died}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_what_a_dead_process_left_is_done_by_another(tmp_path):
    told: list[str] = []
    jobs = [(tmp_path, n, 1 if n == 0 else 0) for n in range(5)]
    assert sorted(run(_number, jobs, 2, told.append)) == list(range(5))
    assert len(told) == 1 and "a process died" in told[0]


def test_others_are_done_before_it_gives_up(tmp_path):
    done, told = [], []
    with pytest.raises(RuntimeError, match=r"3 times in a row.*run it again"):
        for result in run(_number, [(tmp_path, n, 99 if n == 0 else 0) for n in range(3)], 1, told.append):
            done.append(result)
    assert done == [1, 2] and len(told) >= 2


def _few_people(seed: int, start: int, step: int, **_):
    """In place of rendering: people in a picture of one colour; the second pack's process dies once."""
    marker = Path(os.environ["PEOPLE3D_TEST_DIED"])
    for n in range(4):
        if start == 1 and n == 2 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        image = np.full((80, 60, 3), 10 * start, np.uint8)
        joints = np.full((21, 2), 30.0)
        yield Person(image, np.array([10, 10, 40, 60.0]), joints, np.zeros(21), np.ones(21), np.ones(21), 1.0)


def _packed(job):
    from people3d.commands.data import pack

    synthetic.people = _few_people
    return pack._render_pack(job)


def test_packs_are_kept_when_a_process_dies(tmp_path, capsys, monkeypatch):
    """``data pack synthetic`` says so in a line and makes the rest; nothing is left half made, or made twice."""
    from people3d.commands.data import pack

    monkeypatch.setenv("PEOPLE3D_TEST_DIED", str(tmp_path / "died"))
    monkeypatch.setattr("people3d.synth.workers.run", lambda _, *rest: run(_packed, *rest))
    output = tmp_path / "packs"
    arguments = ["data", "pack", "synthetic", "--output", str(output), "--people", "3", "--shards", "3"]
    assert main([*arguments, "--crop-px", "32"]) == 0
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("people3d data pack:")]
    assert len(lines) == 1 and "a process died; what is done is kept" in lines[0]
    assert sorted(p.name for p in output.iterdir()) == ["000", "001", "002"]
    assert [Pack.load(output / f"00{n}").images.max() for n in range(3)] == [0, 10, 20]
    monkeypatch.setattr(pack, "_render_pack", None)
    assert main([*arguments, "--crop-px", "32"]) == 0 and capsys.readouterr().out == ""
