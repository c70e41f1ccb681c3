"""The root localisation that the paper's Table 7 compares RootNet with, on a file of 2D and root-relative 3D poses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from people3d.camera import Camera
from people3d.evaluate.annotations import Annotations, pelvis
from people3d.evaluate.relift import intrinsics
from people3d.lift import fit_translation, fit_translation_ransac

LIMBS = ("Elbow", "Wrist", "Hand", "Knee", "Ankle", "Toe")  # left out in the paper's second variant
_SAME_MM = 1.0


def fitted_roots(people: Annotations) -> dict[str, Annotations]:
    """The people with their roots fitted: by linear least squares, without limb joints, and by RANSAC.

    The 3D pose must come from elsewhere than the pixels and a root's depth (the paper lifts 2D poses by a network of
    its own): PoseNet's back-projected joints lead back to exactly the root they were made with.

    Raises:
        ValueError: a person without 2D or 3D joints, or 3D joints that were made from these very pixels.
    """
    if not len(people):
        raise ValueError(f"{people.source}: nobody to fit a root to")
    relative = people.joints_cam_mm - pelvis(people.joints_cam_mm, people.skeleton)[:, None]
    if not (np.isfinite(relative).all() and np.isfinite(people.joints_px).all()):
        raise ValueError(f"{people.source}: table 7 needs keypoints and keypoints_cam for every person")
    joints = people.skeleton.joints
    trunk = np.array([not name.endswith(LIMBS) for name in joints], float)
    roots = {name: np.zeros((len(people), 3)) for name in ("Baseline", "W/o limb joints", "RANSAC")}
    for n, values in enumerate(intrinsics(people).tolist()):
        camera = Camera(*values)
        pose, px = relative[n], people.joints_px[n]
        roots["Baseline"][n] = fit_translation(pose, px, camera)
        roots["W/o limb joints"][n] = fit_translation(pose, px, camera, trunk)
        roots["RANSAC"][n] = fit_translation_ransac(pose, px, camera)[0]
    own = pelvis(people.joints_cam_mm, people.skeleton)
    if (np.linalg.norm(roots["Baseline"] - own, axis=1) < _SAME_MM).all():
        raise ValueError(f"{people.source}: its 3D joints were made from its 2D joints; table 7 needs independent ones")
    return {name: replace(people, root_cam_mm=root, root_depth_mm=root[:, 2]) for name, root in roots.items()}
