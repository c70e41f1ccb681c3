"""The camera in the 3D view: its pyramid of sight and, as the picture in it, the photograph."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import plotly.graph_objects as go

from people3d.camera import Camera

_COLOR = "#444"
_THUMBNAIL_PX = 128  # longer side; each pixel costs two triangles

ToScene = Callable[[np.ndarray], np.ndarray]


def frustum(camera: Camera, width: int, height: int, depth_mm: float, to_scene: ToScene) -> go.Scatter3d:
    """Edges of the pyramid from the camera to the image at ``depth_mm``; ``to_scene`` maps camera mm to axes."""
    corners = camera.unproject(np.array([[0, 0], [width, 0], [width, height], [0, height]], float), depth_mm)
    eye = np.zeros(3)
    path = [*corners, corners[0], eye, corners[1], np.full(3, np.nan), corners[2], eye, corners[3]]
    x, y, z = to_scene(np.array(path)).T
    fov = 2 * np.degrees(np.arctan(np.array([width / camera.fx, height / camera.fy]) / 2))
    text = f"camera<br>field of view {fov[0]:.0f}° by {fov[1]:.0f}°, f = {camera.fx:.0f} px ({camera.focal_source})"
    line = {"color": _COLOR, "width": 3}
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", line=line, name="camera", text=text, hoverinfo="text")


def image_plane(camera: Camera, image_rgb: np.ndarray, depth_mm: float, to_scene: ToScene) -> go.Mesh3d:
    """The photograph's thumbnail at ``depth_mm``, each of its pixels a square of its colour."""
    height, width = image_rgb.shape[:2]
    scale = min(1.0, _THUMBNAIL_PX / max(width, height))
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    thumbnail = cv2.resize(np.ascontiguousarray(image_rgb), (columns, rows), interpolation=cv2.INTER_AREA)
    grid_px = np.stack(np.meshgrid(np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1)), -1)
    x, y, z = to_scene(camera.unproject(grid_px.reshape(-1, 2), depth_mm)).astype(np.float32).T
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()  # top left vertex of each pixel
    right, below, across = corner + 1, corner + columns + 1, corner + columns + 2
    colors = ["#" + pixel.tobytes().hex() for pixel in thumbnail.reshape(-1, 3)]
    return go.Mesh3d(
        x=x,
        y=y,
        z=z,
        i=np.stack([corner, across], -1).ravel().astype(np.int32),
        j=np.stack([right, below], -1).ravel().astype(np.int32),
        k=np.stack([below, right], -1).ravel().astype(np.int32),
        facecolor=[color for color in colors for _ in range(2)],
        lighting={"ambient": 1, "diffuse": 0, "specular": 0, "fresnel": 0, "roughness": 1},
        flatshading=True,
        hoverinfo="skip",
        name="photograph",
        showlegend=True,
    )
