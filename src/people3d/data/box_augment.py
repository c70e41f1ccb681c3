"""Augmentation for the detector: photographs with boxes → batches of square pictures.

Every picture is one photograph, or a mosaic of four (Bochkovskiy et al., YOLOv4, 2020). A photograph is zoomed, its
aspect changed, cropped or padded into its window, mirrored and coloured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from people3d.detect.boxes import boxes_area
from people3d.detect.letterbox import PAD_VALUE


@dataclass(frozen=True)
class BoxAugmentation:
    """Strength of every augmentation."""

    zoom: tuple[float, float] = (0.7, 1.8)  # of the scale at which the photograph just fits its window, log-uniform
    aspect: float = 0.1  # width / height is changed by a factor exp(U(-a, a))
    aspect_stretched: float = 0.35  # the same for photographs stretched to squares: they were 4:3 or 3:4, mostly
    mosaic_prob: float = 0.4
    flip_prob: float = 0.5
    colour: float = 0.15  # each channel times U(1 - c, 1 + c)
    light: float = 0.3  # contrast and brightness
    grey_prob: float = 0.08
    blur_prob: float = 0.1
    minimum_visible: float = 0.35  # share of a person inside the window; with less it is ignored
    minimum_side: float = 6.0  # px; smaller people are ignored


@dataclass(frozen=True)
class LabelledPicture:
    """A decoded photograph: image (H, W, 3) uint8, boxes_xyxy (M, 4) px, ignore (M,) bool."""

    image: np.ndarray
    boxes_xyxy: np.ndarray
    ignore: np.ndarray
    true_aspect: bool = True


@dataclass(frozen=True)
class BoxBatch:
    """N pictures: images (N, S, S, 3) uint8; for each its boxes_xyxy (M, 4) float32 px and ignore (M,) bool."""

    images: np.ndarray
    boxes_xyxy: list[np.ndarray]
    ignore: list[np.ndarray]


def make_box_batch(
    pictures: Sequence[LabelledPicture], count: int, size: int, augmentation: BoxAugmentation, rng: np.random.Generator
) -> BoxBatch:
    """``count`` pictures of ``size`` px from photographs drawn at random."""
    samples = [_picture(pictures, size, augmentation, rng) for _ in range(count)]
    images, boxes, ignore = zip(*samples, strict=True)
    return BoxBatch(np.stack(images), list(boxes), list(ignore))


def _picture(pictures: Sequence[LabelledPicture], size: int, a: BoxAugmentation, rng: np.random.Generator):
    canvas = np.full((size, size, 3), PAD_VALUE, np.uint8)
    windows = [(0, 0, size, size)]
    if rng.random() < a.mosaic_prob:
        x, y = rng.integers(round(0.35 * size), round(0.65 * size), 2)
        windows = [(0, 0, x, y), (x, 0, size - x, y), (0, y, x, size - y), (x, y, size - x, size - y)]
    boxes, ignore = [], []
    for x, y, width, height in windows:
        picture = pictures[int(rng.integers(len(pictures)))]
        placed, its_boxes, its_ignore = place(picture, width, height, a, rng)
        canvas[y : y + height, x : x + width] = placed
        boxes.append(its_boxes + np.array([x, y, x, y], np.float32))
        ignore.append(its_ignore)
    return canvas, np.concatenate(boxes), np.concatenate(ignore)


def place(picture: LabelledPicture, width: int, height: int, a: BoxAugmentation, rng: np.random.Generator):
    """A random part of a photograph in a window of ``width`` by ``height`` px.

    Returns:
        The window (height, width, 3) uint8, boxes (K, 4) in its px cut at its edges, and ignore (K,) bool. People
        outside are left out; people of whom little is left are ignored.
    """
    h, w = picture.image.shape[:2]
    stretch = a.aspect if picture.true_aspect else a.aspect_stretched
    aspect = np.exp(rng.uniform(-stretch, stretch) / 2)
    fit = min(width / (w * aspect), height * aspect / h) * np.exp(rng.uniform(*np.log(a.zoom)))
    sx, sy = fit * aspect, fit / aspect
    # The left upper corner in the photograph; negative where the photograph is smaller than the window.
    left, top = rng.random(2) * [w - width / sx, h - height / sy]
    x1, y1 = max(0, round(left)), max(0, round(top))
    x2, y2 = min(w, round(left + width / sx)), min(h, round(top + height / sy))
    out = np.full((height, width, 3), PAD_VALUE, np.uint8)
    # Where the part lands; resizing to whole px moves its far edges by less than one.
    px, py = max(0, round((x1 - left) * sx)), max(0, round((y1 - top) * sy))
    pw, ph = min(width - px, round((x2 - x1) * sx)), min(height - py, round((y2 - y1) * sy))
    if pw < 1 or ph < 1:
        return out, np.zeros((0, 4), np.float32), np.zeros(0, bool)
    shrinks = pw < x2 - x1 or ph < y2 - y1
    part = cv2.resize(
        picture.image[y1:y2, x1:x2], (pw, ph), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    out[py : py + ph, px : px + pw] = _recolour(part, a, rng)
    scale = np.array([pw / (x2 - x1), ph / (y2 - y1)] * 2, np.float32)
    boxes = (picture.boxes_xyxy - np.array([x1, y1] * 2, np.float32)) * scale + np.array([px, py] * 2, np.float32)
    cut = np.clip(boxes, [px, py, px, py], [px + pw, py + ph, px + pw, py + ph]).astype(np.float32)
    visible = boxes_area(cut) / np.maximum(boxes_area(boxes), 1e-6)
    small = (cut[:, 2:] - cut[:, :2]).min(1, initial=np.inf) < a.minimum_side
    ignore = picture.ignore | (visible < a.minimum_visible) | small
    inside = boxes_area(cut) > 0
    if rng.random() < a.flip_prob:
        out = np.ascontiguousarray(out[:, ::-1])
        cut = cut[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32) + np.array([width, 0] * 2, np.float32)
    return out, cut[inside], ignore[inside]


def _recolour(image: np.ndarray, a: BoxAugmentation, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < a.grey_prob:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, -1)
    if rng.random() < a.blur_prob:
        image = cv2.GaussianBlur(image, (3, 3), 0)
    gain = rng.uniform(1 - a.light, 1 + a.light) * rng.uniform(1 - a.colour, 1 + a.colour, 3)
    shift = rng.uniform(-a.light, a.light) * 64
    levels = np.clip(np.arange(256)[:, None] * gain + shift, 0, 255).astype(np.uint8)
    return cv2.LUT(image, levels[None])
