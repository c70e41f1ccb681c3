"""Short videos: the people of a picture walk or change their pose, before a still or a moving camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from people3d.synth import things
from people3d.synth.actor import Actor, Character, character
from people3d.synth.group import furnish, look, stands_free
from people3d.synth.joints import SYNTH
from people3d.synth.photo import expose
from people3d.synth.pose import POSTURES, procedural_pose, walking_pose
from people3d.synth.retarget import axis_rotation, turn_between
from people3d.synth.scene import Scene, View, compose

_UNSETTLED = ("walking", "jumping", "lying", "sitting")  # there are no seats here
_STILL = tuple(name for name, (_, share) in POSTURES.items() if share and name not in _UNSETTLED)
_TRIES = 20
_CYCLES_PER_S = 0.9  # of a walk


# What a body may stand on, and how far that joint is above the floor then, mm of an adult.
_SUPPORTS = {"Toe": 20.0, "Ankle": 75.0, "Knee": 55.0, "Hand": 20.0, "Hip": 95.0}
_SUPPORT_JOINTS = np.array([SYNTH.index(f"{s}_{name}") for name in _SUPPORTS for s in "LR"])
_SUPPORT_HEIGHTS_MM = np.repeat(list(_SUPPORTS.values()), 2)
_SUPPORT_MM = 8.0  # a joint that is so much higher than the lowest carries 1 / e as much
_WAY_STEPS_PER_S = 50


@dataclass(frozen=True)
class Mover:
    """Somebody in motion: through ``keys`` (K, B, 3, 3), poses that follow each other every ``key_s`` seconds and begin
    again, or, where there are none, walking ahead at ``pace``. What carries the body stays where it is on the floor."""

    who: Character
    posture: str
    place_mm: np.ndarray
    heading_deg: float
    keys: np.ndarray | None = None
    seed: int = 0
    pace: float = 1.0
    key_s: float = 1.0

    def at(self, t: float) -> Actor:
        """The person ``t`` seconds after the beginning."""
        cycles, part = divmod(t / self._period_s, 1.0)
        steps = len(self._way_mm) - 1
        along = [np.interp(part * steps, np.arange(steps + 1), self._way_mm[:, i]) for i in range(2)]
        offset = np.array([*(along + cycles * self._way_mm[-1]), 0.0])
        return self.who.act(self._rotations(t), self.posture).moved(self.place_mm + offset)

    @property
    def _period_s(self) -> float:
        return 1 / _CYCLES_PER_S if self.keys is None else len(self.keys) * self.key_s

    def _rotations(self, t: float) -> np.ndarray:
        if self.keys is None:
            phase = 2 * np.pi * _CYCLES_PER_S * t
            pose = walking_pose(np.random.default_rng(self.seed), phase, self.pace)
            return self.who.rotations(pose, self.heading_deg)
        at = (t / self.key_s) % len(self.keys)
        first = int(at)
        share = at - first
        share = share * share * (3 - 2 * share)
        pairs = zip(self.keys[first], self.keys[(first + 1) % len(self.keys)], strict=True)
        return np.stack([turn_between(a, b, share) for a, b in pairs])

    @cached_property
    def _way_mm(self) -> np.ndarray:
        """(S + 1, 2) the pelvis's way over the floor in one period: the opposite of how what it stands on moves."""
        times = np.linspace(0, self._period_s, 1 + int(np.ceil(self._period_s * _WAY_STEPS_PER_S)))
        joints = np.stack([self.who.joints_mm(self._rotations(t)) for t in times])
        supports = joints[:, _SUPPORT_JOINTS] - joints[:, [SYNTH.root]]
        heights = joints[:, _SUPPORT_JOINTS, 2] - _SUPPORT_HEIGHTS_MM * self.who.scale
        carried = np.exp((heights.min(1, keepdims=True) - heights) / (_SUPPORT_MM * self.who.scale))
        carried /= carried.sum(1, keepdims=True)
        share = (carried[1:] + carried[:-1]) / 2
        steps = -(np.diff(supports[..., :2], axis=0) * share[..., None]).sum(1)
        return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])


def clip(
    seed: int,
    index: int = 0,
    *,
    frames: int = 50,
    fps: float = 25.0,
    people: tuple[int, int] = (1, 4),
    image_size: tuple[int, int] = (640, 480),
    backgrounds: Path | None = None,
) -> Iterator[Scene]:
    """The frames of one video; person i is the same in every frame (``track_id`` i + 1).

    Half of the cameras move: they drift sideways and turn a little. Nobody walks through anybody.

    Raises:
        ValueError: a number makes no sense, or the folder of backgrounds holds no pictures.
    """
    if frames < 1 or not fps > 0:
        raise ValueError(f"clip: expected one frame or more at a positive rate, got {frames} at {fps}")
    rng = np.random.default_rng([seed, index, 2])
    start = look(rng, *image_size)
    length = frames / fps
    movers: list[Mover] = []
    for _ in range(int(rng.integers(people[0], people[1] + 1))):
        mover = _mover(rng, start, movers, length)
        movers += [mover] if mover is not None else []
    stage = furnish(rng, start, [m.at(t) for m in movers for t in np.linspace(0, length, 4)], seats=False)
    picture = things.backdrop(rng, backgrounds, image_size, start.horizon_px)
    lamps, film = (int(v) for v in rng.integers(2**32, size=2))
    drift = rng.normal(0, [250, 100, 60]) * float(rng.random() < 0.5)
    turn = float(rng.normal(0, 3)) * float(np.any(drift))
    for frame in range(frames):
        t = frame / fps
        rotation = start.rotation @ axis_rotation(np.array([0, 0, 1.0]), turn * t)
        view = replace(start, rotation=rotation, position_mm=start.position_mm + drift * t)
        light = things.light(np.random.default_rng(lamps), rotation)
        scene = compose(view, [m.at(t) for m in movers], stage, light, picture, frame)
        grain = np.random.default_rng([seed, index, 3, frame])
        yield replace(scene, image=expose(np.random.default_rng(film), scene.image, gentle=True, grain=grain))


def _mover(rng: np.random.Generator, view: View, others: list[Mover], length: float) -> Mover | None:
    """Somebody who keeps free of the others and in the picture; None where there is no room."""
    who = character(rng, mesh="full")
    walks = rng.random() < 0.5
    posture = "walking" if walks else str(rng.choice(_STILL))
    times = np.linspace(0, length, 1 + int(np.ceil(2 * length)))
    crowd = [[o.at(t) for o in others] for t in times]
    keys, heading = None, float(rng.uniform(0, 360))
    if not walks:
        keys = np.stack([who.fit(lambda: procedural_pose(rng, posture), heading)[1] for _ in range(2 + int(length))])
    pace, seed, key_s = float(rng.uniform(0.6, 1.5)), int(rng.integers(2**32)), float(rng.uniform(0.8, 1.8))
    for _ in range(_TRIES):
        far = float(np.clip(np.exp(rng.normal(np.log(4500), 0.4)), 1500, 15000))
        half = view.width / 2 / view.camera.fx
        place = np.array([rng.uniform(-half, half) * far, far, 0])
        turned = float(rng.uniform(0, 360)) if walks else heading
        mover = Mover(who, posture, place, turned, keys, seed, pace, key_s)
        if all(stands_free(view, mover.at(t), there) for t, there in zip(times, crowd, strict=True)):
            return mover
    return None
