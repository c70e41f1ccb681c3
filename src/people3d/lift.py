"""From what the networks say about a crop to camera space, and the least-squares root the paper compares with.

Crop coordinates are the fractions ``u, v`` of the crop's side (0..1 from its left and top edge), so that they do not
depend on the resolution of crops or heatmaps: crop pixel ``p`` of a crop of ``size`` has ``u = p / size``, and cell
``c`` of a heatmap of ``cells`` has ``u = c / cells`` (no half-pixel offset, as in the released code).
"""

from __future__ import annotations

import numpy as np

from people3d.camera import Camera

DEPTH_RANGE_MM = 1000.0  # PoseNet's volume reaches this far before and behind the root (released code: 2 m deep box)


def voxels_to_crop(
    voxels: np.ndarray, shape: tuple[int, int, int] = (64, 64, 64), depth_range_mm: float = DEPTH_RANGE_MM
) -> np.ndarray:
    """PoseNet's soft-argmax → crop coordinates.

    Args:
        voxels: (..., 3) x, y, z in cells of the volume.
        shape: the volume's cells in x, y and z.

    Returns:
        (..., 3) u, v and depth in mm relative to the root; the volume's z axis covers ±``depth_range_mm``.
    """
    fractions = np.asarray(voxels, np.float64) / shape
    return np.concatenate([fractions[..., :2], (fractions[..., 2:] * 2 - 1) * depth_range_mm], -1)


def crop_to_voxels(
    coords_crop: np.ndarray, shape: tuple[int, int, int] = (64, 64, 64), depth_range_mm: float = DEPTH_RANGE_MM
) -> np.ndarray:
    """The inverse of :func:`voxels_to_crop`: (..., 3) u, v, mm → (..., 3) cells; what PoseNet is trained towards."""
    coords = np.asarray(coords_crop, np.float64)
    return np.concatenate([coords[..., :2], (coords[..., 2:] / depth_range_mm + 1) / 2], -1) * shape


def crop_to_image(uv: np.ndarray, crop_boxes_xywh: np.ndarray) -> np.ndarray:
    """(N, ..., 2) crop coordinates in N crop boxes (N, 4) px → (N, ..., 2) image px.

    The exact inverse of :func:`people3d.crop.crop_affine` without rotation, at any crop size.
    """
    uv = np.asarray(uv, np.float64)
    boxes = np.asarray(crop_boxes_xywh, np.float64).reshape(len(uv), *[1] * (uv.ndim - 2), 4)
    return boxes[..., :2] + uv * boxes[..., 2:]


def lift_root(root_crop: np.ndarray, crop_boxes_xywh: np.ndarray, camera: Camera) -> np.ndarray:
    """RootNet's own root: (N, 3) u, v, depth in mm → (N, 3) camera mm (paper section 4: back-projection)."""
    root_crop = np.asarray(root_crop, np.float64)
    return camera.unproject(crop_to_image(root_crop[:, :2], crop_boxes_xywh), root_crop[:, 2])


# What PoseNet's z is measured along: the camera's optical axis, as in the paper, or the ray from the camera to the
# root (ours). A crop looks the same wherever in the picture its person stands, and so does the depth along the ray;
# along the optical axis it depends on the place in the picture, which the crop does not show.
DEPTH_AXES = ("optical", "ray")
_LEAST_COSINE = np.cos(np.deg2rad(80))


def depth_along_ray(joints_cam_mm: np.ndarray, root_cam_mm: np.ndarray) -> np.ndarray:
    """(..., J, 3) joints, (..., 3) roots in camera mm → (..., J) how far beyond the root, along the ray to it, mm."""
    joints, root = np.asarray(joints_cam_mm, np.float64), np.asarray(root_cam_mm, np.float64)
    ray = root / np.linalg.norm(root, axis=-1, keepdims=True)
    return ((joints - root[..., None, :]) * ray[..., None, :]).sum(-1)


def depth_along_axis(
    along_ray_mm: np.ndarray, joints_px: np.ndarray, root_cam_mm: np.ndarray, camera: Camera
) -> np.ndarray:
    """The inverse, for joints that are known in the image: their Z relative to the root's.

    Args:
        along_ray_mm: (N, J) from :func:`depth_along_ray`.
        joints_px: (N, J, 2) px.
        root_cam_mm: (N, 3).

    Returns:
        (N, J) mm. A joint further than 80 degrees off the ray to the root is treated as 80 degrees off.
    """
    root = np.asarray(root_cam_mm, np.float64)
    distance = np.linalg.norm(root, axis=-1, keepdims=True)
    rays = camera.unproject(joints_px, np.ones(np.shape(joints_px)[:-1]))
    along = (rays * (root / distance)[:, None]).sum(-1)  # of a joint at Z = 1
    along = np.maximum(along, _LEAST_COSINE * np.linalg.norm(rays, axis=-1))
    return (np.asarray(along_ray_mm, np.float64) + distance) / along - root[:, 2:]


