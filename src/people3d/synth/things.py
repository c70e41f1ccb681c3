"""Floors, walls, seats and objects in world space, lights, and what lies behind everything."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from people3d.synth.render import Light, Thing

_CUBE = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)])
_CUBE_FACES = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]  # outwards
)
_TILE_PATTERNS = 5
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")


def colours(rng: np.random.Generator, scale_mm: tuple[float, float] = (150, 900)) -> np.ndarray:
    """(2, 4) two linear colours, a pattern and its scale."""
    base = rng.uniform(0.03, 0.75) * np.clip(1 + rng.normal(0, 0.18, 3), 0.3, 1.7)
    other = base * rng.uniform(0.35, 1.5) * np.clip(1 + rng.normal(0, 0.1, 3), 0.5, 1.5)
    if rng.random() < 0.1:
        base = rng.uniform(0.02, 0.8, 3)
    out = np.zeros((2, 4))
    out[:, :3] = np.clip([base, other], 0.01, 0.9)
    out[:, 3] = rng.integers(_TILE_PATTERNS), 1 / rng.uniform(*scale_mm)
    return out


def _quads(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(Q, 4, 3) → (2Q, 3, 3) triangles and their normals."""
    triangles = corners[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 3)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return triangles, np.repeat(normals[:, None], 3, 1)


def thing(corners_mm: np.ndarray, look: np.ndarray, label: int = 255, casts_shadow: bool = True) -> Thing:
    """A thing of (Q, 4, 3) quads in world space."""
    triangles, normals = _quads(np.asarray(corners_mm, float))
    return Thing(triangles, normals, triangles, look, casts_shadow, label)


def floor(rng: np.random.Generator) -> Thing:
    r = 40000.0
    corners = np.array([[[-r, -r, 0], [r, -r, 0], [r, r, 0], [-r, r, 0]]])
    return thing(corners, colours(rng), label=254, casts_shadow=False)


def wall(rng: np.random.Generator, y_mm: float, turn_rad: float) -> list[Thing]:
    """A wall across the view, ``y_mm`` behind the origin (the camera is on the side of -y), with a skirting board and
    doors, windows and pictures on it."""
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    def panel(left: float, right: float, low: float, high: float, before_mm: float, look: np.ndarray) -> Thing:
        corners = np.array([[[left, 0, low], [right, 0, low], [right, 0, high], [left, 0, high]]]) - [0, before_mm, 0]
        return thing(corners @ turn.T + [0, y_mm, 0], look, label=254, casts_shadow=False)

    out = [panel(-30000, 30000, 0, 10000, 0, colours(rng, (100, 1500)))]
    if rng.random() < 0.6:
        out.append(panel(-30000, 30000, 0, rng.uniform(60, 140), 15, _plain(rng)))
    at = -rng.uniform(0, 5000) - y_mm * 0.7
    while at < y_mm + 5000 and len(out) < 14:
        kind, wide = rng.integers(3), rng.uniform(500, 1600)
        low, high = ((0, 2050), (rng.uniform(700, 1000), 2200), (rng.uniform(1000, 1400), rng.uniform(1600, 2200)))[
            kind
        ]
        out.append(panel(at - 60, at + wide + 60, max(low - 60, 0), high + 60, 8, _plain(rng)))
        out.append(panel(at, at + wide, low, high, 16, colours(rng, (100, 800)) if kind else _plain(rng)))
        at += wide + rng.exponential(2500) + 200
    return out


def _plain(rng: np.random.Generator) -> np.ndarray:
    look = colours(rng)
    look[0, 3] = 0
    return look


def box(rng: np.random.Generator, centre_mm, size_mm, turn_rad: float, label: int = 255) -> Thing:
    """A box that stands at ``centre_mm`` (its bottom's middle)."""
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    corners = (_CUBE * size_mm) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + centre_mm
    return thing(corners[_CUBE_FACES], colours(rng, (60, 500)), label)


