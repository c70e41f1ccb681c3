"""MediaPipe's landmarks as PoseNet, RootNet for the distance: ``python examples/07_mediapipe.py FILE.task [PHOTO]``.

``pip install mediapipe``; the file is a model of its Pose Landmarker (lite, full or heavy). On the command line:
``people3d predict PHOTO --mediapipe FILE.task --output results``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from people3d import Camera, Predictor

if len(sys.argv) < 2:
    sys.exit(f"usage: {sys.argv[0]} FILE.task [PHOTO]")
photo = sys.argv[2] if len(sys.argv) > 2 else Path(__file__).with_name("demo.jpg")
people = Predictor(posenet=sys.argv[1])(photo, camera=Camera.from_fov(55))
nose, ankle = (people.skeleton.index(name) for name in ("Nose", "L_Ankle"))
for person, (root, joints) in enumerate(zip(people.root_cam_mm, people.joints_cam_mm, strict=True), 1):
    print(
        f"person {person}: {root[2]:.0f} mm away, nose {joints[ankle, 1] - joints[nose, 1]:.0f} mm above the left foot"
    )
