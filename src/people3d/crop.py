"""From a person's tight box to the square crop that the networks see, and back.

A *tight* box is what a detector gives; a *crop* box is the tight box made square and 1.25 times as large. Only
:func:`crop_boxes` turns one into the other, so that nothing is extended twice. In Python tight boxes are arrays
``boxes_xyxy`` (N, 4), crop boxes are ``crop_boxes_xywh`` (N, 4).
"""

from __future__ import annotations

import cv2
import numpy as np

MAX_SUPERSAMPLING = 8  # of a crop that is coarser than its image
CROP_EXTENSION = 1.25  # per side, after the box is made square (released code, get_bbox)


def xywh_from_xyxy(boxes_xyxy: np.ndarray) -> np.ndarray:
    """(N, 4) corners → (N, 4) top left corner, width and height."""
    return np.concatenate([boxes_xyxy[:, :2], boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]], 1)


def xyxy_from_xywh(boxes_xywh: np.ndarray) -> np.ndarray:
    """(N, 4) top left corner, width and height → (N, 4) corners."""
    return np.concatenate([boxes_xywh[:, :2], boxes_xywh[:, :2] + boxes_xywh[:, 2:]], 1)


def sanitize_boxes(boxes_xywh: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The released code's cleaning of tight boxes.

    Args:
        boxes_xywh: (N, 4) px.

    Returns:
        (N, 4) cleaned xywh boxes, and (N,) bool: False where a box holds no pixel of the image. A box that starts left
        of the image is shifted, not cut, as in the released code.
    """
    x, y, w, h = np.asarray(boxes_xywh, np.float64).reshape(-1, 4).T
    x1, y1 = np.maximum(0, x), np.maximum(0, y)
    x2 = np.minimum(width - 1, x1 + np.maximum(0, w - 1))
    y2 = np.minimum(height - 1, y1 + np.maximum(0, h - 1))
    with np.errstate(invalid="ignore"):
        valid = (w * h > 0) & (w > 0) & (x2 > x1) & (y2 > y1)
    return np.stack([x1, y1, x2 - x1, y2 - y1], -1), valid


def extend_boxes(boxes_xywh: np.ndarray) -> np.ndarray:
    """(N, 4) tight xywh → (N, 4) square crop boxes xywh about the same centre; they may leave the image."""
    boxes = np.asarray(boxes_xywh, np.float64).reshape(-1, 4)
    side = CROP_EXTENSION * boxes[:, 2:].max(axis=1, initial=0)
    centre = boxes[:, :2] + boxes[:, 2:] / 2
    return np.concatenate([centre - side[:, None] / 2, np.stack([side, side], -1)], -1)


def crop_boxes(boxes_xywh: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Tight boxes (N, 4) xywh of a detector → crop boxes (N, 4) xywh and (N,) validity."""
    clean, valid = sanitize_boxes(boxes_xywh, width, height)
    return extend_boxes(clean), valid


def crop_affine(crop_box_xywh: np.ndarray, size: int, rotation_deg: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """(2, 3) ``crop_from_image``: maps image px to px of a crop of ``size`` × ``size``.

    The box is scaled and rotated about its centre, as in the released code's augmentation.
    """
    x, y, w, h = np.asarray(crop_box_xywh, np.float64)
    angle = np.deg2rad(rotation_deg)
    cos, sin = np.cos(angle), np.sin(angle)
    sx, sy = size / (w * scale), size / (h * scale)
    linear = np.array([[sx * cos, sx * sin], [-sy * sin, sy * cos]])
    centre = np.array([x + w / 2, y + h / 2])
    return np.concatenate([linear, (size / 2 - linear @ centre)[:, None]], 1)


def invert_affine(affine: np.ndarray) -> np.ndarray:
    """(..., 2, 3) affines → their exact inverses."""
    linear = np.linalg.inv(affine[..., :2])
    return np.concatenate([linear, -linear @ affine[..., 2:]], -1)


def apply_affine(affine: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """(..., 2, 3) affine on (..., P, 2) points."""
    return points_px @ np.swapaxes(affine[..., :2], -1, -2) + np.swapaxes(affine[..., 2:], -1, -2)


def warp_crop(image_rgb: np.ndarray, crop_from_image: np.ndarray, size: int) -> np.ndarray:
    """(H, W, 3) uint8 → (size, size, 3) uint8: bilinear, zero outside the image.

    Where the crop is less than half as fine as the image, each of its pixels averages the ones it covers; the released
    code, whose crops are rarely that much coarser, takes single ones.
    """
    shrink = 1 / np.sqrt(abs(np.linalg.det(crop_from_image[:, :2])))
    factor = int(min(shrink, MAX_SUPERSAMPLING))
    if factor < 2:
        return cv2.warpAffine(image_rgb, crop_from_image, (size, size), flags=cv2.INTER_LINEAR)
    # The middle of the factor × factor block of fine pixels must fall on the coarse one.
    fine_from_image = factor * crop_from_image + [[0, 0, (factor - 1) / 2]]
    fine = cv2.warpAffine(image_rgb, fine_from_image, (size * factor, size * factor), flags=cv2.INTER_LINEAR)
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)


def resized_crops(crops: np.ndarray, size: int) -> np.ndarray:
    """(N, S, S, 3) uint8 crops → (N, size, size, 3): what is at x, y in sides of the crop stays there."""
    scale = size / crops.shape[1]
    if scale == 1:
        return crops
    affine = np.array([[scale, 0, 0], [0, scale, 0]])
    resized = [warp_crop(crop, affine, size) for crop in crops]
    return np.array(resized, np.uint8).reshape(len(crops), size, size, 3)


def box_problems(boxes_xywh: np.ndarray, width: int, height: int) -> list[str | None]:
    """For each of N tight boxes (N, 4) xywh what makes it impossible in an image of this size, or None."""
    boxes = np.asarray(boxes_xywh, np.float64).reshape(-1, 4)
    _, valid = sanitize_boxes(boxes, width, height)
    problems: list[str | None] = []
    for (x, y, w, h), inside in zip(boxes, valid, strict=True):
        if not np.isfinite([x, y, w, h]).all():
            problems.append("its numbers are not all finite")
        elif w <= 0 or h <= 0:
            problems.append(f"expected a positive width and height, got {w:g} x {h:g} (x1 y1 x2 y2 taken for x y w h?)")
        elif x >= width or y >= height or x + w <= 0 or y + h <= 0:
            problems.append(f"it lies outside the {width} x {height} image (x1 y1 x2 y2 taken for x y w h?)")
        else:
            problems.append(None if inside else "it covers less than two pixels of the image")
    return problems
