"""Augmentation: from packed crops to the images and targets of one batch.

Names and numbers follow the paper (section 7) and the released code; what is ours is marked. A transform moves the
labels with the picture, and the distance measure k is computed from the box that is really cropped, so that scaling and
shifting are fair to RootNet as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from people3d.camera import REAL_SIDE_MM
from people3d.crop import apply_affine, crop_affine
from people3d.data.pack import PACK_MARGIN, Pack
from people3d.skeleton import Skeleton


@dataclass(frozen=True)
class Augmentation:
    """Strength of every augmentation. ``NONE`` switches all of them off."""

    rotation_prob: float = 0.6  # released code
    rotation_deg: float = 30.0  # × N(0, 1) clipped to ±2, released code
    scale: float = 0.25  # × N(0, 1) clipped to ±1, released code (PoseNet)
    shift: float = 0.06  # ours: of the crop's side, uniform; what a detector's boxes do
    flip_prob: float = 0.5  # paper
    colour: float = 0.2  # each channel × U(1 - c, 1 + c), released code
    light: float = 0.25  # ours: contrast and brightness together
    grey_prob: float = 0.05  # ours
    blur_prob: float = 0.15  # ours: people who are small in their photographs
    occlusion_prob: float = 0.4  # 0.5 in the paper: a rectangle of noise (Zhong et al., random erasing)
    occlusion_area: tuple[float, float] = (0.02, 0.25)  # share of the crop box; the released code goes up to 0.7
    truncation_prob: float = 0.1  # ours: people cut by the frame
    jpeg_prob: float = 0.0  # ours: photographs that were compressed hard
    turn_prob: float = 0.0  # ours, in place of the rotation: by up to TURN_DEG; people who lie or do a handstand


NONE = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (0, 0), 0, 0)
TURN_DEG = 120.0  # the rotation of whoever is turned: U(-120, 120)
_JPEG_QUALITY = (20, 90)


@dataclass(frozen=True)
class Batch:
    """N training crops.

    Attributes:
        images: (N, S, S, 3) uint8.
        joints: (N, J, 3) x, y in sides of the crop (0..1), z relative to the root in mm.
        weights: (N, J, 2) of x, y and of z; 0 outside the crop and beyond the depth range.
        gamma: (N,) true Z / k for the crop's own k; NaN where the depth is not known.
        depth_over_focal: (N,) as in the pack.
    """

    images: np.ndarray
    joints: np.ndarray
    weights: np.ndarray
    gamma: np.ndarray
    depth_over_focal: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def cat(cls, parts: Sequence[Batch]) -> Batch:
        return cls(*(np.concatenate([getattr(p, f) for p in parts]) for f in cls.__dataclass_fields__))


def make_batch(
    pack: Pack, indices: np.ndarray, size: int, skeleton: Skeleton, augmentation: Augmentation, rng: np.random.Generator
) -> Batch:
    """Crops of ``size`` px of the people at ``indices``, augmented with random numbers from ``rng`` alone."""
    samples = [_sample(pack, int(i), size, skeleton, augmentation, rng) for i in indices]
    return Batch(*(np.stack(column) for column in zip(*samples, strict=True)))


def _sample(pack: Pack, i: int, size: int, skeleton: Skeleton, a: Augmentation, rng: np.random.Generator):
    image, joints, weights = pack.images[i], pack.joints[i].copy(), pack.weights[i].copy()
    scale = 1 + a.scale * np.clip(rng.standard_normal(), -1, 1)
    rotation = a.rotation_deg * np.clip(rng.standard_normal(), -2, 2) * (rng.random() < a.rotation_prob)
    # Drawn only where it is asked for: without it, batches stay what they were before there was any.
    if a.turn_prob and rng.random() < a.turn_prob:
        rotation = rng.uniform(-TURN_DEG, TURN_DEG)
    packed_px = len(image)
    side = packed_px / PACK_MARGIN * scale
    centre = packed_px / 2 + rng.uniform(-a.shift, a.shift, 2) * side
    affine = crop_affine(np.array([*(centre - side / 2), side, side]), size, rotation)
    if rng.random() < a.flip_prob:
        # Crop px x → size - 1 - x, as in the released code; applied to picture and labels alike.
        affine = np.array([[-1.0, 0, size - 1], [0, 1, 0]]) @ np.vstack([affine, [0, 0, 1]])
        joints, weights = joints[skeleton.mirror], weights[skeleton.mirror]
    crop = cv2.warpAffine(image, affine, (size, size), flags=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
    joints[:, :2] = apply_affine(affine, joints[:, :2]) / size
    crop = _degrade(crop, a, rng)
    inside = ((joints[:, :2] >= 0) & (joints[:, :2] < 1)).all(1)
    weights *= inside[:, None]
    weights[:, 1] *= np.abs(joints[:, 2]) < 1000
    gamma = pack.depth_over_focal[i] * pack.side_px[i] * (side / packed_px) / REAL_SIDE_MM
    return crop, joints.astype(np.float32), weights, np.float32(gamma), pack.depth_over_focal[i]


def _degrade(crop: np.ndarray, a: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """What changes the picture but not the labels."""
    size = len(crop)
    if rng.random() < a.blur_prob:
        crop = lower_resolution(crop, max(8, int(size * rng.uniform(0.25, 0.8))))
    gain = rng.uniform(1 - a.colour, 1 + a.colour, 3) * rng.uniform(1 - a.light, 1 + a.light)
    bias = 255 * a.light * rng.uniform(-0.3, 0.3)
    table = np.clip(np.arange(256)[:, None] * gain + bias, 0, 255).astype(np.uint8)
    crop = cv2.LUT(crop, table[None])
    if rng.random() < a.grey_prob:
        crop = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    # Drawn only where it is asked for, as well.
    if a.jpeg_prob and rng.random() < a.jpeg_prob:
        crop = compress(crop, int(rng.integers(*_JPEG_QUALITY, endpoint=True)))
    if rng.random() < a.occlusion_prob:
        _occlude(crop, a.occlusion_area, rng)
    if rng.random() < a.truncation_prob:
        edge, cut = int(rng.integers(4)), int(size * rng.uniform(0.1, 0.45))
        np.rot90(crop, edge)[:cut] = 0
    return crop


def lower_resolution(crop: np.ndarray, small: int) -> np.ndarray:
    """The (S, S, 3) crop as it would be, enlarged, had the person been ``small`` px wide."""
    size = len(crop)
    return cv2.resize(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA), (size, size))


def compress(crop: np.ndarray, quality: int) -> np.ndarray:
    """The (S, S, 3) uint8 RGB crop after JPEG of ``quality`` 1..100."""
    # OpenCV takes BGR for the split into light and colour, of which JPEG keeps the light better.
    _, coded = cv2.imencode(".jpg", crop[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was coded in the line above
    return np.ascontiguousarray(decoded[..., ::-1])


def _occlude(crop: np.ndarray, area: tuple[float, float], rng: np.random.Generator) -> None:
    """A rectangle of uniform noise or of one colour. It is made to fit, so it always ends."""
    size = len(crop)
    share, ratio = rng.uniform(*area), np.exp(rng.uniform(np.log(0.3), np.log(1 / 0.3)))
    w = int(np.clip(size * np.sqrt(share * ratio), 1, size))
    h = int(np.clip(size * np.sqrt(share / ratio), 1, size))
    x, y = rng.integers(0, size - w + 1), rng.integers(0, size - h + 1)
    noise = rng.random() < 0.5
    crop[y : y + h, x : x + w] = rng.integers(0, 256, (h, w, 3) if noise else (1, 1, 3), dtype=np.uint8)
