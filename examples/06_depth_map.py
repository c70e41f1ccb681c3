"""Distances from a depth map instead of RootNet: ``python examples/06_depth_map.py`` (extra ``synth``).

The scene is rendered here, with its depth; a sensor's or a depth network's map does as well. Any callable may stand in
for the map: it gets the picture and everybody's pose, and answers with one distance each.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from people3d import Predictor
from people3d.depth_map import DepthMap  # load_depth_map("depth.png") reads one from a file
from people3d.synth import generate

scene = next(islice(generate.scenes(seed=7, people=(3, 3)), 1))
predictor = Predictor()
print(f"truth         {scene.joints_cam_mm[:, scene.skeleton.root, 2].round()} mm")
for name, root_depth in {
    "RootNet": None,
    "depth map": DepthMap(scene.depth_mm),
    "a callable": lambda image, poses: np.full(len(poses), 4000.0),  # everybody on a line 4 m away
}.items():
    people = predictor(scene.image, scene.camera, boxes=scene.boxes_xyxy, root_depth=root_depth)
    print(f"{name:<13} {people.root_cam_mm[:, 2].round()} mm")