def pillar(rng: np.random.Generator, centre_mm, radius_mm: float, height_mm: float) -> Thing:
    angles = np.linspace(0, 2 * np.pi, 17)
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(17)], 1) * radius_mm + centre_mm
    top = ring + np.array([0, 0, height_mm])
    corners = np.stack([ring[:-1], ring[1:], top[1:], top[:-1]], 1)
    return thing(corners, colours(rng, (60, 500)))


def light(rng: np.random.Generator, camera_from_world: np.ndarray) -> Light:
    """A sky or room light, a sun or lamp that casts shadows, and a weak one from elsewhere."""

    def direction(lowest: float) -> np.ndarray:
        azimuth, height = rng.uniform(0, 2 * np.pi), rng.uniform(lowest, 1)
        r = np.sqrt(1 - height**2)
        return camera_from_world @ np.array([r * np.cos(azimuth), r * np.sin(azimuth), height])

    def tint(spread: float) -> np.ndarray:
        warm = rng.normal(0, spread)
        return np.clip([1 + warm, 1 + rng.normal(0, spread / 4), 1 - warm], 0.4, 1.8)

    sky = rng.uniform(0.3, 0.8) * tint(0.12)
    ground = sky * rng.uniform(0.2, 0.8) * tint(0.08)
    sun = float(
        rng.choice([rng.uniform(0, 0.4), rng.uniform(0.4, 2.5), rng.uniform(2, 5)], p=[0.35, 0.45, 0.2])
    ) * tint(0.15)
    fill = rng.uniform(0, 0.35) * tint(0.15)
    level = (sky.mean() + ground.mean()) / 2 + 0.45 * sun.mean() + 0.3 * fill.mean()
    exposure = float(np.exp(rng.normal(0.1, 0.35)) / level)
    up = camera_from_world[:, 2]
    return Light(up, sky, ground, direction(0.15), sun, direction(-0.3), fill, exposure, float(rng.uniform(0.5, 1)))


