"""What the focal length changes: ``python examples/04_focal_length.py``. The networks run once.

Distances grow with the focal length; the pose about the root, and every pixel, stay.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from people3d import Camera, Predictor

people = Predictor()(Path(__file__).with_name("demo.jpg"), camera=Camera.from_fov(55))
for fov in (35, 55, 75):
    camera = Camera.from_fov(fov, people.width, people.height)
    same = people.with_focal(camera.fx)
    metres = np.linalg.norm(same.root_cam_mm, axis=1) / 1000
    moved = np.abs(same.joints_px - people.joints_px).max()
    print(f"{fov} degrees, f = {camera.fx:.0f} px: {metres.round(2)} m away; pixels moved by {moved:.1f}")
