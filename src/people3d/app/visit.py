"""What a visitor looks at: the people of one picture or of the frames of one video, and how to show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import plotly.graph_objects as go

from people3d.camera import FULL_FRAME_DIAGONAL_MM, Camera
from people3d.people import People
from people3d.view.colors import distances_m, person_name
from people3d.view.overlay import draw
from people3d.view.scene3d import figure

_SHOWN_PX = 1600  # longer side of the overlay on the page
_FOCAL_TEXT = {
    "given": "as you set it",
    "exif": "from the photograph's EXIF data",
    "default": "assumed, for nothing is known of this camera: distances scale with it",
    "auto": "estimated from the people: distances scale with it",
}


@dataclass(frozen=True)
class Visit:
    """Results as the networks gave them; :meth:`at_focal` re-scales them exactly.

    Attributes:
        name: of the upload, without its suffix.
        results: ``(file_name, people)`` of the picture, or of each frame.
        image: (H, W, 3) uint8 RGB of a frame, by its place in ``results``.
        video: the overlay video, or None.
    """

    name: str
    results: tuple[tuple[str, People], ...]
    image: Callable[[int], np.ndarray]
    video: Path | None = None

    def at_focal(self, equivalent_mm: float | None) -> Visit:
        """The same people for another focal length; no network runs. None: the focal length that was found."""
        if equivalent_mm is None:
            return self
        return replace(self, results=tuple((name, _at_focal(people, equivalent_mm)) for name, people in self.results))

    def people(self, frame: int = 0, equivalent_mm: float | None = None) -> People:
        people = self.results[frame][1]
        return people if equivalent_mm is None else _at_focal(people, equivalent_mm)


def _at_focal(people: People, equivalent_mm: float) -> People:
    return people.with_focal(equivalent_mm * np.hypot(people.width, people.height) / FULL_FRAME_DIAGONAL_MM)


def equivalent_mm(camera: Camera, width: int, height: int) -> float:
    """Focal length as of a 35 mm camera, by the diagonal."""
    return float(camera.fx * FULL_FRAME_DIAGONAL_MM / np.hypot(width, height))


def overlay(image_rgb: np.ndarray, people: People) -> np.ndarray:
    """The picture with everybody drawn in, no larger than the page can show."""
    drawn = draw(image_rgb, people)
    scale = _SHOWN_PX / max(drawn.shape[:2])
    if scale >= 1:
        return drawn
    return cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def scene(image_rgb: np.ndarray, people: People) -> go.Figure:
    """The 3D view; where the visitor has turned it, it stays turned while the focal length changes."""
    plot = figure(people, image_rgb)
    plot.update_layout(uirevision="the same scene", height=560)
    return plot


def summary(people: People) -> str:
    """Markdown: the camera, and each one's distance."""
    camera = people.camera
    fov = np.degrees(2 * np.arctan(max(people.width, people.height) / 2 / camera.fx))
    lines = [
        f"Focal length **{camera.fx:.0f} px**, {fov:.0f}° across the longer side: {_FOCAL_TEXT[camera.focal_source]}."
    ]
    if not len(people):
        return "\n\n".join(["**Nobody found** in this picture.", *lines])
    lines += ["", "| | distance | right, down, forward (m) |", "|---|---|---|"]
    for person, distance in enumerate(distances_m(people)):
        x, y, z = np.round(people.root_cam_mm[person] / 1000, 2) + 0.0  # no -0.00
        sure = "" if people.root_depth_std_mm is None else f" ± {people.root_depth_std_mm[person] / 1000:.2f}"
        lines.append(f"| {person_name(people, person)} | **{distance:.2f} m**{sure} | {x:.2f}, {y:.2f}, {z:.2f} |")
    return "\n".join(lines)
