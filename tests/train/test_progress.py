"""What a run says: images a second, time left, and pictures for TensorBoard."""

from __future__ import annotations

import sys

import numpy as np
import pytest

pytest.importorskip("torch")

from people3d.train import progress as module
from people3d.train.pictures import draw_roots, draw_skeletons, grid
from people3d.train.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_images_a_second_and_time_left(tmp_path, clock, capsys):
    progress = Progress(tmp_path, steps=200, start=0, images=32, minutes=None)
    assert progress.time_left(0) == "?"
    clock[0] = 100
    for done in range(1, 51):
        progress.step(done, 128, {"loss": 2.0})
    assert progress.time_left(50) == "0:05:00"  # 150 steps at 16 images a second
    progress.evaluated(50, {"error": 3.0}, {})
    progress.close()
    assert "step 50 of 200 (16 images/s, 0:05:00 left): error 3" in capsys.readouterr().err
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows == ["50,100.0,128,img_s=16,loss=2", "50,eval,error=3"]


def test_minutes_end_it_sooner(tmp_path, clock):
    progress = Progress(tmp_path, steps=1000, start=0, images=10, minutes=2)
    clock[0] = 60
    progress.step(50, 128, {})
    assert progress.time_left(50) == "0:01:00" and not progress.out_of_time
    clock[0] = 121
    assert progress.out_of_time and progress.time_left(50) == "0:00:00"
    progress.close()


def test_tensorboard_gets_figures_and_pictures(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    progress = Progress(tmp_path, steps=100, start=0, images=1, minutes=None, tensorboard=True)
    assert progress.wants_pictures
    progress.step(50, 128, {"loss": 2.0})
    progress.evaluated(50, {"error": 3.0}, {"some": np.zeros((8, 8, 3), np.uint8)})
    progress.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert events.Scalars("train/loss")[0].value == 2 and events.Scalars("held_out/error")[0].step == 50
    assert events.Images("predictions/some")[0].width == 8


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install 'people3d\[tensorboard\]'"):
        Progress(tmp_path, 1, 0, 1, None, tensorboard=True)
    assert not Progress(tmp_path, 1, 0, 1, None).wants_pictures


def test_pictures_show_truth_and_prediction():
    crops = np.zeros((2, 64, 64, 3), np.uint8)
    true = np.array([[[0.2, 0.2], [0.2, 0.8]], [[0.2, 0.2], [np.nan, np.nan]]])
    pictures = draw_skeletons(crops, true, true + np.array([0.4, 0]), [(0, 1)])
    side = len(pictures[0])
    column, moved = round(0.2 * side), round(0.6 * side)
    assert pictures[0][side // 2, column].min() > 200 and pictures[1][side // 2, column].max() == 0  # white, unknown
    red = pictures[0][side // 2, moved] if np.isfinite(true[0]).all() else None
    assert red is not None and red[0] > 200 and red[2] < 120
    roots = draw_roots(crops, true[:, 0], true[:, 0] + 0.5, np.array([1.2, np.nan]))
    assert roots[0][:24, :80].any() and not roots[1][:24, :80].any()  # how far off, where that is known
    assert grid(pictures + roots + roots[:1]).shape == (2 * side, 4 * side, 3)
