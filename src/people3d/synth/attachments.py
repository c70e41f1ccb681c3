"""What people wear or carry beyond the body's own surface: skirts and coats, long hair, hats, bags, balls.

Each is a grid of points in world space that follows the pose; it counts as part of the person in every label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from people3d.synth.body import Body
from people3d.synth.clothing import Garment, Hem, Outfit, Surface
from people3d.synth.joints import SYNTH
from people3d.synth.render import Thing

_COLUMNS = 20
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Wearer:
    """A posed body: what an attachment needs to know of it. ``joints_mm`` (27, 3) and frames (3, 3) in world space,
    ``scale`` its height over an adult's, ``rest_mm`` and ``posed_mm`` (V, 3) its clothed surface."""

    body: Body
    joints_mm: np.ndarray
    pelvis: np.ndarray
    chest: np.ndarray
    head: np.ndarray
    scale: float
    rest_mm: np.ndarray
    posed_mm: np.ndarray

    def joint(self, name: str) -> np.ndarray:
        return self.joints_mm[SYNTH.index(name)]


def sheet(points_mm: np.ndarray, look: np.ndarray) -> Thing:
    """A smooth surface through a grid of points (R, C, 3); repeat the first column at the end to close it."""
    rows = np.gradient(points_mm, axis=0)
    columns = np.gradient(points_mm, axis=1)
    if np.allclose(points_mm[:, 0], points_mm[:, -1]):
        columns[:, 0] = columns[:, -1] = points_mm[:, 1] - points_mm[:, -2]
    normals = np.cross(columns, rows)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
    along = np.cumsum(np.linalg.norm(np.diff(points_mm, axis=0, prepend=points_mm[:1]), axis=-1), axis=0)
    around = np.cumsum(np.linalg.norm(np.diff(points_mm, axis=1, prepend=points_mm[:, :1]), axis=-1), axis=1)
    place = np.stack([around.max(0, keepdims=True).repeat(len(points_mm), 0), along, np.zeros_like(along)], -1)

    def corners(grid: np.ndarray) -> np.ndarray:
        a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
        return np.stack([np.stack([a, b, c], -2), np.stack([a, c, d], -2)], 2).reshape(-1, 3, 3)

    return Thing(corners(points_mm), corners(normals), corners(place), look)


def cloth(garment: Garment) -> np.ndarray:
    """(2, 4) a thing's colours that look like the garment."""
    pattern = (0, 4, 2, 1, 3, 3, 0, 0, 0)[garment.pattern]
    return np.array([[*garment.colours[0], pattern], [*garment.colours[1], garment.scale / 60]])


def sample(rng: np.random.Generator, wearer: Wearer, outfit: Outfit, surface: Surface) -> list[Thing]:
    """Attachments at random, by sex and age as they are common."""
    female, out = wearer.body.person.sex == "female", []
    if outfit.hem is not None:
        garment = outfit.upper if outfit.hem.coat else outfit.lower
        out.append(skirt(rng, wearer, surface, cloth(garment), outfit.hem))
    if rng.random() < (0.5 if female else 0.04):
        out.append(long_hair(rng, wearer, outfit))
    elif rng.random() < 0.12:
        out.extend(hat(rng, wearer, outfit))
    if rng.random() < 0.07:
        out.append(backpack(rng, wearer, cloth(outfit.shoes)))
    if rng.random() < 0.1:
        out.append(carried(rng, wearer, cloth(outfit.shoes)))
    return out


