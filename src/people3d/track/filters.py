"""Filters over time for signals of any width, at any frame rate, variable ones too."""

from __future__ import annotations

import numpy as np


class OneEuro:
    """The 1€ filter (Casiez, Roussel and Vogel 2012): a low pass whose cutoff grows with the speed.

    Args:
        min_cutoff_hz: (D,) cutoff at rest: lower is steadier.
        beta: (D,) Hz per unit of speed: higher follows faster.
        speed_cutoff_hz: of the speed's own low pass.
    """

    def __init__(self, min_cutoff_hz: np.ndarray, beta: np.ndarray, speed_cutoff_hz: float = 1.0) -> None:
        self.min_cutoff_hz, self.beta, self.speed_cutoff_hz = min_cutoff_hz, beta, speed_cutoff_hz
        self._time_s, self._value, self._speed = 0.0, np.zeros(0), np.zeros(0)

    def __call__(self, time_s: float, value: np.ndarray, units: np.ndarray | float = 1.0) -> np.ndarray:
        """(D,) smoothed. ``units`` times the change a second is the speed that ``beta`` is for.

        Times may run backwards, all the way.
        """
        if not len(self._value):
            self._time_s, self._value, self._speed = time_s, value, np.zeros_like(value)
            return value
        step = abs(time_s - self._time_s)
        if step > 0:
            speed = (value - self._value) / step
            self._speed = self._speed + _share(self.speed_cutoff_hz, step) * (speed - self._speed)
            cutoff = self.min_cutoff_hz + self.beta * np.abs(self._speed * units)
            self._value = self._value + _share(cutoff, step) * (value - self._value)
            self._time_s = time_s
        return self._value


def _share(cutoff_hz: np.ndarray | float, step_s: float) -> np.ndarray | float:
    """How much of a new value counts in a first-order low pass."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff_hz * step_s))


def local_polynomial(times_s: np.ndarray, values: np.ndarray, at_s: float, degree: int = 2) -> np.ndarray:
    """(D,) at ``at_s`` of the polynomial that fits (T, D) values at (T,) times best.

    With evenly spaced times this is the Savitzky-Golay filter. Fewer than ``degree`` + 1 values are fitted by a
    polynomial of lower degree.
    """
    degree = min(degree, len(times_s) - 1)
    span = max(float(np.abs(times_s - at_s).max()), 1e-9)
    powers = ((times_s - at_s) / span)[:, None] ** np.arange(degree + 1)
    return np.linalg.pinv(powers)[0] @ values
