"""The method over time: frames → people → tracks → smoothed, one frame after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from people3d.people import People
from people3d.track import Tracker, smooth
from people3d.video import Frame, FrameSequence, Selection

Predict = Callable[[Frame], People | None]  # None: this frame is left out
_SURVEYED = 60  # frames that are looked at in advance, spread over the whole


@dataclass(frozen=True)
class Smoothing:
    """``method`` of ``people3d.track.SMOOTHERS``; ``causal``: nothing that comes later counts; gaps up to
    ``max_gap_s`` are filled, unless causal."""

    method: str = "one-euro"
    causal: bool = False
    max_gap_s: float = 0.5


def people_over_time(
    frames: Iterator[Frame], predict: Predict, tracker: Tracker | None, smoothing: Smoothing
) -> Iterator[tuple[Frame, People]]:
    """Everybody in every frame, with ``frame_index`` and ``time_s``.

    With a tracker, people have ``track_ids`` and their tracks are smoothed; unless causal, frames then come without
    their images, about a second late (:func:`people3d.track.smooth`).
    """

    def found() -> Iterator[tuple[Frame, People]]:
        for frame in frames:
            people = predict(frame)
            if people is not None:
                people = replace(people, frame_index=frame.index, time_s=frame.time_s)
                yield frame, people if tracker is None else tracker(people, frame.time_s)

    if tracker is None:
        return found()
    return smooth(found(), smoothing.method, smoothing.causal, smoothing.max_gap_s)


def survey(sequence: FrameSequence, selection: Selection, predict: Predict) -> list[People]:
    """People of up to :data:`_SURVEYED` frames spread over the chosen part.

    Raises:
        ValueError: a live source, which cannot be looked at in advance.
    """
    if sequence.live:
        raise ValueError(f"{sequence.name}: expected a file; a live source cannot be looked at in advance")
    seconds = min((sequence.count or 1) / sequence.fps, selection.end_s) - selection.start_s
    stride = max(1, math.ceil(seconds * sequence.fps / selection.every / _SURVEYED))
    thinned = replace(selection, every=selection.every * stride)
    return [people for people in map(predict, sequence.frames(thinned)) if people is not None]
