"""Frames in time: video files, standard input, webcams, and pictures that follow one another.

Every sequence gives upright RGB frames with an index and a time, both counted from its beginning whatever part of it
is chosen. Times come from the file, so a variable frame rate keeps its pace; rotation in the file's metadata is
applied, and pixels that are not square are made square.
"""

from __future__ import annotations

import io
import math
import re
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Protocol

import cv2
import numpy as np

from people3d.camera import Camera
from people3d.sources import MAX_PIXELS, Source, UnreadableImage, read_image

VIDEO_EXTRA = "videos need PyAV: pip install 'people3d[video]'"
DEFAULT_FPS = 25.0  # of pictures, and of streams that do not say
_CUT_OFF_S = 1.5  # a file that ends so much earlier than it says is cut off; less is how containers round


class UnreadableVideo(ValueError):
    """A file that is no video, or is damaged; the message is one line and names the source."""


@dataclass(frozen=True)
class Frame:
    """One picture of a sequence.

    Attributes:
        rgb: (H, W, 3) uint8, or None where only its place in time is kept.
        index, time_s: from 0 at the beginning of the sequence.
        file_name: as written to results.
        camera: from EXIF data, or None.
    """

    rgb: np.ndarray | None
    index: int
    time_s: float
    file_name: str
    camera: Camera | None = None

    def without_image(self) -> Frame:
        return replace(self, rgb=None)


@dataclass(frozen=True)
class Selection:
    """Which frames: from ``start_s`` until before ``end_s``, and of these each ``every``-th."""

    start_s: float = 0.0
    end_s: float = math.inf
    every: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"expected 0 <= start < end, got {self.start_s:g} and {self.end_s:g} s")
        if self.every < 1:
            raise ValueError(f"every: expected 1 or more, got {self.every}")

    def of(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        count = 0
        for frame in frames:
            if frame.time_s >= self.end_s:
                return
            if frame.time_s >= self.start_s:
                if count % self.every == 0:
                    yield frame
                count += 1


def parse_time(text: str) -> float:
    """Seconds of ``90``, ``1:30`` or ``0:01:30.5``; raises ``ValueError`` for anything else."""
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d*)?", text):
        raise ValueError(f"expected seconds, M:SS or H:MM:SS, got {text!r}")
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


class FrameSequence(Protocol):
    """Where frames come from. What is live can be read only once.

    ``count`` is about how many frames there are, None where that is not known. ``problems`` gets a line for everything
    that was wrong with what has been read so far.
    """

    name: str
    live: bool
    fps: float
    count: int | None
    problems: list[str]

    def frames(self, selection: Selection) -> Iterator[Frame]:
        """The chosen frames, one by one. Raises :class:`UnreadableVideo`."""
        ...


class PictureSequence:
    """Pictures that follow one another at ``fps``. What cannot be read is named in ``problems`` and left out."""

    live = False

    def __init__(self, name: str, sources: Sequence[Source], fps: float = DEFAULT_FPS) -> None:
        self.name, self.sources, self.fps = name, sorted(sources, key=_by_number), fps
        self.count: int | None = len(sources)
        self.problems: list[str] = []

    def frames(self, selection: Selection) -> Iterator[Frame]:
        self.problems.clear()
        places = (Frame(None, i, i / self.fps, source.file_name) for i, source in enumerate(self.sources))
        for place in selection.of(places):
            try:
                picture = read_image(self.sources[place.index].path)
            except UnreadableImage as error:
                self.problems.append(str(error))
                continue
            yield replace(place, rgb=picture.rgb, camera=picture.camera)


