"""Pictures of a data set: still images and frames of videos."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np

OPEN_VIDEOS = 12  # at once


class PictureReader:
    """Reads pictures; keeps the last one and the videos that were read last, so that neither is opened again.

    Not to be shared between threads or processes.
    """

    def __init__(self) -> None:
        self._videos: OrderedDict[Path, tuple[cv2.VideoCapture, int]] = OrderedDict()
        self._last: tuple[tuple, np.ndarray] | None = None

    def read(self, path: Path, frame: int | None = None, upright: bool = False) -> np.ndarray:
        """(H, W, 3) uint8 RGB.

        Args:
            frame: of a video, from 0; None for a still.
            upright: apply the still's EXIF orientation.

        Raises:
            ValueError: it is missing or cannot be read; the message names it.
        """
        key = (path, frame, upright)
        if self._last is None or self._last[0] != key:
            self._last = key, self._still(path, upright) if frame is None else self._frame(path, frame)
        return self._last[1]

    def _still(self, path: Path, upright: bool) -> np.ndarray:
        flags = cv2.IMREAD_COLOR | (0 if upright else cv2.IMREAD_IGNORE_ORIENTATION)
        bgr = cv2.imread(str(path), flags) if path.is_file() else None
        if bgr is None:
            raise ValueError(f"{path}: expected a picture, {_why(path)}")
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)

    def _frame(self, path: Path, frame: int) -> np.ndarray:
        capture, position = self._open(path)
        if frame < position or frame > position + 50:  # seeking decodes from the last key frame anyway
            capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
            position = frame
        while position < frame and capture.grab():
            position += 1
        done, bgr = capture.read()
        self._videos[path] = capture, position + 1
        if not done:
            self._videos.pop(path)
            raise ValueError(f"{path}: expected frame {frame}, the video ends before it or is broken there")
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)

    def _open(self, path: Path) -> tuple[cv2.VideoCapture, int]:
        if path in self._videos:
            self._videos.move_to_end(path)
            return self._videos[path]
        capture = cv2.VideoCapture(str(path))
        if not path.is_file() or not capture.isOpened():
            raise ValueError(f"{path}: expected a video, {_why(path)}")
        if len(self._videos) >= OPEN_VIDEOS:
            self._videos.popitem(last=False)[1][0].release()
        self._videos[path] = capture, 0
        return capture, 0


def _why(path: Path) -> str:
    return "got none that can be read" if path.exists() else "it is missing"


def video_length(path: Path) -> int:
    """Frames that a video says it has; 0 where it cannot be opened."""
    capture = cv2.VideoCapture(str(path))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    return max(count, 0)
