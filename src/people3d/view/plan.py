"""People from the side and from above, drawn flat: where distance shows. Made for videos, so it is fast and steady."""

from __future__ import annotations

import cv2
import numpy as np

from people3d.people import People
from people3d.view.colors import RGB, joint_side, person_color, person_label, side_color

_PAPER, _LINE, _INK = (250, 250, 252), (222, 225, 231), (70, 74, 82)
_LEAST_M = 5.0  # depth that is shown at least

_LETTERS = 0.42  # scale of OpenCV's font


class Plan:
    """Two views of the same people, the side above and the top below. Their scale only ever grows, so that people move
    and the view does not."""

    def __init__(self) -> None:
        self._depth_m, self._half_m, self._low_m, self._high_m = _LEAST_M, 2.0, -1.5, 1.5

    def draw(self, people: People, width: int, height: int) -> np.ndarray:
        """(height, width, 3) uint8 RGB."""
        self._grow(people)
        side_height = height // 2
        side = self._view(people, width, side_height, above=False)
        top = self._view(people, width, height - side_height, above=True)
        return np.concatenate([side, top])

    def _grow(self, people: People) -> None:
        # Who is in no track may be nobody, and one ghost far away would make everybody small for good.
        shown = people if people.track_ids is None else people[people.track_ids > 0]
        joints = shown.joints_cam_mm.reshape(-1, 3) / 1000
        joints = joints[np.isfinite(joints).all(1) & (joints[:, 2] > 0)]
        if not len(joints):
            return
        # Whole metres, so that it does not grow a little in every frame.
        self._depth_m = max(self._depth_m, float(np.ceil(np.percentile(joints[:, 2], 98) * 1.05)))
        self._half_m = max(self._half_m, float(np.ceil(np.abs(joints[:, 0]).max())))
        self._low_m = min(self._low_m, float(np.floor(2 * -joints[:, 1].max()) / 2))
        self._high_m = max(self._high_m, float(np.ceil(2 * -joints[:, 1].min()) / 2))

    def _view(self, people: People, width: int, height: int, above: bool) -> np.ndarray:
        """From the side: depth to the right, up. From above: x to the right, depth up; the camera at the bottom."""
        canvas = np.full((height, width, 3), _PAPER, np.uint8)
        margin = 0.06 * min(width, height)
        low, high = (-self._half_m, self._half_m) if above else (0.0, self._depth_m)
        bottom, top = (0.0, self._depth_m) if above else (self._low_m, self._high_m)
        scale = min((width - 2 * margin) / (high - low), (height - 2 * margin) / (top - bottom))
        left = (width - scale * (high - low)) / 2
        base = height - (height - scale * (top - bottom)) / 2

        def px(points_m: np.ndarray) -> np.ndarray:
            x, y = (points_m[..., 0], points_m[..., 2]) if above else (points_m[..., 2], -points_m[..., 1])
            return np.stack([left + (x - low) * scale, base - (y - bottom) * scale], -1)

        self._grid(canvas, px, above)
        order = np.argsort(people.root_cam_mm[:, 1 if above else 0], kind="stable")[:: -1 if above else 1]
        for person in order:
            _skeleton(canvas, people, int(person), px(people.joints_cam_mm[person] / 1000))
        for person in order:
            at = px(people.root_cam_mm[person] / 1000)
            _text(canvas, person_label(people, int(person)).removeprefix("person "), at + np.array([6, -4]), _INK)
        _text(canvas, "from above" if above else "from the side", np.array([8.0, 18.0]), _INK)
        return canvas

    def _grid(self, canvas: np.ndarray, px, above: bool) -> None:
        """A line each metre of depth (each five, far away), numbered; the camera."""
        step = 1 if self._depth_m <= 8 else 2 if self._depth_m <= 16 else 5
        for z in range(0, int(self._depth_m) + 1, step):
            ends = (
                [[-self._half_m, 0, z], [self._half_m, 0, z]]
                if above
                else [[0, -self._low_m, z], [0, -self._high_m, z]]
            )
            a, b = px(np.array(ends, float))
            cv2.line(canvas, _int(a), _int(b), _LINE, 1, cv2.LINE_AA)
            _text(canvas, f"{z} m", a + np.array([2, -3]), (150, 155, 165))
        camera = px(np.zeros(3))
        cv2.circle(canvas, _int(camera), 5, _INK, cv2.FILLED, cv2.LINE_AA)


def _skeleton(canvas: np.ndarray, people: People, person: int, points: np.ndarray) -> None:
    color, skeleton = person_color(people, person), people.skeleton
    filled = people.filled is not None and people.filled[person]
    for a, b in skeleton.edges:
        if np.isfinite(points[[a, b]]).all():
            bone = side_color(color, joint_side(skeleton, b, a))
            cv2.line(canvas, _int(points[a]), _int(points[b]), bone, 1 if filled else 2, cv2.LINE_AA)


def _text(canvas: np.ndarray, text: str, at: np.ndarray, color: RGB) -> None:
    """Written at ``at``, or as far left of it as the edge asks for."""
    text = text.replace("·", "|")  # OpenCV's letters are ASCII
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, _LETTERS, 1)
    x, y = _int(at)
    x = max(0, min(x, canvas.shape[1] - width - 2))
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, _LETTERS, color, 1, cv2.LINE_AA)


def _int(point: np.ndarray) -> tuple[int, int]:
    x, y = np.round(np.clip(point, -1e4, 1e4)).astype(int)
    return int(x), int(y)
