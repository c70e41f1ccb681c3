"""Videos on the page: tracks, limits, cancel."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from people3d.app.limits import Limits
from people3d.app.work import read_photo, read_video

av = pytest.importorskip("av")
pytest.importorskip("trackers")


def test_a_video_becomes_tracks_and_an_overlay(walk, predictor, tmp_path):
    told = []
    steps = list(read_video(walk, predictor, Limits(), tmp_path, lambda share, text: told.append(share)))
    visit = steps[-1]
    assert all(step is None for step in steps[:-1])
    assert len(steps) > 5  # so often it can be cancelled
    assert told == sorted(told)
    assert [people.frame_index for _, people in visit.results] == list(range(20))
    assert {tuple(people.track_ids) for _, people in visit.results} == {(1,)}
    # Any frame is shown as it was.
    left, right = (np.flatnonzero(visit.image(i).max((0, 2)) > 128)[0] for i in (3, 17))
    assert right - left == pytest.approx(4 * 14, abs=2)
    with av.open(str(visit.video)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert len(list(container.decode(video=0))) == 20


def test_cancelling_ends_the_work(walk, predictor, tmp_path):
    before = set(threading.enumerate())  # another test's work may still be going on
    steps = read_video(walk, predictor, Limits(), tmp_path, lambda share, text: None)
    next(steps)
    calls = len(predictor.networks.batches)
    steps.close()
    assert len(predictor.networks.batches) == calls
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "read ahead"]
    assert list(tmp_path.iterdir()) == []


def test_limits(walk, predictor, tmp_path):
    with pytest.raises(ValueError, match=r"walk\.mp4: expected at most 1 s, got 2 s"):
        list(read_video(walk, predictor, Limits(seconds=1), tmp_path, lambda share, text: None))
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"^no\.mp4: not a video") as error:
        list(read_video(tmp_path / "no.mp4", predictor, Limits(), tmp_path, lambda share, text: None))
    assert str(tmp_path) not in str(error.value)


def test_a_photo_above_the_limit_is_not_decoded(predictor, photos):
    with pytest.raises(ValueError, match=r"large\.png: expected at most 1,000,000 pixels, got 1000 x 1100"):
        read_photo(photos / "large.png", predictor, Limits(megapixels=1))
