"""Short videos: the people of a picture walk or change their pose, before a still or a moving camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from people3d.synth import things
from people3d.synth.actor import Actor, Character, character
from people3d.synth.group import furnish, look, stands_free
from people3d.synth.photo import expose
from people3d.synth.pose import POSTURES, procedural_pose, walking_pose
from people3d.synth.retarget import axis_rotation, turn_between
from people3d.synth.scene import Scene, View, compose

_STILL = tuple(name for name in POSTURES if name not in ("walking", "jumping", "lying"))
_TRIES = 20
_CYCLES_PER_S = 0.9  # of a walk


@dataclass(frozen=True)
class _Mover:
    """Somebody in motion: through ``keys`` (K, B, 3, 3), poses that follow each other every ``key_s`` seconds, or,
    where there are none, walking straight ahead at ``pace``."""

    who: Character
    posture: str
    place_mm: np.ndarray
    heading_deg: float
    keys: np.ndarray | None
    seed: int = 0
    pace: float = 1.0
    key_s: float = 1.0

    def at(self, t: float) -> Actor:
        """The person ``t`` seconds after the beginning."""
        if self.keys is None:
            phase = 2 * np.pi * _CYCLES_PER_S * t
            pose = walking_pose(np.random.default_rng(self.seed), phase, self.pace)
            rotations = self.who.rotations(pose, self.heading_deg)
            leg = self.who.body.bone_heads_mm[0, 2]
            # Two steps a cycle, which bent knees shorten.
            speed = 4 * leg * np.sin(np.deg2rad(25 * self.pace)) * _CYCLES_PER_S * 0.8
            forward = axis_rotation(np.array([0, 0, 1.0]), self.heading_deg) @ np.array([0, -1.0, 0])
            return self.who.act(rotations, self.posture).moved(self.place_mm + forward * speed * t)
        at = (t / self.key_s) % len(self.keys)
        first = int(at)
        share = at - first
        share = share * share * (3 - 2 * share)
        pairs = zip(self.keys[first], self.keys[(first + 1) % len(self.keys)], strict=True)
        rotations = np.stack([turn_between(a, b, share) for a, b in pairs])
        return self.who.act(rotations, self.posture).moved(self.place_mm)


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
    movers: list[_Mover] = []
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


def _mover(rng: np.random.Generator, view: View, others: list[_Mover], length: float) -> _Mover | None:
    """Somebody who keeps free of the others and in the picture; None where there is no room."""
    who = character(rng, mesh="full")
    walks = rng.random() < 0.5
    posture = "walking" if walks else str(rng.choice(_STILL))
    times = np.linspace(0, length, 1 + int(np.ceil(2 * length)))
    crowd = [[o.at(t) for o in others] for t in times]
    keys, heading = None, float(rng.uniform(0, 360))
    if not walks:
        keys = np.stack([who.fit(lambda: procedural_pose(rng, posture), heading)[1] for _ in range(2 + int(length))])
    for _ in range(_TRIES):
        far = float(np.clip(np.exp(rng.normal(np.log(4500), 0.4)), 1500, 15000))
        half = view.width / 2 / view.camera.fx
        place = np.array([rng.uniform(-half, half) * far, far, 0])
        pace, seed = float(rng.uniform(0.6, 1.5)), int(rng.integers(2**32))
        turned = float(rng.uniform(0, 360)) if walks else heading
        mover = _Mover(who, posture, place, turned, keys, seed, pace, float(rng.uniform(0.8, 1.8)))
        if all(stands_free(view, mover.at(t), there) for t, there in zip(times, crowd, strict=True)):
            return mover
    return None
