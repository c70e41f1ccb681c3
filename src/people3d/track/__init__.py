"""The same person has the same number in all frames: tracks, gaps filled, smoothing."""

from __future__ import annotations

from people3d.track.smooth import SMOOTHERS, smooth
from people3d.track.tracker import Tracker

__all__ = ["SMOOTHERS", "Tracker", "smooth"]
