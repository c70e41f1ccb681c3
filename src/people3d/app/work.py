"""From an upload to a :class:`Visit`: a picture at once, a video frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from people3d.app.limits import Limits
from people3d.app.visit import Visit
from people3d.over_time import Smoothing, people_over_time
from people3d.people import People
from people3d.predictor import Predictor
from people3d.read_ahead import read_ahead
from people3d.sources import decode_image
from people3d.video import Frame, Selection, UnreadableVideo, VideoFile

Tell = Callable[[float, str], None]  # how far, 0 to 1, and with what
_STEP = 5  # frames between two chances to cancel


def read_photo(path: Path, predictor: Predictor, limits: Limits) -> Visit:
    """Raises ``ValueError`` for what is no picture, or too large."""
    picture = decode_image(path.read_bytes(), path.name, limits.pixels)
    people = predictor(picture.rgb, picture.camera)
    return Visit(path.stem, ((path.name, people),), lambda frame: picture.rgb)


def read_video(path: Path, predictor: Predictor, limits: Limits, folder: Path, tell: Tell) -> Iterator[Visit | None]:
    """Gives None every few frames, where the caller may stop, and the visit at last.

    Args:
        folder: for the overlay video.

    Raises:
        ValueError: no video, or one that is too long or too large.
        ImportError: an extra is missing.
    """
    from people3d.track import Tracker
    from people3d.view.video import OverlayVideo

    sequence = _open(path, limits)
    total = sequence.count or 1
    # A file may say less than it holds.
    selection = Selection(end_s=float(limits.seconds) + 1)

    def predict(frame: Frame) -> People:
        rgb = frame.rgb
        assert rgb is not None
        if rgb.shape[0] * rgb.shape[1] > limits.pixels:
            raise UnreadableVideo(f"{path.name}: expected at most {limits.megapixels} megapixels")
        return predictor(rgb, frame.camera)

    frames = read_ahead(sequence.frames(selection))
    found: list[tuple[Frame, People]] = []
    try:
        for done, (frame, people) in enumerate(people_over_time(frames, predict, Tracker(sequence.fps), Smoothing())):
            found.append((frame.without_image(), people))
            if done % _STEP == 0:
                tell(0.8 * min(1.0, done / total), f"frame {done} of {total}")
                yield None
    finally:
        frames.close()  # type: ignore[attr-defined]  # ends the thread that reads ahead
    video = OverlayVideo(folder / f"{path.stem}.overlay.mp4", sequence.fps)
    images = sequence.frames(selection)  # a second time: smoothing looks ahead, and all at once would not fit
    try:
        for done, (frame, people) in enumerate(found):
            rgb = next(other.rgb for other in images if other.index == frame.index)
            assert rgb is not None
            video.add(rgb, people, frame.time_s)
            if done % _STEP == 0:
                tell(0.8 + 0.2 * done / len(found), "drawing")
                yield None
    finally:
        video.close()
    yield Visit(
        path.stem,
        tuple((frame.file_name, people) for frame, people in found),
        lambda at: _frame_image(sequence, found[at][0]),
        folder / f"{path.stem}.overlay.mp4",
    )


def _open(path: Path, limits: Limits) -> VideoFile:
    try:
        sequence = VideoFile(path, path.name)
    except UnreadableVideo as error:
        raise UnreadableVideo(str(error).replace(str(path), path.name)) from error
    seconds = (sequence.count or 0) / sequence.fps
    if seconds > limits.seconds:
        raise UnreadableVideo(f"{path.name}: expected at most {limits.seconds} s, got {seconds:.0f} s")
    return sequence


def _frame_image(sequence: VideoFile, frame: Frame) -> np.ndarray:
    """A frame's image, read again from the file."""
    start = Selection(start_s=max(0.0, frame.time_s - 1e-3))
    rgb = next(other.rgb for other in sequence.frames(start) if other.index == frame.index)
    assert rgb is not None
    return rgb
