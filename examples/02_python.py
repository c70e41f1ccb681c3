"""Everybody in a photograph, in millimetres: ``python examples/02_python.py [PHOTO]``."""

from __future__ import annotations

import sys
from pathlib import Path

from people3d import Camera, Predictor

photo = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("demo.jpg")
people = Predictor()(photo, camera=Camera.from_fov(55))
top = people.skeleton.joints.index("Head_top")
for person, root in enumerate(people.root_cam_mm, 1):
    right, down, forward = root
    head = people.joints_cam_mm[person - 1, top]
    print(
        f"person {person}: {right:.0f} mm right, {down:.0f} mm down, {forward:.0f} mm forward; head at {head.round()}"
    )
