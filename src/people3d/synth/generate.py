"""Endless streams of synthetic pictures: the same scene for the same seed and index, whatever the number of workers.

``scenes`` makes whole pictures of several people; ``crops`` draws only what a network would be shown of one person,
at about the network's own resolution, which is what training from a stream wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from people3d.camera import Camera
from people3d.crop import CROP_EXTENSION
from people3d.synth import things
from people3d.synth.scene import Actor, Scene, View, actor, compose

_NEAREST_MM = 150.0  # nobody comes nearer to the camera than that
_TRIES = 12
_LEAST_VISIBLE = 5  # of 21 joints, else what hides person 0 is taken away
_LEAST_INSIDE = 8  # of 21 joints inside the picture


def crops(
    seed: int,
    start: int = 0,
    step: int = 1,
    *,
    size: int = 256,
    mocap: Path | None = None,
    backgrounds: Path | None = None,
) -> Iterator[Scene]:
    """Pictures of one person (and sometimes another who hides part of them), for training from a stream.

    Each is the part of an imagined photograph that holds person 0 with a margin beyond the 1.25 of a crop, cut where
    the photograph ends; its longer side is ``size`` px and its camera is the photograph's, so the principal point may
    lie far outside. Worker w of n takes ``start=w, step=n``.

    Args:
        mocap: a folder of motion capture files for half of the poses; None samples all of them.
        backgrounds: a folder of photographs without people for most backdrops; None draws all of them.
    """
    index = start
    while True:
        yield _crop(np.random.default_rng([seed, index, 1]), size, mocap, backgrounds, index)
        index += step


def _crop(rng: np.random.Generator, size: int, mocap, backgrounds, index: int) -> Scene:
    main = actor(rng, mocap, mesh="coarse")
    people = [main]
    if rng.random() < 0.35:
        other = _beside(rng, main, actor(rng, mocap, mesh="coarse"))
        people += [other] if other is not None else []
    view, photo_scale = _view_of(rng, main, size)
    people = [main] + [p for p in people[1:] if view.to_camera(p.vertices_mm)[:, 2].min() > _NEAREST_MM]
    stage = _stage(rng, view, main)
    blocking = _occluder(rng, view, main) if rng.random() < 0.2 else []
    frame = (size, size)
    backdrop = things.backdrop(rng, backgrounds, frame)
    light = things.light(rng, view.rotation)
    scene = compose(view, people, stage + blocking, light, backdrop, index, frame, samples=0, mesh="coarse")
    if scene.joint_visible[0, :21].sum() < _LEAST_VISIBLE and (blocking or len(people) > 1):
        scene = compose(view, people[:1], stage, light, backdrop, index, frame, samples=0, mesh="coarse")
    return replace(scene, image=expose(rng, scene.image, min(photo_scale, 1.0)))


def _beside(rng: np.random.Generator, main: Actor, other: Actor, gap_mm: float = 40.0) -> Actor | None:
    """``other`` moved next to ``main`` so that they do not touch; None where no place was found."""
    from scipy.spatial import cKDTree

    tree = cKDTree(main.vertices_mm[::3])
    for _ in range(4):
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(350, 1800)
        placed = other.moved([distance * np.cos(angle), distance * np.sin(angle), 0])
        if tree.query(placed.vertices_mm[::8])[0].min() > gap_mm:
            return placed
    return None


def _look(rng: np.random.Generator, target_mm: np.ndarray, distance_mm: float, tangents: np.ndarray) -> tuple:
    """Rotation and position of a camera ``distance_mm`` from the target that shows it somewhere in the frame.

    ``tangents``: half the frame's width and height over the focal length. The camera is held about level where that
    leaves the target in the picture.
    """
    band = rng.choice(3, p=[0.75, 0.1, 0.15])
    height = (rng.normal(1450, 250), rng.uniform(100, 900), rng.uniform(2000, 6000))[band]
    rise = np.clip((height - target_mm[2]) / distance_mm, -0.8, 0.92)
    down_deg = np.degrees(np.arcsin(rise))
    position = target_mm + distance_mm * np.array([0, -np.sqrt(1 - rise**2), rise])
    position[2] = max(position[2], 60.0)
    reach = np.degrees(np.arctan(tangents * 0.75))
    pitch = np.clip(rng.normal(4, 9), down_deg - reach[1], down_deg + reach[1])  # downwards
    yaw = rng.uniform(-reach[0], reach[0]) * rng.uniform(0.2, 1)
    p, q, roll = np.deg2rad(pitch), np.deg2rad(yaw), np.deg2rad(rng.normal(0, 3))
    forward = np.array([np.sin(q) * np.cos(p), np.cos(q) * np.cos(p), -np.sin(p)])
    right = np.array([np.cos(q), -np.sin(q), 0.0])
    down = np.cross(forward, right)
    right, down = right * np.cos(roll) + down * np.sin(roll), down * np.cos(roll) - right * np.sin(roll)
    return np.stack([right, down, forward]), position


def _view_of(rng: np.random.Generator, main: Actor, size: int) -> tuple[View, float]:
    """A view of one person as a crop sees it, and how many pixels of the photograph one of its pixels is."""
    centre = (main.vertices_mm.min(0) + main.vertices_mm.max(0)) / 2
    view, scale = None, 1.0
    for attempt in range(_TRIES):
        fov = np.deg2rad(np.clip(rng.normal(55, 20), 20, 110))
        aspect = rng.choice([1.0, 4 / 3, 3 / 2, 16 / 9])
        tangents = np.tan(fov / 2) * np.array([1, 1 / aspect])
        if rng.random() < 0.35:
            tangents = tangents[::-1]
        distance = np.clip(np.exp(rng.normal(np.log(3600), 0.65)), 700, 20000) * (1 + 0.15 * attempt)
        rotation, position = _look(rng, centre, distance, tangents)
        seen = (main.vertices_mm[::2] - position) @ rotation.T
        if seen[:, 2].min() < _NEAREST_MM:
            continue
        flat = seen[:, :2] / seen[:, 2:]
        low, high = flat.min(0), flat.max(0)
        cut_low, cut_high = np.maximum(low, -tangents), np.minimum(high, tangents)
        joints = (main.joints_mm[:21] - position) @ rotation.T
        inside = (np.abs(joints[:, :2] / joints[:, 2:]) < tangents).all(1).sum()
        if inside < _LEAST_INSIDE or ((cut_high - cut_low) <= 0.2 * (high - low)).any():
            continue
        side = (cut_high - cut_low).max() * CROP_EXTENSION * rng.uniform(1.0, 1.3)
        middle = (cut_low + cut_high) / 2 + rng.uniform(-0.06, 0.06, 2) * side
        low, high = np.maximum(middle - side / 2, -tangents), np.minimum(middle + side / 2, tangents)
        focal = size / (high - low).max()
        width, height = np.maximum(np.round((high - low) * focal).astype(int), 8)
        photo_px = np.exp(rng.normal(np.log(1300), 0.6))  # the photograph's longer side
        scale = photo_px / (2 * tangents.max()) / focal
        camera = Camera(focal, focal, -low[0] * focal, -low[1] * focal)
        view = View(rotation, position, camera, int(min(width, size)), int(min(height, size)))
        if scale > 0.25:  # else the person is too small in the photograph to be anybody's target
            break
    if view is None:  # nothing fitted: straight ahead from well away
        rotation, position = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), centre + np.array([0, -5000.0, 0])
        focal = size * 5000 / 2800
        view = View(rotation, position, Camera(focal, focal, size / 2, size / 2), size, size)
    return view, max(scale, 0.25)


def _stage(rng: np.random.Generator, view: View, main: Actor) -> list:
    """A floor and a wall half of the time, and a seat under whoever sits on one."""
    stage = []
    if rng.random() < 0.5:
        stage.append(things.floor(rng))
        if rng.random() < 0.5:
            behind = float(main.vertices_mm[:, 1].max()) + rng.exponential(1500) + 900
            stage.append(things.wall(rng, behind, float(rng.normal(0, 0.25))))
    seat = _seat(rng, main)
    if seat is not None and rng.random() < 0.8:
        stage.append(seat)
    return stage


def _seat(rng: np.random.Generator, sitter: Actor):
    """A box under somebody who sits clear of the floor; None for anybody else."""
    if sitter.posture != "sitting":
        return None
    joints = {n: sitter.joints_mm[i] for i, n in enumerate(_names())}
    pelvis, knees = joints["Pelvis"], (joints["L_Knee"] + joints["R_Knee"]) / 2
    near = np.linalg.norm(sitter.vertices_mm[:, :2] - pelvis[:2], axis=1) < 130
    top = float(sitter.vertices_mm[near, 2].min())
    if top < 150:
        return None
    forward = (knees - pelvis)[:2]
    turn = float(np.arctan2(forward[1], forward[0])) - np.pi / 2
    depth = rng.uniform(320, 480)
    middle = pelvis[:2] + forward / max(np.linalg.norm(forward), 1) * (depth / 2 - 150)
    return things.box(rng, [*middle, 0], [rng.uniform(350, 700), depth, top + 8], turn)


def _names() -> tuple[str, ...]:
    from people3d.synth.joints import SYNTH

    return SYNTH.joints


def _occluder(rng: np.random.Generator, view: View, main: Actor) -> list:
    """Something on the floor between the camera and the person."""
    target = main.joints_mm[rng.integers(21)]
    share = rng.uniform(0.3, 0.85)
    spot = view.position_mm + (target - view.position_mm) * share
    top = max(spot[2], 100.0) + rng.uniform(0, 250)
    away = np.linalg.norm(main.vertices_mm[::4, :2] - spot[:2], axis=1).min()
    reach = float(min(away - 30, 450))
    if reach < 60 or np.linalg.norm(spot - view.position_mm) < reach + 250:
        return []
    if rng.random() < 0.3:
        return [things.pillar(rng, [spot[0], spot[1], 0], reach * rng.uniform(0.15, 0.6), top + 2500)]
    size = [reach * rng.uniform(0.5, 1.3), reach * rng.uniform(0.3, 1.0), top]
    return [things.box(rng, [spot[0], spot[1], 0], size, float(rng.uniform(0, np.pi)))]


def expose(rng: np.random.Generator, image: np.ndarray, sharpness: float = 1.0) -> np.ndarray:
    """What a camera does to a picture: blur, noise, JPEG. ``sharpness`` < 1 is the resolution that is left."""
    h, w = image.shape[:2]
    out = image
    if sharpness < 0.95:
        small = (max(int(w * sharpness), 4), max(int(h * sharpness), 4))
        out = cv2.resize(cv2.resize(out, small, interpolation=cv2.INTER_AREA), (w, h), interpolation=cv2.INTER_LINEAR)
    kind = rng.random()
    if kind < 0.15:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.6)))
    elif kind < 0.25:
        length = int(rng.integers(3, max(w // 28, 4)))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        half = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
        centre = (length - 1) / 2
        a, b = (tuple(round(float(v)) for v in centre + s * half) for s in (-1, 1))
        cv2.line(kernel, a, b, 1.0)
        out = cv2.filter2D(out, -1, kernel / kernel.sum())
    if rng.random() < 0.6:
        grain = rng.standard_normal((h, w, 3), dtype=np.float32) * float(rng.gamma(1.5, 2.5))
        out = np.clip(out + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])[1]
        out = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(out)
