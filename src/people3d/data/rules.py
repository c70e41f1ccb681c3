"""Which samples the paper and its released code learn from (docs/datasets.md numbers these rules)."""

from __future__ import annotations

import numpy as np

APART_MM = 500.0  # rule 4
ROOT_DEPTH_RANGE_MM = (1500.0, 7500.0)  # rule 5
EVERY_NTH_FRAME = {"train": 5, "test": 64}  # rule 6: paper section 7, Human3.6M
JOINT_EXTENT_SCALE = 1.2  # rule 3


def box_from_joints(joints_px: np.ndarray) -> np.ndarray:
    """Rule 3: (..., J, 2) px → (..., 4) tight box xywh of people without one: the joints' extent less one pixel, 1.2
    times as large about its centre (released code, get_bbox)."""
    low, high = joints_px.min(-2), joints_px.max(-2)
    size = np.maximum(high - low - 1, 0) * JOINT_EXTENT_SCALE
    return np.concatenate([(low + high) / 2 - size / 2, size], -1)


def closest_and_apart(roots_cam_mm: np.ndarray, apart_mm: float = APART_MM) -> np.ndarray:
    """Rule 4, MuCo-3DHP's filter: whom to learn from among people that were pasted together without regard to space.

    Args:
        roots_cam_mm: (P, 3).

    Returns:
        (P,) bool: the person closest to the camera, and everybody whose root is at least ``apart_mm`` from all others'
        in X and Y (released code; in X, Y and Z it is then as well).
    """
    if not len(roots_cam_mm):
        return np.zeros(0, bool)
    distance = np.linalg.norm(roots_cam_mm[:, None, :2] - roots_cam_mm[None, :, :2], axis=-1)
    np.fill_diagonal(distance, np.inf)
    picked = (distance >= apart_mm).all(1)
    picked[np.argmin(roots_cam_mm[:, 2])] = True
    return picked


def in_depth_range(root_depth_mm: np.ndarray, depth_range_mm: tuple[float, float] = ROOT_DEPTH_RANGE_MM) -> np.ndarray:
    """Rule 5, RootNet's only: (P,) bool, whether the root is within the range; True where its depth is not known."""
    low, high = depth_range_mm
    with np.errstate(invalid="ignore"):
        return ~((root_depth_mm < low) | (root_depth_mm > high))
