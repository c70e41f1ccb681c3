"""Smoothing and gaps while frames come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.people import UNCERTAIN, People
from people3d.track.signal import smoothed, to_signal
from people3d.track.smooth import AHEAD_S, smooth
from people3d.video import Frame

IMAGE = np.zeros((480, 640, 3), np.uint8)


def _stream(make_people, frames=60, noise=0.03, missing=(), fps=25.0):
    """One person who walks away, with noise on the depth, in tracks of number 5."""
    rng = np.random.default_rng(1)
    still = make_people(1)
    rays = still.joints_cam_mm / still.joints_cam_mm[..., 2:]
    relative = still.joints_cam_mm[..., 2] - still.root_cam_mm[:, 2:]
    for i in range(frames):
        depth = (4000 + 40 * i) * np.exp(rng.normal(0, noise))
        joints = rays * (depth + relative)[..., None]
        root = still.root_cam_mm / still.root_cam_mm[:, 2:] * depth
        people = replace(
            still, joints_cam_mm=joints, root_cam_mm=root, track_ids=np.array([5]), frame_index=i, time_s=i / fps
        )
        yield Frame(IMAGE, i, i / fps, f"v#{i}"), people[[]] if i in missing else people


def _depths(results) -> np.ndarray:
    return np.array([people.root_cam_mm[0, 2] for _, people in results])


def _jitter(depths: np.ndarray) -> float:
    return float(np.abs(np.diff(depths, 2)).mean())


def test_there_and_back(make_people):
    people = make_people(3)
    again = smoothed(people, {i: to_signal(people, i).values for i in range(3)})
    for name in ("joints_cam_mm", "joints_px", "root_cam_mm"):
        np.testing.assert_allclose(getattr(again, name), getattr(people, name), rtol=1e-9)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("method", ["one-euro", "savgol"])
def test_smoother_and_not_further_off(make_people, method, causal):
    truth = 4000 + 40 * np.arange(60)
    raw = _depths(_stream(make_people))
    got = _depths(smooth(_stream(make_people), method, causal))
    assert len(got) == 60
    assert _jitter(got) < 0.5 * _jitter(raw)
    if not causal:
        assert np.abs(got - truth).mean() < 0.7 * np.abs(raw - truth).mean()


def test_the_picture_stays_where_only_depth_jitters(make_people):
    first = next(iter(_stream(make_people)))[1]
    for _, people in smooth(_stream(make_people)):
        np.testing.assert_allclose(people.joints_px, first.joints_px, atol=1e-6)


def test_none_changes_nothing(make_people):
    for (_, a), (_, b) in zip(_stream(make_people), smooth(_stream(make_people), "none"), strict=True):
        np.testing.assert_array_equal(a.joints_cam_mm, b.joints_cam_mm)


def test_causal_results_come_at_once_and_know_nothing_of_what_follows(make_people):
    taken = []

    def source():
        for item in _stream(make_people):
            taken.append(item)
            yield item

    for count, (frame, _) in enumerate(smooth(source(), causal=True), 1):
        assert len(taken) == count
        assert frame.rgb is IMAGE
    short = _depths(smooth(_stream(make_people, frames=30), causal=True))
    np.testing.assert_array_equal(short, _depths(smooth(_stream(make_people), causal=True))[:30])


def test_offline_results_wait_for_a_second_and_hold_no_image(make_people):
    taken = []

    def source():
        for item in _stream(make_people, frames=200):
            taken.append(item)
            yield item

    for count, (frame, _) in enumerate(smooth(source()), 1):
        assert len(taken) - count <= AHEAD_S * 25 + 1
        assert frame.rgb is None


def test_gaps_are_filled_and_marked(make_people):
    results = list(smooth(_stream(make_people, missing=(20, 21, 22), noise=0), "none"))
    assert [len(people) for _, people in results] == [1] * 60
    for i, (_, people) in enumerate(results):
        assert (people.filled is not None and bool(people.filled[0])) == (i in (20, 21, 22))
        assert people.track_ids.tolist() == [5]
    people = results[21][1]
    np.testing.assert_allclose(people.root_cam_mm[0, 2], 4000 + 40 * 21, rtol=1e-3)
    assert set(people.joint_flags.ravel()) <= {0, UNCERTAIN}
    assert people.frame_index == 21


def test_long_gaps_ends_and_causal_gaps_stay(make_people):
    def counts(**options):
        return [len(people) for _, people in smooth(_stream(make_people, **options.pop("of")), **options)]

    assert counts(of={"missing": range(20, 40)}) == [1] * 20 + [0] * 20 + [1] * 20
    assert counts(of={"missing": (0, 1, 59)}) == [0, 0] + [1] * 57 + [0]
    assert counts(of={"missing": (20,)}, causal=True)[20] == 0
    assert counts(of={"missing": (20,)}, max_gap_s=0)[20] == 0
    assert counts(of={"missing": range(20, 40)}, max_gap_s=1.5) == [1] * 60


def test_who_is_in_no_track_is_left_alone(make_people):
    def source():
        for frame, people in _stream(make_people):
            yield frame, replace(people, track_ids=np.array([0]))

    for (_, a), (_, b) in zip(source(), smooth(source()), strict=True):
        np.testing.assert_array_equal(a.root_cam_mm, b.root_cam_mm)


def test_unknown_methods_are_named(make_people):
    with pytest.raises(ValueError, match="expected one of one-euro, savgol, none, got 'mean'"):
        list(smooth(_stream(make_people), "mean"))
    assert isinstance(next(iter(smooth(_stream(make_people))))[1], People)
