"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import people3d.cli


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE there")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"]])
def test_a_reader_that_went_away_is_no_error(arguments, unbuffered):
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
    assert (done.returncode, done.stderr) == (141, b"")


def test_another_broken_pipe_is_an_error(monkeypatch):
    def broken(arguments):
        raise BrokenPipeError("a worker died")

    monkeypatch.setattr(people3d.cli, "_run", broken)
    with pytest.raises(BrokenPipeError, match="a worker died"):
        people3d.cli.main([])
