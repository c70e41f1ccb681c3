"""Several people on a floor in front of a camera."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from people3d.camera import Camera
from people3d.synth import things
from people3d.synth.actor import Actor, actor
from people3d.synth.joints import SYNTH
from people3d.synth.mocap import Source
from people3d.synth.photo import expose
from people3d.synth.placing import apart, seat
from people3d.synth.render import Thing
from people3d.synth.scene import Scene, View, compose

_SIZES = ((640, 480), (640, 480), (640, 427), (640, 360), (480, 640), (427, 640), (512, 512))
_NEAREST_MM, _FARTHEST_MM = 400.0, 20000.0
_LEAST_INSIDE = 5  # joints of anybody placed that lie in the picture
_LEAST_PX = 24.0  # height of anybody placed
_TRIES = 40


def group(
    rng: np.random.Generator,
    people: tuple[int, int],
    image_size: tuple[int, int] | None,
    mocap: Source | None,
    backgrounds: Path | None,
    index: int = 0,
) -> Scene:
    """A picture of several people, see :func:`people3d.synth.generate.scenes`."""
    width, height = image_size or _SIZES[rng.integers(len(_SIZES))]
    view = look(rng, width, height)
    wanted = int(rng.integers(people[0], people[1] + 1))
    placed: list[Actor] = []
    for _ in range(wanted):
        somebody = _place(rng, view, placed, mocap)
        placed += [somebody] if somebody is not None else []
    stage = furnish(rng, view, placed)
    picture = things.backdrop(rng, backgrounds, (width, height), view.horizon_px)
    scene = compose(view, placed, stage, things.light(rng, view.rotation), picture, index)
    return replace(scene, image=expose(rng, scene.image, gentle=True))


def look(rng: np.random.Generator, width: int, height: int) -> View:
    """A camera above the origin that looks along +y: mostly at eye level and level, sometimes low, high or tilted."""
    fov = float(np.clip(rng.normal(58, 18), 20, 110))
    base = Camera.from_fov(fov, width, height)
    shift = rng.normal(0, 0.04, 2) * [width, height] if rng.random() < 0.3 else np.zeros(2)
    camera = Camera(base.fx, base.fy, base.cx + shift[0], base.cy + shift[1])
    band = rng.choice(3, p=[0.66, 0.12, 0.22])
    up = float((rng.normal(1500, 200), rng.uniform(150, 900), rng.uniform(2200, 6000))[band])
    pitch_deg = (rng.normal(3, 6), rng.normal(-6, 5), rng.normal(28, 12))[band]
    pitch, roll = np.deg2rad(np.clip(pitch_deg, -25, 60)), np.deg2rad(rng.normal(0, 2))
    forward = np.array([0, np.cos(pitch), -np.sin(pitch)])
    right = np.array([1.0, 0, 0])
    down = np.cross(forward, right)
    right, down = right * np.cos(roll) + down * np.sin(roll), down * np.cos(roll) - right * np.sin(roll)
    return View(np.stack([right, down, forward]), np.array([0, 0, up]), camera, width, height)


def _place(rng: np.random.Generator, view: View, others: list[Actor], mocap: Source | None) -> Actor | None:
    """Somebody standing free in the picture; None where there is no room."""
    somebody = actor(rng, mocap)
    for attempt in range(_TRIES):
        if others and rng.random() < 0.5:  # near somebody else
            anchor = others[rng.integers(len(others))].joints_mm[14, :2]
            angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(450, 1300)
            spot = anchor + away * np.array([np.cos(angle), np.sin(angle)])
        else:
            far = min(float(np.exp(rng.normal(np.log(4500), 0.55))) * (1 + attempt / 20), _FARTHEST_MM)
            half = view.width / 2 / view.camera.fx
            spot = np.array([rng.uniform(-half, half) * far, far])
        placed = somebody.moved([*spot, 0])
        if stands_free(view, placed, others):
            return placed
    return None


def stands_free(view: View, placed: Actor, others: list[Actor]) -> bool:
    """Whether somebody is in the picture, large enough, neither at the lens nor too far, and touches nobody."""
    cam = view.to_camera(placed.vertices_mm[::8])
    if view.to_camera(placed.joints_mm[SYNTH.root])[2] > _FARTHEST_MM:
        return False
    if cam[:, 2].min() < _NEAREST_MM or np.ptp(view.camera.project(cam)[:, 1]) < _LEAST_PX:
        return False
    joints = view.camera.project(view.to_camera(placed.joints_mm[:21]))
    inside = ((joints >= 0) & (joints < [view.width, view.height])).all(1).sum()
    return bool(inside >= _LEAST_INSIDE) and apart(placed, others)


def furnish(rng: np.random.Generator, view: View, people: list[Actor], seats: bool = True) -> list[Thing]:
    """A floor, walls two times of three, seats, and some furniture that nobody stands in."""
    stage = [things.floor(rng)]
    depth = max([float(p.vertices_mm[:, 1].max()) for p in people], default=4000.0)
    if rng.random() < 0.65:
        stage += things.wall(rng, depth + 500 + rng.exponential(1800), float(rng.normal(0, 0.2)))
    for somebody in people if seats else []:
        under = seat(rng, somebody)
        stage += [under] if under is not None else []
    for _ in range(rng.poisson(1.5)):
        far = rng.uniform(1200, depth + 500)
        half = view.width / 2 / view.camera.fx
        spot = np.array([rng.uniform(-half, half) * far, far])
        free = min([float(np.linalg.norm(p.vertices_mm[::9, :2] - spot, axis=1).min()) for p in people], default=900.0)
        reach = min(free - 40, 900.0, far - _NEAREST_MM - 300)
        if reach < 150:
            continue
        size = [reach * rng.uniform(0.5, 1.3), reach * rng.uniform(0.4, 1.2), rng.uniform(300, 1100)]
        stage.append(things.box(rng, [*spot, 0], size, float(rng.uniform(0, np.pi))))
    return stage