def skirt(rng, wearer: Wearer, surface: Surface, look: np.ndarray, hem: Hem) -> Thing:
    """Round both legs from the waist; as far as the hips it lies on the clothes there, whatever the pose."""
    trunk = np.flatnonzero(surface.limb[:, 0] < -0.3)
    flat = wearer.rest_mm[trunk] - wearer.body.bone_heads_mm[0]
    away = np.linalg.norm(flat[:, :2], axis=1)
    angles = np.linspace(0, 2 * np.pi, _COLUMNS + 1)
    outwards = np.stack([np.cos(angles), np.sin(angles), 0 * angles], 1)
    ease = 8 + 10 * wearer.scale
    rows = []
    for height, share in ((110, 0.25), (75, 0.5), (40, 0.8), (0, 1.0)):
        near = np.flatnonzero(np.abs(flat[:, 2] - height * wearer.scale) < 30 * wearer.scale)
        between = flat[near, :2] @ outwards[:, :2].T / np.maximum(away[near, None], 1.0)  # cosines, (near, columns)
        beyond = np.where(between > np.cos(2.5 * np.pi / _COLUMNS), away[near, None], 0).max(0)
        closest = near[between.argmax(0)]
        off = np.maximum(beyond - away[closest], 0) + ease * share
        ring = wearer.posed_mm[trunk[closest]] + (outwards @ wearer.pelvis.T) * off[:, None]
        ring += wearer.pelvis[:, 2] * (height * wearer.scale - flat[closest, 2])[:, None]
        rows.append(ring)
    length, flare = hem.length, hem.flare
    folds = 1 + 0.05 * np.sin(angles * rng.integers(4, 9) + rng.uniform(0, 6))
    behind = np.sin(angles) > 0
    low = flat[np.abs(flat[:, 2] + 60 * wearer.scale) < 45 * wearer.scale]
    wide = np.array([np.abs(low[:, 0]).max(), -low[:, 1].min(), low[:, 1].max()]) + ease
    radius = np.maximum(wide - np.array([95, 0, 0]) * wearer.scale, 60 * wearer.scale)
    for t in np.linspace(0.12, length, 2 + int(6 * length)):
        left, right = (_along_leg(wearer, side, t) for side in "LR")
        axis = left + right - _along_leg(wearer, "L", t - 0.1) - _along_leg(wearer, "R", t - 0.1)
        x, y = _across(axis, wearer.pelvis[:, 0])
        directions = np.cos(angles)[:, None] * x + np.sin(angles)[:, None] * y
        gap = left - right
        lean = np.clip(1.6 * directions @ gap / max(float(np.linalg.norm(gap)), 1.0), -1, 1)
        spread = (radius[0] * np.cos(angles) ** 2 + radius[1 + behind] * np.sin(angles) ** 2) * (1 + flare * t)
        spread *= 1 + (folds - 1) * min(2 * t, 1.5)
        rows.append((left + right) / 2 + lean[:, None] * gap / 2 + directions * spread[:, None])
    return sheet(np.stack(rows), look)


def _along_leg(wearer: Wearer, side: str, t: float) -> np.ndarray:
    hip, knee, ankle = (wearer.joint(f"{side}_{n}") for n in ("Hip", "Knee", "Ankle"))
    return hip + (knee - hip) * t if t < 1 else knee + (ankle - knee) * (t - 1)


