"""The pinhole camera between joints in space and the same joints in the picture, where a set does not tell it."""

from __future__ import annotations

import numpy as np

from people3d.camera import Camera

MIN_JOINTS = 8
MAX_RESIDUAL_PX = 20.0  # median distance that the fitted camera may leave


def fit_camera(joints_cam_mm: np.ndarray, joints_px: np.ndarray, name: str) -> Camera:
    """Least squares for f and c of each axis: px = f · X/Z + c.

    Args:
        joints_cam_mm, joints_px: (N, 3) and (N, 2); NaN is left out.
        name: for errors.

    Raises:
        ValueError: too few joints, or no pinhole camera fits.
    """
    used = np.isfinite(joints_cam_mm).all(1) & np.isfinite(joints_px).all(1) & (joints_cam_mm[:, 2] > 0)
    if used.sum() < MIN_JOINTS:
        raise ValueError(f"{name}: expected {MIN_JOINTS} or more joints to find the camera from, got {used.sum()}")
    cam, px = joints_cam_mm[used], joints_px[used]
    fitted = []
    for axis in range(2):
        rows = np.stack([cam[:, axis] / cam[:, 2], np.ones(len(cam))], 1)
        fitted.append(np.linalg.lstsq(rows, px[:, axis], rcond=None)[0])
    (fx, cx), (fy, cy) = fitted
    if min(fx, fy) <= 0:
        raise ValueError(f"{name}: no pinhole camera maps the joints to their pixels")
    camera = Camera(fx, fy, cx, cy)
    residual = float(np.median(np.linalg.norm(camera.project(cam) - px, axis=1)))
    if residual > MAX_RESIDUAL_PX:
        raise ValueError(f"{name}: the best pinhole camera leaves the joints {residual:.0f} px off, half of them more")
    return camera