@lru_cache(maxsize=4)
def _pictures(folder: Path) -> tuple[tuple[Path, np.ndarray], ...]:
    """Pictures under ``folder`` and the (N, 4) xywh boxes of the people in them, in shares of width and height.

    Without a COCO file ``../boxes.json`` beside the folder nobody is taken to be in them. With one, pictures without
    any box are left out, because in a set of pictures of people those are the ones that nobody labelled.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    found = [(p, np.zeros((0, 4))) for p in paths]
    listed = folder.parent / "boxes.json"
    if listed.exists():
        coco = json.loads(listed.read_text())
        boxes: dict[str, list] = {}
        images = {i["id"]: i for i in coco["images"]}
        for a in coco["annotations"]:
            image = images[a["image_id"]]
            size = np.array([image["width"], image["height"]] * 2)
            boxes.setdefault(Path(image["file_name"]).name, []).append(np.array(a["bbox"]) / size)
        found = [(p, np.stack(boxes[p.name])) for p in paths if p.name in boxes]
    if not found:
        raise ValueError(f"{folder}: expected pictures (.jpg, .png), found none")
    return tuple(found)


def photograph(rng: np.random.Generator, folder: Path, size: tuple[int, int]) -> np.ndarray:
    """A random part without people of a random picture of the folder, (H, W, 3) RGB; a procedural one if there is
    none."""
    pictures = _pictures(Path(folder))
    for _ in range(40):
        path, boxes = pictures[rng.integers(len(pictures))]
        side = rng.uniform(0.2, 0.8, 2)
        low = rng.uniform(0, 1 - side)
        near, far = boxes[:, :2] - 0.02, boxes[:, :2] + boxes[:, 2:] + 0.02
        if ((low < far) & (low + side > near)).all(1).any():
            continue
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            continue
        x, y = (low * picture.shape[1::-1]).astype(int)
        w, h = np.maximum(side * picture.shape[1::-1], 8).astype(int)
        part = cv2.resize(picture[y : y + h, x : x + w], size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(part[:, :: int(rng.choice([1, -1])), ::-1])
    return procedural(rng, size)


def backdrop(rng: np.random.Generator, folder: Path | None, size: tuple[int, int], horizon_px: float) -> np.ndarray:
    """Mostly photographs where there is a folder of them; else a landscape or, sometimes, shapes of no meaning."""
    if folder is not None and rng.random() < 0.85:
        return photograph(rng, folder, size)
    return procedural(rng, size) if rng.random() < 0.3 else outdoors(rng, size, horizon_px)


def outdoors(rng: np.random.Generator, size: tuple[int, int], horizon_px: float) -> np.ndarray:
    """A sky, and hills, houses or trees before it down to the horizon's row, (H, W, 3) RGB."""
    w, h = size
    above = np.clip((horizon_px - np.arange(h)) / max(h, 1), 0, 1)[:, None, None]
    high = np.clip(rng.uniform(60, 200) + rng.uniform(0, 60) * np.array([-1, 0, 1]), 0, 255)
    low = rng.uniform(150, 235) + rng.normal(0, 12, 3)
    out = low + (high - low) * np.minimum(above * 1.6, 1) + np.zeros((h, w, 3))
    clouds = cv2.resize(rng.normal(0, 1, (6, 9)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    out += np.clip(clouds, 0, 2)[..., None] * rng.uniform(0, 45)
    for _ in range(int(rng.integers(1, 4))):
        steps = rng.random() < 0.5  # houses; else hills and trees
        edge = rng.normal(0, 1, int(rng.integers(4, 40))).astype(np.float32)[None]
        way = cv2.INTER_NEAREST if steps else cv2.INTER_CUBIC
        edge = cv2.resize(edge, (w, 1), interpolation=way)[0] * rng.uniform(0.01, 0.12) * h
        tall = rng.uniform(0, 0.25) * h
        inside = np.arange(h)[:, None] > horizon_px - tall - np.abs(edge)[None]
        colour = rng.uniform(30, 150) + rng.uniform(-25, 25, 3) * [0.6, 1, 0.6]
        grain = cv2.resize(rng.normal(0, 10, (h // 6 + 1, w // 3 + 1)).astype(np.float32), (w, h))
        top = int(inside.any(1).argmax())
        np.copyto(out[top:], colour + grain[top:, :, None], where=inside[top:, :, None])
    return np.clip(out, 0, 255).astype(np.uint8)


def procedural(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Clouds of colour, shapes and lines, (H, W, 3) RGB: no photograph needed."""
    w, h = size
    base = rng.uniform(0, 255, 3) * rng.uniform(0.3, 1)
    out = np.zeros((h, w, 3), np.float32) + base
    for cells, strength in ((3, 60), (9, 35), (40, 18)):
        clouds = rng.normal(0, strength * rng.uniform(0, 1.4), (cells, cells, 3)).astype(np.float32)
        clouds = clouds.mean(2, keepdims=True) * 1.2 + clouds * 0.4
        out += cv2.resize(clouds, (w, h), interpolation=cv2.INTER_CUBIC)
    for _ in range(rng.poisson(8)):
        colour = [float(v) for v in np.clip(base + rng.normal(0, 70, 3), 0, 255)]
        a, b = (tuple(int(v) for v in rng.uniform(-0.2, 1.2, 2) * size) for _ in range(2))
        kind = rng.integers(4)
        if kind == 0:
            cv2.rectangle(out, a, b, colour, -1)
        elif kind == 1:
            cv2.line(out, a, b, colour, int(rng.integers(1, max(w // 12, 2))), cv2.LINE_AA)
        elif kind == 2:
            axes = (abs(b[0] - a[0]) // 2 + 1, abs(b[1] - a[1]) // 2 + 1)
            cv2.ellipse(out, a, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1)
        else:
            points = (rng.uniform(-0.2, 1.2, (5, 2)) * size).astype(np.int32)
            cv2.fillPoly(out, [points], colour)
    if rng.random() < 0.6:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.5, w / 60)))
    return np.clip(out, 0, 255).astype(np.uint8)
