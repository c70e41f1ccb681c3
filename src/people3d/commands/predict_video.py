"""The part of ``people3d predict`` that is about videos: options, and one video from its frames to its results."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from tqdm import tqdm

from people3d.outputs import SUFFIXES, Outputs
from people3d.over_time import Predict, Smoothing, people_over_time
from people3d.read_ahead import read_ahead
from people3d.sources import Source, UnreadableImage
from people3d.video import (
    DEFAULT_FPS,
    Frame,
    FrameSequence,
    PictureSequence,
    Selection,
    UnreadableVideo,
    Webcam,
    open_sequence,
    parse_time,
)


@dataclass(frozen=True)
class VideoOptions:
    """What concerns videos only."""

    start: Annotated[str | None, tyro.conf.arg(metavar="TIME")] = None
    """Videos: first moment, in seconds or as H:MM:SS."""
    end: Annotated[str | None, tyro.conf.arg(metavar="TIME")] = None
    """Videos: the moment before which to stop."""
    every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Videos: only each N-th frame."""
    sequence: bool = False
    """The pictures of each folder are the frames of one video, in the order of the numbers in their names."""
    fps: Annotated[float, tyro.conf.arg(metavar="HZ")] = DEFAULT_FPS
    """Frame rate of pictures with --sequence."""
    track: bool = True
    """Videos: give people numbers that stay, fill gaps and smooth."""
    smooth: Literal["one-euro", "savgol", "none"] = "one-euro"
    """Videos: how tracks are smoothed."""
    causal: bool = False
    """Videos: smooth with what came before only, without delay; always so for webcams and standard input."""
    max_gap: Annotated[float, tyro.conf.arg(metavar="S")] = 0.5
    """Videos: fill gaps in tracks up to so many seconds; 0 fills none."""

    def check(self) -> None:
        """Raises ``ValueError``, naming the option."""
        _ = self.selection
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise ValueError(f"--fps: expected a positive number, got {self.fps}")
        if not 0 <= self.max_gap <= 10:
            raise ValueError(f"--max-gap: expected 0 to 10 seconds, got {self.max_gap}")

    @property
    def selection(self) -> Selection:
        times = {}
        for name, text in (("start", self.start), ("end", self.end)):
            try:
                times[f"{name}_s"] = parse_time(text) if text is not None else (0.0 if name == "start" else math.inf)
            except ValueError as error:
                raise ValueError(f"--{name}: {error}") from error
        return Selection(**times, every=self.every)


def is_live(source: str) -> bool:
    """Standard input or a webcam."""
    return source == "-" or source == "webcam" or source.startswith("webcam:")


def split_sources(
    sources: list[Source], live: list[str], options: VideoOptions
) -> tuple[list[Source], list[tuple[Source, Callable[[], FrameSequence]]]]:
    """Pictures, and what makes a sequence of frames: how to open it, with a source that its results are named after."""
    sequences: list[tuple[Source, Callable[[], FrameSequence]]] = [
        (s, partial(open_sequence, s)) for s in sources if s.is_video
    ]
    pictures = [s for s in sources if not s.is_video]
    if options.sequence and pictures:
        folders: dict[Path, list[Source]] = {}
        for picture in pictures:
            folders.setdefault(picture.path.parent, []).append(picture)
        for folder, inside in folders.items():
            name = folder.resolve().name or "frames"
            sequences.append((Source(folder / name, name), partial(PictureSequence, name, inside, options.fps)))
        pictures = []
    for name in live:
        called = "stdin" if name == "-" else name.replace(":", "")
        sequences.append((Source(Path(called), called), partial(open_sequence, name)))
    return pictures, sequences


def predict_sequence(
    make: Callable[[], FrameSequence],
    stem: str,
    predict: Predict,
    outputs: Outputs,
    options: VideoOptions,
    save: tuple[str, ...],
    first_id: int,
    complain: Callable[[str], int],
) -> tuple[int, int]:
    """One video.

    Args:
        make: opens it; asked twice where frames are drawn later than they are looked at.
        predict: people of a frame; None where that went wrong and has been said.
        first_id: number of its first person.

    Returns:
        Exit code, 2 where anything was wrong; and the number that the next video's first person gets.
    """
    code, selection, sequence = 0, options.selection, make()
    causal = options.causal or sequence.live
    tracker = None
    if options.track:
        from people3d.track import Tracker

        tracker = Tracker(sequence.fps / options.every, first_id=first_id)
    smoothing = Smoothing(options.smooth, causal, options.max_gap)
    shown = {"image", "html", "video"} & set(save)
    late = tracker is not None and not causal  # frames come without their images, which are then read again
    # A camera does not wait for slow networks; a pipe does, so that nothing of it is lost.
    ahead = read_ahead(sequence.frames(selection), newest=isinstance(sequence, Webcam))
    images = _Images(make().frames(selection)) if late and shown else None
    total = None if sequence.count is None else math.ceil(sequence.count / options.every)
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.closing(ahead))
        video = None
        if "video" in save:
            from people3d.view.video import OverlayVideo

            path = outputs.folder / f"{stem}{SUFFIXES['video']}"
            video = stack.enter_context(contextlib.closing(OverlayVideo(path, sequence.fps / options.every)))
        frames = iter(tqdm(ahead, sequence.name, total, unit="frame", disable=None))
        results = people_over_time(frames, predict, tracker, smoothing)
        try:
            for frame, people in results:
                outputs.keep(frame.file_name, people)
                if shown:
                    rgb = frame.rgb if images is None else images.of(frame)
                    assert rgb is not None
                    outputs.draw(f"{stem}_{frame.index:06d}", people, rgb, shown - {"video"})
                    if video is not None:
                        video.add(rgb, people, frame.time_s)
        except (UnreadableVideo, UnreadableImage) as error:
            code = complain(str(error))
    for problem in sequence.problems:
        code = complain(problem)
    return code, first_id if tracker is None else tracker.next_id


class _Images:
    """The images of frames that are drawn later than they were looked at: read a second time."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames

    def of(self, frame: Frame) -> np.ndarray | None:
        """Frames must be asked for in order."""
        return next(f.rgb for f in self._frames if f.index == frame.index)
