"""Examples of exchanged parts run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _run(name: str, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROOT / "examples" / name), *args]
    return subprocess.run(command, env=env, capture_output=True, text=True)


def test_distances_from_a_map():
    pytest.importorskip("anny")
    from people3d.synth.render import renderer

    try:
        renderer("coarse")
    except (ImportError, RuntimeError) as error:
        pytest.skip(str(error))
    done = _run("06_depth_map.py")
    assert done.returncode == 0, done.stderr
    rows = {line[:13].strip(): line[13:] for line in done.stdout.splitlines()}
    truth, by_map = (
        [float(z) for z in rows[name].strip(" []m").split(".") if z.strip()] for name in ("truth", "depth map")
    )
    assert len(truth) == 3
    assert all(abs(a - b) < 200 for a, b in zip(truth, by_map, strict=True)), done.stdout


def test_mediapipe_says_what_it_needs():
    done = _run("07_mediapipe.py")
    assert done.returncode == 1
    assert "FILE.task" in done.stderr
