"""An overlay video: the picture with everybody drawn in, and beside it the same people from the side and from above."""

from __future__ import annotations

import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from people3d.people import People
from people3d.video import VIDEO_EXTRA
from people3d.view.overlay import draw
from people3d.view.plan import Plan

_HEIGHT = 720  # of the video at most, px
_TICKS = 90_000  # a second: exact for all common frame rates, and for variable ones


class OverlayVideo:
    """H.264 in MP4, by PyAV; plays everywhere. It appears under its name when it is closed.

    Args:
        path: of the ``.mp4``.
        fps: nominal; each frame is shown at its own time.

    Raises:
        ImportError: PyAV is missing.
    """

    def __init__(self, path: Path, fps: float) -> None:
        try:
            import av
        except ImportError as error:
            raise ImportError(VIDEO_EXTRA) from error
        self._av, self._path, self._fps = av, path, fps
        self._container: Any = None
        self._stream: Any = None
        self._temporary: str | None = None
        self._plan = Plan()
        self._size, self._start_s, self._last = (0, 0), 0.0, -1

    def add(self, image_rgb: np.ndarray, people: People, time_s: float) -> None:
        """One frame; times grow."""
        picture = draw(image_rgb, people)
        if self._container is None:
            self._open(picture.shape[1], picture.shape[0], time_s)
        width, height = self._size
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        views = self._plan.draw(people, self._side, height)
        frame = self._av.VideoFrame.from_ndarray(np.concatenate([picture, views], 1), format="rgb24")
        self._last = max(self._last + 1, round((time_s - self._start_s) * _TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        self._encode(frame)

    def close(self) -> None:
        """Finish the file; without a frame there is none."""
        if self._container is None:
            return
        self._encode(None)
        self._container.close()
        self._container = None
        assert self._temporary is not None
        os.replace(self._temporary, self._path)

    def _open(self, width: int, height: int, start_s: float) -> None:
        scale = min(1.0, _HEIGHT / height)
        self._size = max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)  # H.264: even sides
        self._side = max(160, self._size[1] * 3 // 4 // 2 * 2)
        self._start_s = start_s
        handle, self._temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.stem}.", suffix=".mp4")
        os.close(handle)
        os.chmod(self._temporary, 0o644)
        self._container = self._av.open(self._temporary, "w", options={"movflags": "faststart"})
        rate = Fraction(self._fps).limit_denominator(1001)
        self._stream = self._container.add_stream("libx264", rate=rate, options={"crf": "21", "preset": "veryfast"})
        self._stream.width, self._stream.height = self._size[0] + self._side, self._size[1]
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS)

    def _encode(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
