"""Boxes of your own instead of the detector's: ``python examples/05_own_boxes.py``.

Boxes are tight (x1, y1, x2, y2 in pixels); their order is kept, and nothing is extended twice.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from people3d import Predictor
from people3d.crop import xyxy_from_xywh

folder = Path(__file__).parent
truth = json.loads((folder / "demo.json").read_text())
boxes = xyxy_from_xywh(np.array([row["bbox"] for row in truth["annotations"]]))
people = Predictor()(folder / "demo.jpg", boxes=boxes)
for box, root in zip(people.boxes_xyxy, people.root_cam_mm, strict=True):
    print(f"box {box.round().astype(int)}: {np.linalg.norm(root) / 1000:.2f} m away")