def _by_number(source: Source) -> list[tuple[int, str]]:
    """Frame 10 comes after frame 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", source.file_name)]


class Webcam:
    """A camera of this machine, by its number; frames have the times at which they came."""

    live = True

    def __init__(self, number: int = 0) -> None:
        self.name, self.fps = f"webcam{number}", DEFAULT_FPS
        self.count: int | None = None
        self.problems: list[str] = []
        self._number = number

    def frames(self, selection: Selection) -> Iterator[Frame]:
        device = cv2.VideoCapture(self._number)
        try:
            if not device.isOpened():
                raise UnreadableVideo(f"webcam:{self._number}: there is no such camera, or another program uses it")
            yield from selection.of(self._read(device))
        finally:
            device.release()

    def _read(self, device: cv2.VideoCapture) -> Iterator[Frame]:
        start, index = time.monotonic(), 0
        while True:
            there, bgr = device.read()
            if not there:
                return
            yield Frame(bgr[..., ::-1].copy(), index, time.monotonic() - start, f"{self.name}#{index:06d}")
            index += 1


class VideoFile:
    """A video file, or a stream of bytes that can be read once.

    Raises:
        UnreadableVideo: no video, or one without frames.
        ImportError: PyAV is missing.
    """

    def __init__(self, path: Path | None, name: str, stream: IO[bytes] | io.RawIOBase | None = None) -> None:
        self.name, self.live, self.problems = name, path is None, []
        self.fps: float = DEFAULT_FPS
        self.count: int | None = None
        self._path, self._stream, self._where = path, stream, str(path or name)
        if path is not None:
            with self._open() as container:
                self._describe(_video_stream(container, self._where))

    @classmethod
    def stdin(cls) -> VideoFile:
        return cls(None, "stdin", sys.stdin.buffer)

    def frames(self, selection: Selection) -> Iterator[Frame]:
        self.problems.clear()
        with self._open() as container:
            stream = _video_stream(container, self._where)
            self._describe(stream)
            stream.thread_type = "AUTO"
            origin = stream.start_time or 0
            order: list[int] = []
            if selection.start_s > 0 and self._path is not None:
                order = self._packet_times()
                container.seek(origin + int(selection.start_s / stream.time_base), stream=stream)
            yield from selection.of(self._upright(self._decode(container, stream), stream, origin, order))

    def _open(self) -> Any:
        try:
            import av
            import av.error
        except ImportError as error:
            raise ImportError(VIDEO_EXTRA) from error
        try:
            # A playlist that calls itself a video must not open other addresses.
            return av.open(str(self._path) if self._path else self._stream, options={"protocol_whitelist": "file"})
        except (av.error.FFmpegError, OSError) as error:
            raise UnreadableVideo(f"{self._where}: not a video that can be read ({_reason(error)})") from error

    def _describe(self, stream: Any) -> None:
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > MAX_PIXELS:
            raise UnreadableVideo(f"{self._where}: expected at most {MAX_PIXELS:,} pixels, got {width} x {height}")
        self.fps = float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)
        duration = _duration_s(stream)
        self.count = stream.frames or (None if duration is None else round(duration * self.fps)) or None

    def _packet_times(self) -> list[int]:
        """The time stamps of all frames, in order: what makes a frame's index after a seek."""
        with self._open() as container:
            stream = _video_stream(container, self._where)
            return sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)

    def _decode(self, container: Any, stream: Any) -> Iterator[Any]:
        """PyAV's frames; damaged ones are left out and counted in ``problems``."""
        import av.error

        damaged, good, last_s = 0, 0, 0.0
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                break
            except (av.error.FFmpegError, OSError) as error:
                damaged += 1
                if isinstance(error, av.error.InvalidDataError) and damaged < 1000:
                    continue
                self.problems.append(f"{self._where}: damaged after {last_s:.1f} s ({_reason(error)})")
                break
            for frame in frames:
                if frame.is_corrupt:
                    damaged += 1
                    continue
                good += 1
                last_s = frame.time if frame.time is not None else last_s
                yield frame
        if not good:
            raise UnreadableVideo(f"{self._where}: no frame of it can be read")
        if damaged and not self.problems:
            self.problems.append(f"{self._where}: {damaged} damaged frames or packets left out")
        duration, start_s = _duration_s(stream), float((stream.start_time or 0) * stream.time_base)
        if duration is not None and last_s - start_s + 1 / self.fps + _CUT_OFF_S < duration:
            self.problems.append(f"{self._where}: cut off: ends after {last_s - start_s:.1f} of {duration:.1f} s")

    def _upright(self, frames: Iterator[Any], stream: Any, origin: int, order: list[int]) -> Iterator[Frame]:
        """What a player shows, with its place in time."""
        sides = float(stream.sample_aspect_ratio or 1)
        last_s = -1.0
        for count, frame in enumerate(frames):
            index = bisect_left(order, frame.pts) if order and frame.pts is not None else count
            time_s = index / self.fps if frame.pts is None else float((frame.pts - origin) * stream.time_base)
            rgb = frame.to_ndarray(format="rgb24")
            if sides != 1:
                rgb = cv2.resize(rgb, (max(1, round(rgb.shape[1] * sides)), rgb.shape[0]))
            if frame.rotation:
                rgb = np.ascontiguousarray(np.rot90(rgb, round(frame.rotation / 90)))
            last_s = max(0.0, time_s, last_s + 1e-6)  # time stands still in some files, but nothing may happen twice
            yield Frame(rgb, index, last_s, f"{self.name}#{index:06d}")


def _video_stream(container: Any, where: str) -> Any:
    if not container.streams.video:
        raise UnreadableVideo(f"{where}: has no pictures in it, only sound or data")
    return container.streams.best("video") or container.streams.video[0]


def _duration_s(stream: Any) -> float | None:
    """What the file says; that of the container holds for a stream that is alone in it."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    alone = len(stream.container.streams) == 1 and stream.container.duration
    return stream.container.duration / 1e6 if alone else None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def open_sequence(source: str | Source) -> FrameSequence:
    """``-`` (standard input), ``webcam``, ``webcam:N`` or a video file."""
    if isinstance(source, Source):
        return VideoFile(source.path, source.file_name)
    if source == "-":
        return VideoFile.stdin()
    if match := re.fullmatch(r"webcam(?::(\d+))?", source):
        return Webcam(int(match[1] or 0))
    return VideoFile(Path(source), Path(source).name)
