"""Filters over time."""

from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter

from people3d.track.filters import OneEuro, local_polynomial

RNG = np.random.default_rng(3)


def test_evenly_spaced_local_polynomials_are_savitzky_and_golays():
    values = RNG.normal(size=(40, 3))
    times = np.arange(40) / 25
    expected = savgol_filter(values, 11, 2, axis=0)
    for i in range(5, 35):
        near = slice(i - 5, i + 6)
        np.testing.assert_allclose(local_polynomial(times[near], values[near], times[i]), expected[i], atol=1e-9)


def test_a_parabola_stays_at_any_times_and_at_the_ends():
    times = np.sort(RNG.uniform(0, 1, 9))
    values = np.stack([times**2, 3 - times], 1)
    for at in (times[0], 0.5, times[-1]):
        np.testing.assert_allclose(local_polynomial(times, values, at), [at**2, 3 - at], atol=1e-9)
    np.testing.assert_allclose(local_polynomial(times[:1], values[:1], 5.0), values[0])


def _run(filter_, times, values):
    return np.array([filter_(t, np.atleast_1d(v)) for t, v in zip(times, values, strict=True)])[:, 0]


def test_one_euro_calms_rest_and_follows_speed():
    times = np.arange(100) / 25
    noise = RNG.normal(0, 1, 100)
    calm = _run(OneEuro(np.array([0.5]), np.array([0.0])), times, noise)
    assert calm[20:].std() < 0.35 * noise[20:].std()
    ramp = 10 * times
    slow = _run(OneEuro(np.array([0.5]), np.array([0.0])), times, ramp)
    fast = _run(OneEuro(np.array([0.5]), np.array([1.0])), times, ramp)
    assert ramp[-1] - slow[-1] > 2
    assert 0 < ramp[-1] - fast[-1] < 0.5


def test_one_euro_knows_the_rate():
    """A constant after a step: what remains depends on the time that passed, not on the number of frames."""
    left = []
    for rate in (25, 100):
        times = np.arange(0, 1.001, 1 / rate)
        values = np.where(times > 0, 1.0, 0.0)
        left.append(1 - _run(OneEuro(np.array([0.3]), np.array([0.0])), times, values)[-1])
    assert abs(left[0] - left[1]) < 0.03
    assert 0.1 < left[1] < 0.3
