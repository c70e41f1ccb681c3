"""Distances from elsewhere instead of RootNet's: what a source of them is asked, and the answer of seen surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from people3d.camera import Camera
from people3d.skeleton import LIMB_JOINTS, Skeleton, convert

# Points that are looked at: of the trunk along and across it, of each upper arm, forearm, thigh and shank along it.
_ALONG, _ACROSS, _LIMB = np.linspace(0.05, 1, 16), np.linspace(0.1, 0.9, 9), np.linspace(0.15, 0.95, 6)
_LIMB_WEIGHT = 2.0  # of a limb's point; they are fewer, and in sight where a trunk is hidden
_ARM, _LEG = ("Shoulder", "Elbow", "Wrist"), ("Hip", "Knee", "Ankle")
_LIMBS = Skeleton("limbs", LIMB_JOINTS, (), 0)
# How far the surface lies before the joints, over the length of the trunk (middle of the shoulders to that of the
# hips): the trunk seen from the front or the back, what is added seen from the side, and limbs.
# Fitted to the synthetic people of seed 77 (408 in 120 pictures); docs/depth.md measures it on others.
_TRUNK_FRONT, _TRUNK_SIDE, _LIMB_THICK = 0.25, 0.10, 0.10
_KERNEL_MM, _NEAR_MM = 80.0, 150.0  # of the density whose highest point is taken, and of what counts as that point's
# Where several surfaces are in sight that at which the body has about the size of one counts more.
_TRUNK_MM, _TRUNK_SPREAD, _TRUNK_LIMITS_MM = 500.0, 0.3, (200.0, 800.0)
_LEAST_POINTS = 8


@dataclass(frozen=True)
class Poses:
    """N people of an image whose distance is not known yet.

    Attributes:
        boxes_xyxy: (N, 4) tight boxes, px.
        joints_px: (N, J, 2) joints in the image, px.
        joints_z_mm: (N, J) their depths relative to the root's, mm.
        skeleton: names and root of the joints.
        camera: of the image.
    """

    boxes_xyxy: np.ndarray
    joints_px: np.ndarray
    joints_z_mm: np.ndarray
    skeleton: Skeleton
    camera: Camera

    def __len__(self) -> int:
        return len(self.boxes_xyxy)


class RootDepth(Protocol):
    """Where distances of roots come from: a depth map, a sensor, a network of one's own."""

    def __call__(self, image_rgb: np.ndarray, poses: Poses, /) -> ArrayLike:
        """(N,) depths Z of the roots in mm; NaN where it knows none, so that RootNet's stays."""
        ...


def root_depth_of_surface(depth_mm: np.ndarray, poses: Poses, image_size: tuple[int, int]) -> np.ndarray:
    """(N,) depths Z of the roots from that of the surfaces which the camera sees, mm; NaN where it cannot be told.

    Points all over the trunk and along the limbs each say where the root is: the surface there, plus half of the
    body's thickness, minus the pose's depth relative to the root. The densest place of what they say is taken, so
    that holes, background beside the body and somebody else before a part of it do no harm; where several surfaces
    are seen, that counts more at which the trunk has the length of one.

    Args:
        depth_mm: (H, W) depth Z of each pixel; NaN where there is none.
        image_size: width and height of the image that ``poses`` are of, which the map may be coarser than.
    """
    return np.array(
        [
            _root_depth(depth_mm, p, z, poses, image_size)
            for p, z in zip(poses.joints_px, poses.joints_z_mm, strict=True)
        ]
    )


def _root_depth(depth: np.ndarray, px: np.ndarray, z: np.ndarray, poses: Poses, image_size: tuple[int, int]) -> float:
    joints = dict(
        zip(LIMB_JOINTS, convert(np.concatenate([px, z[:, None]], 1), poses.skeleton, _LIMBS)[0], strict=True)
    )
    left_shoulder, right_shoulder = joints["L_Shoulder"], joints["R_Shoulder"]
    left_hip, right_hip = joints["L_Hip"], joints["R_Hip"]
    across = _ACROSS[:, None]
    top, bottom = (a * (1 - across) + b * across for a, b in ((left_shoulder, right_shoulder), (left_hip, right_hip)))
    trunk = (top * (1 - _ALONG[:, None, None]) + bottom * _ALONG[:, None, None]).reshape(-1, 3)
    chains = [[f"{side}_{part}" for part in chain] for side in "LR" for chain in (_ARM, _LEG)]
    along = _LIMB[:, None]
    limbs = np.concatenate(
        [joints[a] * (1 - along) + joints[b] * along for chain in chains for a, b in pairwise(chain)]
    )
    points = np.concatenate([trunk, limbs])
    is_limb = np.arange(len(points)) >= len(trunk)
    weights = np.where(is_limb, _LIMB_WEIGHT, 1.0)

    surface = _at(depth, points[:, :2], image_size)
    known = np.isfinite(surface) & np.isfinite(points).all(1)
    if known.sum() < _LEAST_POINTS:
        return np.nan
    surface, points, weights, is_limb = surface[known], points[known], weights[known], is_limb[known]

    focal = np.sqrt(poses.camera.fx * poses.camera.fy)
    spine = (left_shoulder + right_shoulder - left_hip - right_hip) / 2
    shoulders = left_shoulder - right_shoulder
    length = np.hypot(np.hypot(*spine[:2]) * surface / focal, spine[2])
    width = np.hypot(np.hypot(*shoulders[:2]) * surface / focal, shoulders[2])
    from_side = (shoulders[2] / np.maximum(width, 1e-9)) ** 2
    roots = surface - points[:, 2] + length * np.where(is_limb, _LIMB_THICK, _TRUNK_FRONT + _TRUNK_SIDE * from_side)

    density = (weights * np.exp(-0.5 * ((roots[:, None] - roots) / _KERNEL_MM) ** 2)).sum(1)
    likely = np.exp(-0.5 * (np.log(np.maximum(length, 1e-9) / _TRUNK_MM) / _TRUNK_SPREAD) ** 2)
    best = np.argmax(density * likely)
    if not _TRUNK_LIMITS_MM[0] <= length[best] <= _TRUNK_LIMITS_MM[1]:
        return np.nan  # all that is seen there is something else
    return float(np.median(roots[np.abs(roots - roots[best]) < _NEAR_MM]))


def _at(depth: np.ndarray, points_px: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """(P,) values of the map's pixels under (P, 2) points of the image; NaN outside."""
    height, width = depth.shape
    with np.errstate(invalid="ignore"):
        places = np.round((points_px + 0.5) * [width / image_size[0], height / image_size[1]] - 0.5)
        inside = np.asarray(((places >= 0) & (places < [width, height])).all(1))
    column, row = np.where(inside[:, None], places, 0).astype(int).T
    return np.where(inside, depth[row, column], np.nan)