def lift_joints(
    joints_crop: np.ndarray, crop_boxes_xywh: np.ndarray, root_depth_mm: np.ndarray, camera: Camera
) -> tuple[np.ndarray, np.ndarray]:
    """The final pose: PoseNet's x, y in the image, its z plus RootNet's depth, back-projected (paper section 6).

    Args:
        joints_crop: (N, J, 3) u, v and depth in mm relative to the root.
        crop_boxes_xywh: (N, 4) px.
        root_depth_mm: (N,) RootNet's Z.

    Returns:
        ``(joints_px, joints_cam_mm)`` of shapes (N, J, 2) and (N, J, 3).
    """
    joints_crop = np.asarray(joints_crop, np.float64)
    joints_px = crop_to_image(joints_crop[..., :2], crop_boxes_xywh)
    depth = joints_crop[..., 2] + np.asarray(root_depth_mm, np.float64)[:, None]
    return joints_px, camera.unproject(joints_px, depth)


# -- the baseline: the root from a 2D and a root-relative 3D pose (paper, supplement section 2, Table 7) ---------------


def fit_translation(
    joints_rel_mm: np.ndarray, joints_px: np.ndarray, camera: Camera, weights: np.ndarray | None = None
) -> np.ndarray:
    """The translation that brings a root-relative pose onto its 2D pose, by linear least squares.

    A joint at (X, Y, Z) moved by t is seen at X + tx = u (Z + tz), Y + ty = v (Z + tz), with u, v the pixel's ray:
    two equations linear in t. The paper's variant without limb joints gives those a weight of zero.

    Args:
        joints_rel_mm: (..., J, 3) pose relative to its root, mm.
        joints_px: (..., J, 2) the same joints in the image, px.
        weights: (..., J) how much each joint counts, >= 0; all the same if None.

    Returns:
        (..., 3) the root in camera mm.

    Raises:
        ValueError: fewer than two joints with a positive weight, or shapes that do not belong together.
    """
    joints_rel, joints_px = np.asarray(joints_rel_mm, np.float64), np.asarray(joints_px, np.float64)
    if joints_rel.shape[-1:] != (3,) or joints_px.shape != (*joints_rel.shape[:-1], 2):
        raise ValueError(
            f"expected (..., J, 3) joints and (..., J, 2) px, got {joints_rel.shape} and {joints_px.shape}"
        )
    weights = np.broadcast_to(1.0 if weights is None else np.asarray(weights, np.float64), joints_rel.shape[:-1])
    if ((weights > 0).sum(-1) < 2).any() or (weights < 0).any():
        raise ValueError("expected at least two joints with a positive weight and none with a negative one")
    rays = camera.normalize(joints_px)
    ones, zeros = np.ones_like(rays[..., 0]), np.zeros_like(rays[..., 0])
    rows_x = np.stack([ones, zeros, -rays[..., 0]], -1)
    rows_y = np.stack([zeros, ones, -rays[..., 1]], -1)
    root_weights = np.sqrt(weights)[..., None]
    matrix = np.concatenate([rows_x * root_weights, rows_y * root_weights], -2)
    target = (rays * joints_rel[..., 2:] - joints_rel[..., :2]) * root_weights
    target = np.concatenate([target[..., 0], target[..., 1]], -1)
    return (np.linalg.pinv(matrix) @ target[..., None])[..., 0]


def fit_translation_ransac(
    joints_rel_mm: np.ndarray,
    joints_px: np.ndarray,
    camera: Camera,
    threshold_px: float = 10.0,
    sample_joints: int = 4,
    iterations: int = 100,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`fit_translation` on the largest set of joints that agree.

    Args:
        joints_rel_mm, joints_px: (J, 3) and (J, 2), one person.
        threshold_px: a joint agrees if it is projected within this distance of its 2D place.
        sample_joints: how many joints each trial fits.

    Returns:
        ``(root_cam_mm, agree)``: (3,) and (J,) bool.
    """
    joints_rel, joints_px = np.asarray(joints_rel_mm, np.float64), np.asarray(joints_px, np.float64)
    count = len(joints_rel)
    if not 2 <= sample_joints <= count:
        raise ValueError(f"expected sample_joints between 2 and {count}, got {sample_joints}")
    rng = np.random.default_rng(seed)
    trials = rng.permuted(np.tile(np.arange(count), (iterations, 1)), axis=1)[:, :sample_joints]
    roots = fit_translation(joints_rel[trials], joints_px[trials], camera)
    with np.errstate(invalid="ignore"):  # a root behind the camera projects to NaN and agrees with nothing
        errors = np.linalg.norm(camera.project(joints_rel + roots[:, None]) - joints_px, axis=-1)
        agree = errors < threshold_px
    # Most joints first, then the smallest error among them.
    spread = np.where(agree, errors, 0).sum(1) / np.maximum(agree.sum(1), 1) / threshold_px
    best = agree[np.argmax(agree.sum(1) - spread)]
    if best.sum() < 2:  # nothing agrees: all that is left is everybody's vote
        best = np.ones(count, bool)
    return fit_translation(joints_rel[best], joints_px[best], camera), best
