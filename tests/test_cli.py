"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import people3d.cli


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["predict", "--help"], 0), (["weights", "show", "default"], 0), ([], 2)]
)
def test_a_reader_that_leaves_changes_nothing_else(arguments, code, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "people3d", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            timeout=120,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (code, b"")


def test_another_broken_pipe_is_an_error(monkeypatch, capsys):
    def broken(arguments):
        print("so far")
        raise BrokenPipeError("a worker died")

    monkeypatch.setattr(people3d.cli, "_run", broken)
    with pytest.raises(BrokenPipeError, match="a worker died"):
        people3d.cli.main([])
    assert capsys.readouterr().out == "so far\n"