def _across(axis: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors across an axis, the first as near to ``side`` as can be."""
    axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
    x = side - axis * (side @ axis)
    x /= max(float(np.linalg.norm(x)), 1e-9)
    return x, np.cross(axis, x)


def _skull(wearer: Wearer) -> tuple[np.ndarray, np.ndarray]:
    """The middle of the skull in world space, and its half sizes (to the side, to the front, up), mm."""
    rest = wearer.body.landmarks_mm
    top, ears = rest[0], (rest[4] + rest[5]) / 2
    up = max(float(top[2] - ears[2]), 60.0)
    side = max(float(abs(rest[4, 0] - rest[5, 0])) / 2, 45.0)
    middle = wearer.joints_mm[[SYNTH.index("L_Ear"), SYNTH.index("R_Ear")]].mean(0)
    return middle, np.array([side * 1.0, side * 1.28, up * 1.0])


def _on_head(wearer: Wearer, local: np.ndarray) -> np.ndarray:
    """Points in units of the skull's half sizes (x left, y back, z up from the ears) → world mm."""
    middle, size = _skull(wearer)
    return middle + (local * size) @ wearer.head.T


def long_hair(rng, wearer: Wearer, outfit: Outfit) -> Thing:
    """Over the crown and down the back of the head, to the neck or the shoulder blades."""
    open_deg = rng.uniform(75, 125)  # how far round to the front it reaches
    angles = np.deg2rad(np.linspace(-open_deg, open_deg, _COLUMNS))
    drop = rng.uniform(0.6, 2.6)
    rows = []
    for height in np.concatenate([np.linspace(1.06, 0.1, 6), np.linspace(-0.2, -drop, 4)]):
        if height > 0:
            radius = 1.12 * np.sqrt(max(1 - (height / 1.12) ** 2, 0.03))
        else:
            radius = 1.12 + 0.08 * np.sin(height * 3) - 0.12 * min(-height, 1)
        strand = 1 + 0.04 * np.sin(angles * 9 + height * 2)
        ring = np.stack([np.sin(angles) * strand, np.cos(angles) * strand * 0.98, 0 * angles], 1) * radius
        rows.append(ring + np.array([0, 0.08, height]))
    look = np.array([[*outfit.hair, 3], [*(outfit.hair * 0.5), 0.05]])
    return sheet(_on_head(wearer, np.stack(rows)), np.clip(look, 0.002, 3))


def hat(rng, wearer: Wearer, outfit: Outfit) -> list[Thing]:
    """A woollen hat, or one with a brim or a peak."""
    angles = np.linspace(0, 2 * np.pi, _COLUMNS + 1)
    around = np.stack([np.sin(angles), np.cos(angles), 0 * angles], 1)
    low, high = rng.uniform(0.3, 0.5), rng.uniform(1.28, 1.55)
    tall = rng.random() < 0.3
    rows = []
    for t in np.linspace(0, 1, 6):
        radius = 1.16 * (1.0 if tall and t < 0.9 else np.sqrt(max(1 - (0.95 * t) ** 2, 0.02)))
        rows.append(around * radius * [1, 1.03, 1] + [0, 0.05, low + (high - low) * t])
    rows.append(0 * around + [0, 0.05, high])
    look = cloth(outfit.upper if rng.random() < 0.5 else outfit.shoes)
    out = [sheet(_on_head(wearer, np.stack(rows)), look)]
    kind = rng.random()
    if kind < 0.6:
        wide = rng.uniform(0.3, 0.9)
        front = around[:, 1] < -0.2
        reach = np.where(front, 1.16 + wide * np.clip(-around[:, 1] - 0.2, 0, 1), 1.16) if kind < 0.35 else 1.16 + wide
        inner = around * 1.14 * [1, 1.03, 1] + [0, 0.05, low]
        outer = around * np.broadcast_to(reach, angles.shape)[:, None] * [1, 1.03, 1] + [0, 0.05, low - 0.08]
        out.append(sheet(_on_head(wearer, np.stack([inner, (inner + outer) / 2, outer])), look))
    return out


def _block(wearer_frame: np.ndarray, middle: np.ndarray, size: np.ndarray, look: np.ndarray) -> Thing:
    """A rounded box: a tube with closed ends along the frame's z."""
    angles = np.linspace(0, 2 * np.pi, 13)
    square = np.stack([np.cos(angles), np.sin(angles)], 1)
    square /= np.maximum(np.abs(square).max(1, keepdims=True), 1e-9) ** 0.8
    rows = []
    for z, r in ((-1, 0.0), (-1, 0.85), (-0.85, 1.0), (0.85, 1.0), (1, 0.85), (1, 0.0)):
        rows.append(np.concatenate([square * r, np.full((13, 1), float(z))], 1) * size / 2)
    return sheet(middle + np.stack(rows) @ wearer_frame.T, look)


def backpack(rng, wearer: Wearer, look: np.ndarray) -> Thing:
    size = np.array([rng.uniform(240, 330), rng.uniform(120, 220), rng.uniform(330, 520)]) * wearer.scale
    middle = (wearer.joint("Thorax") + wearer.joint("Spine")) / 2
    back = wearer.chest[:, 1] * (115 * wearer.scale + size[1] / 2)
    return _block(wearer.chest, middle + back, size, look)


def carried(rng, wearer: Wearer, look: np.ndarray) -> Thing:
    """A bag that hangs from a hand, or a ball or a bottle in it."""
    side = "LR"[int(rng.integers(2))]
    hand = wearer.joint(f"{side}_Hand")
    if rng.random() < 0.45:
        size = np.array([rng.uniform(80, 160), rng.uniform(200, 400), rng.uniform(200, 380)]) * max(wearer.scale, 0.6)
        turn = rng.uniform(0, np.pi)
        frame = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        return _block(frame, hand - _UP * (size[2] / 2 + 60), size, look)
    radius = rng.uniform(35, 120)
    forearm = wearer.joint(f"{side}_Hand") - wearer.joint(f"{side}_Wrist")
    forearm = forearm / max(float(np.linalg.norm(forearm)), 1e-9)
    angles = np.linspace(0, 2 * np.pi, 13)
    heights = np.linspace(-1, 1, 7)
    rings = np.stack([np.sqrt(np.maximum(1 - heights**2, 1e-4))] * 13, 1)
    grid = np.stack([np.cos(angles) * rings, np.sin(angles) * rings, heights[:, None] + 0 * rings], -1)
    return sheet(hand + forearm * (radius * 0.7) + grid * radius, look)
