"""One person as a network is shown them: the part of an imagined photograph around them, drawn at a crop's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from people3d.camera import Camera
from people3d.crop import CROP_EXTENSION
from people3d.synth import things
from people3d.synth.actor import Actor, actor
from people3d.synth.mocap import Source
from people3d.synth.photo import expose
from people3d.synth.placing import beside, occluder, seat
from people3d.synth.render import Thing
from people3d.synth.scene import Scene, View, compose

_NEAREST_MM = 150.0  # nobody comes nearer to the camera than that
_TRIES = 12
_BACKDROP_PX = 256  # of what is stretched over the frame behind everything
_LEAST_VISIBLE = 5  # of 21 joints, else what hides person 0 is taken away
_LEAST_INSIDE = 8  # of 21 joints inside the picture


def closeup(
    rng: np.random.Generator,
    size: int,
    mocap: Source | None,
    backgrounds: Path | None,
    index: int = 0,
    postures: Sequence[str] = (),
) -> Scene:
    """A picture of one person, see :func:`people3d.synth.generate.crops`."""
    posture = str(rng.choice(postures)) if len(postures) else None
    main = actor(rng, mocap, posture=posture, mesh="coarse")
    people = [main]
    if rng.random() < 0.4:
        other = beside(rng, main, actor(rng, mocap, mesh="coarse"))
        people += [other] if other is not None else []
    view, photo_scale = view_of(rng, main, size)
    people = [main] + [p for p in people[1:] if view.to_camera(p.vertices_mm)[:, 2].min() > _NEAREST_MM]
    stage = _stage(rng, view, main)
    blocking = occluder(rng, view, main) if rng.random() < 0.2 else []
    coarse = min(size, _BACKDROP_PX)
    backdrop = things.backdrop(rng, backgrounds, (coarse, coarse), view.horizon_px * coarse / size)
    light = things.light(rng, view.rotation)
    scene = compose(view, people, stage + blocking, light, backdrop, index, None, samples=0, mesh="coarse")
    if scene.joint_visible[0, :21].sum() < _LEAST_VISIBLE and (blocking or len(people) > 1):
        scene = compose(view, people[:1], stage, light, backdrop, index, None, samples=0, mesh="coarse")
    return replace(scene, image=expose(rng, scene.image, min(photo_scale, 1.0)))


def _look(rng: np.random.Generator, target_mm: np.ndarray, distance_mm: float, tangents: np.ndarray) -> tuple:
    """Rotation and position of a camera ``distance_mm`` from the target that shows it somewhere in the frame.

    ``tangents``: half the frame's width and height over the focal length. The camera is held about level where that
    leaves the target in the picture.
    """
    band = rng.choice(3, p=[0.66, 0.14, 0.2])
    height = (rng.normal(1450, 250), rng.uniform(80, 900), rng.uniform(2000, 7000))[band]
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


def view_of(rng: np.random.Generator, main: Actor, size: int) -> tuple[View, float]:
    """A view of one person as a crop sees it, and how many pixels of the photograph one of its pixels is."""
    centre = (main.vertices_mm.min(0) + main.vertices_mm.max(0)) / 2
    view, scale = None, 1.0
    for attempt in range(_TRIES):
        fov = np.deg2rad(np.clip(rng.normal(55, 20), 20, 110))
        aspect = rng.choice([1.0, 4 / 3, 3 / 2, 16 / 9])
        tangents = np.tan(fov / 2) * np.array([1, 1 / aspect])
        if rng.random() < 0.35:
            tangents = tangents[::-1]
        distance = np.clip(np.exp(rng.normal(np.log(3600), 0.65)) * (1 + 0.15 * attempt), 700, 20000)
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
        camera = Camera(focal, focal, -low[0] * focal - 0.5, -low[1] * focal - 0.5)
        view = View(rotation, position, camera, int(min(width, size)), int(min(height, size)))
        if scale > 0.25:  # else the person is too small in the photograph to be anybody's target
            break
    if view is None:  # nothing fitted: straight ahead from well away
        rotation, position = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), centre + np.array([0, -5000.0, 0])
        focal = size * 5000 / 2800
        view = View(rotation, position, Camera(focal, focal, size / 2, size / 2), size, size)
    return view, max(scale, 0.25)


def _stage(rng: np.random.Generator, view: View, main: Actor) -> list[Thing]:
    """A floor and a wall half of the time, and a seat under whoever sits on one."""
    stage = []
    if rng.random() < 0.5:
        stage.append(things.floor(rng))
        if rng.random() < 0.5:
            behind = float(main.vertices_mm[:, 1].max()) + rng.exponential(1500) + 900
            stage += things.wall(rng, behind, float(rng.normal(0, 0.25)))
    under = seat(rng, main)
    if under is not None and rng.random() < 0.8:
        stage.append(under)
    return stage
