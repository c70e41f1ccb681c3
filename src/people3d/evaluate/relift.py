"""The same people lifted with other root depths: what the paper's Table 2 compares RootNet with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from people3d.camera import k_value
from people3d.crop import crop_boxes
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.matching import match_people


def intrinsics(people: Annotations) -> np.ndarray:
    """(P, 4) fx, fy, cx, cy of each person's image; ``ValueError`` names an image without them."""
    rows = []
    for image in people.images:
        values = image.get("intrinsic")
        if not isinstance(values, list) or len(values) != 4 or not all(isinstance(v, int | float) for v in values):
            raise ValueError(f"{people.source}: image {image['id']}: expected 4 intrinsic numbers, got {values!r}")
        rows.append(values)
    return np.array(rows, float).reshape(-1, 4)[people.image_index]


def project(points_cam_mm: np.ndarray, fxfycxcy: np.ndarray) -> np.ndarray:
    """(P, ..., 3) camera mm with one camera (P, 4) a person → (P, ..., 2) px."""
    camera = fxfycxcy.reshape(len(fxfycxcy), *[1] * (points_cam_mm.ndim - 2), 4)
    return points_cam_mm[..., :2] / points_cam_mm[..., 2:] * camera[..., :2] + camera[..., 2:]


def unproject(points_px: np.ndarray, depth_mm: np.ndarray, fxfycxcy: np.ndarray) -> np.ndarray:
    """The inverse of :func:`project`: (P, ..., 2) px and (P, ...) depths → (P, ..., 3) camera mm."""
    camera = fxfycxcy.reshape(len(fxfycxcy), *[1] * (points_px.ndim - 2), 4)
    xy = (points_px - camera[..., 2:]) / camera[..., :2] * depth_mm[..., None]
    return np.concatenate([xy, depth_mm[..., None]], -1)


def k_of(people: Annotations) -> np.ndarray:
    """(P,) the paper's k in mm (Eq. 1) from each person's tight box, extended as for the crop; NaN without a box.

    Raises:
        ValueError: an image without width, height or intrinsic.
    """
    camera = intrinsics(people)
    side = np.full(len(people), np.nan)
    for n, image in enumerate(people.images):
        of_image = people.image_index == n
        if not all(isinstance(image.get(key), int | float) and image[key] > 0 for key in ("width", "height")):
            raise ValueError(f"{people.source}: image {image['id']}: expected a width and a height")
        boxes, valid = crop_boxes(people.boxes_xywh[of_image], image["width"], image["height"])
        side[of_image] = np.where(valid, boxes[:, 2], np.nan)
    return k_value(side, camera[:, 0], camera[:, 1])


def with_roots(people: Annotations, root_cam_mm: np.ndarray) -> Annotations:
    """``people`` with other roots (P, 3) mm: joints keep their pixels and their depth relative to the root.

    As in the paper's final pose, only the root's Z moves the joints.
    """
    depth = people.joints_cam_mm[..., 2] - people.root_cam_mm[:, None, 2] + root_cam_mm[:, None, 2]
    joints = unproject(people.joints_px, depth, intrinsics(people))
    return replace(people, root_cam_mm=root_cam_mm, root_depth_mm=root_cam_mm[:, 2], joints_cam_mm=joints)


def with_k_as_depth(people: Annotations) -> Annotations:
    """k itself as the root's depth; x, y still RootNet's (paper Table 2, first row)."""
    camera = intrinsics(people)
    return with_roots(people, unproject(project(people.root_cam_mm, camera), k_of(people), camera))


def with_true_roots(people: Annotations, truth: Annotations, minimum_iou: float = 0.5) -> Annotations:
    """The true root for everybody whose box matches somebody's; the others keep theirs (paper Table 2, last row)."""
    root = people.root_cam_mm.copy()
    match = match_people(people, truth, minimum_iou)
    found = (match >= 0) & np.isfinite(truth.root_or_pelvis_mm).all(1)
    root[match[found]] = truth.root_or_pelvis_mm[found]
    return with_roots(people, root)
