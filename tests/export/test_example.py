from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_example_runs(tmp_path):
    pytest.importorskip("scipy")
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, str(ROOT / "examples" / "03_export.py")]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.count("knees bent by") == 6
    files = {path.name for path in (tmp_path / "outputs" / "exports").iterdir()}
    assert {"demo.csv", "demo_person1.trc", "demo_person6.bvh"} <= files
