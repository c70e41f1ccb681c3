"""Gaps in tracks filled, and places smoothed, while frames come; only the frames of about a second are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from people3d.people import People
from people3d.track.filters import OneEuro, local_polynomial
from people3d.track.signal import RAYS, filled_in, smoothed, to_signal, units
from people3d.video import Frame

SMOOTHERS = ("one-euro", "savgol", "none")
AHEAD_S = 1.0  # how far offline smoothing looks ahead
MAX_GAP_S = 0.5  # longer gaps are not filled: too much may happen
SAVGOL_HALF_S = 0.2  # half of the window of the Savitzky-Golay filter; a causal one has both halves behind it

# Cutoff at rest in Hz and Hz per m/s, for depth, for rays (the place in the picture) and for depths about the root. The
# depth of a root is what jitters most and changes least. `benchmarks/video.py clips --sweep` measures others.
ONE_EURO = {"depth": (0.4, 0.5), "ray": (1.5, 4.0), "relative": (0.8, 2.0)}


@dataclass
class _Point:
    """One person in one frame. ``forward`` is the causal filter's answer."""

    time_s: float
    values: np.ndarray
    extras: np.ndarray
    forward: np.ndarray
    filled: bool = False


@dataclass
class _Track:
    one_euro: Mapping[str, tuple[float, float]]
    points: deque[_Point] = field(default_factory=deque)
    filter: OneEuro | None = None

    def add(self, time_s: float, values: np.ndarray, extras: np.ndarray, filled: bool = False) -> None:
        if self.filter is None:
            self.filter = self.new_filter(values)
        forward = self.filter(time_s, values, units(values))
        self.points.append(_Point(time_s, values, extras, forward, filled))

    def new_filter(self, values: np.ndarray) -> OneEuro:
        joints = (len(values) - RAYS) // 3
        parts = ["depth", *["ray"] * (2 + 2 * joints), *["relative"] * joints]
        min_cutoff, beta = np.array([self.one_euro[part] for part in parts]).T
        return OneEuro(min_cutoff, beta)


def smooth(
    stream: Iterable[tuple[Frame, People]],
    method: str = "one-euro",
    causal: bool = False,
    max_gap_s: float = MAX_GAP_S,
    one_euro: Mapping[str, tuple[float, float]] = ONE_EURO,
) -> Iterator[tuple[Frame, People]]:
    """The same frames with gaps in tracks filled and places smoothed.

    Offline, a frame comes out :data:`AHEAD_S` (or ``max_gap_s``, if that is more) after it went in, without its image;
    who was found within ``max_gap_s`` before and after it but not in it is added and marked ``filled``. The 1€ filter
    then runs both ways, and the mean of the two lags behind nothing.

    Args:
        stream: frames with people who have ``track_ids``, in order.
        method: one of :data:`SMOOTHERS`.
        causal: each frame comes out at once, with its image, and depends on nothing after it; no gap is filled.
        one_euro: cutoff at rest (Hz) and Hz per m/s of the 1€ filter, as :data:`ONE_EURO` has them.

    Raises:
        ValueError: an unknown method.
    """
    if method not in SMOOTHERS:
        raise ValueError(f"smoothing: expected one of {', '.join(SMOOTHERS)}, got {method!r}")
    ahead_s = 0.0 if causal else max(AHEAD_S, max_gap_s)
    tracks: dict[int, _Track] = {}
    waiting: deque[tuple[Frame, People]] = deque()
    for frame, people in stream:
        waiting.append((frame if causal else frame.without_image(), people))
        gap_s = 0.0 if causal else max_gap_s
        _extend(tracks, one_euro, frame.time_s, people, [f.time_s for f, _ in waiting], gap_s)
        while waiting and frame.time_s - waiting[0][0].time_s >= ahead_s:
            yield _finish(tracks, *waiting.popleft(), method, causal)
    while waiting:
        yield _finish(tracks, *waiting.popleft(), method, causal)


def _extend(
    tracks: dict[int, _Track],
    one_euro: Mapping[str, tuple[float, float]],
    now_s: float,
    people: People,
    times_s: list[float],
    max_gap_s: float,
) -> None:
    """Add everybody to his track, and the frames between to one that had a gap."""
    for person, track_id in enumerate(people.track_ids if people.track_ids is not None else ()):
        if track_id <= 0 or people.root_cam_mm[person, 2] <= 0:
            continue
        signal, track = to_signal(people, person), tracks.setdefault(int(track_id), _Track(one_euro))
        if track.points:
            last = track.points[-1]
            missed = [t for t in times_s if last.time_s < t < now_s]
            if missed and now_s - last.time_s <= max_gap_s:
                for t in missed:
                    share = (t - last.time_s) / (now_s - last.time_s)
                    values = last.values + share * (signal.values - last.values)
                    extras = last.extras + share * (signal.extras - last.extras)
                    track.add(t, values, extras, filled=True)
            elif now_s - last.time_s > MAX_GAP_S:
                track.filter = None  # somewhere else by now
        track.add(now_s, signal.values, signal.extras)


def _finish(tracks: dict[int, _Track], frame: Frame, people: People, method: str, causal: bool) -> tuple[Frame, People]:
    values: dict[int, np.ndarray] = {}
    missing: list[tuple[int, np.ndarray, np.ndarray]] = []
    person_of = {int(t): i for i, t in enumerate(people.track_ids if people.track_ids is not None else ())}
    for track_id, track in list(tracks.items()):
        at = next((i for i, point in enumerate(track.points) if point.time_s == frame.time_s), None)
        if at is not None:
            point, vector = track.points[at], _smoothed_at(track, at, method, causal)
            if point.filled:
                missing.append((track_id, vector, point.extras))
            elif method != "none":
                values[person_of[track_id]] = vector
        while track.points and track.points[0].time_s < frame.time_s - 2 * SAVGOL_HALF_S:
            track.points.popleft()
        if not track.points:
            del tracks[track_id]
    people = smoothed(people, values)
    return frame, filled_in(people, *map(list, zip(*missing, strict=True))) if missing else people


def _smoothed_at(track: _Track, at: int, method: str, causal: bool) -> np.ndarray:
    points = list(track.points)
    now = points[at]
    if method == "none":
        return now.values
    if method == "savgol":
        before, after = (2 * SAVGOL_HALF_S, 0.0) if causal else (SAVGOL_HALF_S, SAVGOL_HALF_S)
        window = [p for p in points if -before <= p.time_s - now.time_s <= after + 1e-9]
        return local_polynomial(np.array([p.time_s for p in window]), np.stack([p.values for p in window]), now.time_s)
    if causal:
        return now.forward
    after = points[at:]
    gap = next((i for i, (a, b) in enumerate(pairwise(after), 1) if b.time_s - a.time_s > MAX_GAP_S), len(after))
    backward, answer = track.new_filter(now.values), now.values
    for point in reversed(after[:gap]):
        answer = backward(point.time_s, point.values, units(point.values))
    return (now.forward + answer) / 2
