"""Where people and things stand: nobody inside anybody, a seat under who sits, something in the way."""

from __future__ import annotations

import numpy as np

from people3d.synth import things
from people3d.synth.actor import Actor
from people3d.synth.joints import SYNTH
from people3d.synth.render import Thing
from people3d.synth.scene import View

_GAP_MM = 40.0  # between people


def apart(actor: Actor, others: list[Actor], gap_mm: float = _GAP_MM) -> bool:
    """Whether no part of the actor comes nearer to the others than the gap."""
    from scipy.spatial import KDTree

    points = actor.vertices_mm[:: max(len(actor.vertices_mm) // 400, 1)]
    low, high = points.min(0) - gap_mm, points.max(0) + gap_mm
    for other in others:
        if (other.vertices_mm.max(0) < low).any() or (other.vertices_mm.min(0) > high).any():
            continue
        near = other.vertices_mm[:: max(len(other.vertices_mm) // 1200, 1)]
        if KDTree(near).query(points)[0].min() < gap_mm:
            return False
    return True


def beside(rng: np.random.Generator, main: Actor, other: Actor) -> Actor | None:
    """``other`` moved next to ``main`` so that they do not touch; None where no place was found."""
    for _ in range(4):
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(350, 1800)
        placed = other.moved([distance * np.cos(angle), distance * np.sin(angle), 0])
        if apart(placed, [main]):
            return placed
    return None


def seat(rng: np.random.Generator, sitter: Actor) -> Thing | None:
    """A box under somebody who sits clear of the floor; None for anybody else."""
    if sitter.posture != "sitting":
        return None
    joints = {n: sitter.joints_mm[i] for i, n in enumerate(SYNTH.joints)}
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


def occluder(rng: np.random.Generator, view: View, main: Actor) -> list[Thing]:
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
