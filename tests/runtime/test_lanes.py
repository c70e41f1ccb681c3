"""Two calls at a time give what one would."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from people3d.detect.default import OnnxDetector
from people3d.detect.views import parse_views
from people3d.runtime import load_weights
from people3d.runtime.lanes import Lanes, halved, threads_for_calls


def test_results_come_in_order_from_two_lanes():
    both = threading.Barrier(2, timeout=20)

    def slow(n: int) -> int:
        if n < 2:
            both.wait()  # passes only where two calls run at a time
        time.sleep(0.02 * (n == 0))
        return n * n

    assert Lanes(2).map(slow, range(5)) == [0, 1, 4, 9, 16]


def test_one_thread_has_one_lane():
    here = threading.get_ident()
    assert set(Lanes(1).map(lambda _: threading.get_ident(), range(4))) == {here}
    assert here not in Lanes(2).map(lambda _: threading.get_ident(), range(4))


@pytest.mark.parametrize(("threads", "each"), [(1, 1), (2, 1), (3, 2), (4, 2), (8, 4)])
def test_each_lane_has_half_of_the_threads(threads, each):
    assert Lanes(threads).threads == each


def test_threads_are_those_given_or_of_the_environment_or_all_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads_for_calls(5) == 5 and threads_for_calls() == 3
    for nothing in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", nothing)
        assert threads_for_calls(2) == 2 and threads_for_calls() >= 1


@pytest.mark.parametrize("count", [2, 3, 8])
def test_halves_are_the_whole(count):
    sizes = []

    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        sizes.append(len(arrays["a"]))
        return {"sum": arrays["a"] + arrays["b"], "a": arrays["a"]}

    a, b = np.arange(count), 10.0 * np.arange(count)
    output = halved(Lanes(2), run)({"a": a, "b": b})
    np.testing.assert_array_equal(output["sum"], 11 * a)
    np.testing.assert_array_equal(output["a"], a)
    assert sorted(sizes) == [count // 2, count - count // 2]


def test_what_goes_wrong_in_a_lane_is_raised():
    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        raise FloatingPointError(str(len(arrays["a"])))

    with pytest.raises(FloatingPointError, match="2"):
        halved(Lanes(2), run)({"a": np.arange(4)})


def test_networks_answer_the_same_in_lanes(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    crops = np.random.default_rng(0).integers(0, 256, (3, 256, 256, 3), np.uint8)
    k = np.array([2000.0, 3000.0, 4000.0])
    one, four = load_weights(threads=1), load_weights(threads=4)
    for name in ("joints", "std"):
        expected = getattr(one.pose(crops), name)
        np.testing.assert_allclose(getattr(four.pose(crops), name), expected, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(getattr(four.pose(crops[:1]), name), expected[:1], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(four.root(crops, k).root, one.root(crops, k).root, rtol=1e-4)


@pytest.mark.parametrize("views", [["96", "128m", "160"], ["128"]])
def test_the_detector_finds_the_same_in_lanes(views):
    picture = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    path = load_weights().detector_path()
    one, four = (OnnxDetector(path, 0.001, views=parse_views(views), threads=n)(picture) for n in (1, 4))
    assert len(one[1])
    for mine, theirs in zip(four, one, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-2)
