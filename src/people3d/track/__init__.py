"""The same person has the same number in all frames: tracks, gaps filled, smoothing."""

from __future__ import annotations

from people3d.track.smooth import ONE_EURO, SMOOTHERS, smooth
from people3d.track.tracker import Tracker

__all__ = ["ONE_EURO", "SMOOTHERS", "Tracker", "smooth"]
