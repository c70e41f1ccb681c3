"""People as vectors that may be averaged over time, and back.

The vector keeps apart what is known well from what is not: where a joint is in the picture (the ray X/Z, Y/Z), the
logarithm of the root's depth, and depths relative to the root. Smoothing depth strongly then leaves the picture alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from people3d.camera import Camera
from people3d.people import OUTSIDE, UNCERTAIN, People

DEPTH, ROOT_RAY, RAYS = 0, slice(1, 3), 3  # log Z; X/Z and Y/Z of the root; then of J joints; then J relative depths


@dataclass(frozen=True)
class Signal:
    """One person in one frame: ``values`` (3 + 3J,) to be smoothed, ``extras`` (E,) only to be interpolated."""

    values: np.ndarray
    extras: np.ndarray


def to_signal(people: People, person: int) -> Signal:
    root, joints = people.root_cam_mm[person], people.joints_cam_mm[person]
    rays = people.camera.normalize(people.joints_px[person])
    values = np.concatenate([[np.log(root[2])], root[:2] / root[2], rays.ravel(), joints[:, 2] - root[2]])
    extras = [people.boxes_xyxy[person], [people.scores[person]]]
    extras += [[people.root_depth_std_mm[person]]] if people.root_depth_std_mm is not None else []
    extras += [people.joints_std_mm[person]] if people.joints_std_mm is not None else []
    return Signal(values, np.concatenate(extras))


def units(values: np.ndarray) -> np.ndarray:
    """(3 + 3J,) what makes metres of a small change of each value."""
    joints = (len(values) - 3) // 3
    depth_m = np.exp(values[DEPTH]) / 1000
    return np.concatenate([np.full(3 + 2 * joints, depth_m), np.full(joints, 1e-3)])


def _places(camera: Camera, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    joints = (len(values) - 3) // 3
    depth = np.exp(values[DEPTH])
    root = np.array([*values[ROOT_RAY] * depth, depth])
    rays = values[RAYS : RAYS + 2 * joints].reshape(joints, 2)
    joint_depth = depth + values[RAYS + 2 * joints :]
    joints_px = camera.project(np.concatenate([rays, np.ones((joints, 1))], 1))
    return np.concatenate([rays * joint_depth[:, None], joint_depth[:, None]], 1), joints_px, root


def smoothed(people: People, values: dict[int, np.ndarray]) -> People:
    """``people`` with the places that ``values`` gives for some of them, by their index."""
    if not values:
        return people
    joints_cam, joints_px, roots = (np.array(a) for a in (people.joints_cam_mm, people.joints_px, people.root_cam_mm))
    for person, vector in values.items():
        joints_cam[person], joints_px[person], roots[person] = _places(people.camera, vector)
    return replace(people, joints_cam_mm=joints_cam, joints_px=joints_px, root_cam_mm=roots)


def filled_in(people: People, ids: list[int], values: list[np.ndarray], extras: list[np.ndarray]) -> People:
    """``people`` and, after them, those who were found before and after this frame only; these are marked."""
    places = [_places(people.camera, vector) for vector in values]
    joints_px = np.stack([p[1] for p in places])
    inside = ((joints_px >= 0) & (joints_px < [people.width, people.height])).all(-1)
    extra = np.stack(extras)
    old = np.zeros(len(people), bool) if people.filled is None else people.filled
    new = {
        "boxes_xyxy": extra[:, :4],
        "scores": extra[:, 4],
        "joints_cam_mm": np.stack([p[0] for p in places]),
        "joints_px": joints_px,
        "joint_flags": np.where(inside, UNCERTAIN, OUTSIDE).astype(np.uint8),
        "root_cam_mm": np.stack([p[2] for p in places]),
        "track_ids": np.array(ids),
    }
    column = 5
    if people.root_depth_std_mm is not None:
        new["root_depth_std_mm"], column = extra[:, column], column + 1
    if people.joints_std_mm is not None:
        new["joints_std_mm"] = extra[:, column:]
    if people.root_depth_given is not None:  # nobody measured what lies between two frames
        new["root_depth_given"] = np.zeros(len(ids), bool)
    joined = {name: np.concatenate([getattr(people, name), value]) for name, value in new.items()}
    return replace(people, **joined, filled=np.concatenate([old, np.ones(len(ids), bool)]))
