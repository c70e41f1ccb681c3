"""Somebody: a body, its clothes, and what both look like in a pose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from people3d.synth import attachments
from people3d.synth.body import Body, Mesh, Person, load_body_model
from people3d.synth.clothing import Outfit, load_surface, sample_outfit
from people3d.synth.joints import JointRegressor
from people3d.synth.mocap import load_poses
from people3d.synth.pose import mocap_pose, procedural_pose
from people3d.synth.render import Thing
from people3d.synth.retarget import Pose, Retargeter, axis_rotation

ADULT_MM = 1700.0  # what sizes in mm "of an adult" are of


@dataclass(frozen=True)
class Actor:
    """A dressed, posed person in world space, mm: ``joints_mm`` (27, 3), ``worn`` beyond the body's own surface."""

    person: Person
    outfit: Outfit
    posture: str
    vertices_mm: np.ndarray
    joints_mm: np.ndarray
    worn: tuple[Thing, ...] = ()

    def moved(self, offset_mm) -> Actor:
        offset = np.asarray(offset_mm, float)
        vertices = self.vertices_mm + offset.astype(np.float32)
        worn = tuple(replace(t, triangles_mm=t.triangles_mm + offset) for t in self.worn)
        return replace(self, vertices_mm=vertices, joints_mm=self.joints_mm + offset, worn=worn)


@dataclass(frozen=True)
class Character:
    """Somebody dressed, in no pose yet. ``worn_seed`` decides what else they wear and carry."""

    body: Body
    outfit: Outfit
    worn_seed: int
    mesh: Mesh = "full"

    def rotations(self, pose: Pose, heading_deg: float) -> np.ndarray:
        """(B, 3, 3) of the pose, turned about the vertical."""
        return axis_rotation(np.array([0, 0, 1.0]), heading_deg) @ _machinery(self.mesh)[1](self.body, pose)

    def act(self, rotations: np.ndarray, posture: str, lift_mm: float = 0.0) -> Actor:
        """In a pose, the pelvis above the origin, the lowest point ``lift_mm`` above the floor."""
        model, _, regress, surface = _machinery(self.mesh)
        scale = self.body.person.height_mm / ADULT_MM
        clothed = self.body.vertices_mm + surface.normals * (self.outfit.offsets_mm(surface) * scale)[:, None]
        vertices, heads, landmarks = model.skin(self.body, rotations, clothed)
        joints = regress(heads, landmarks)
        pelvis, chest, head = (rotations[model.bone(b)] for b in ("root", "spine01", "head"))
        wearer = attachments.Wearer(self.body, joints, pelvis, chest, head, scale)
        worn = tuple(attachments.sample(np.random.default_rng(self.worn_seed), wearer, self.outfit, surface))
        shift = np.array([-heads[0, 0], -heads[0, 1], lift_mm - vertices[:, 2].min()])
        return Actor(self.body.person, self.outfit, posture, vertices, joints, worn).moved(shift)


@lru_cache(maxsize=2)
def _machinery(mesh: Mesh):
    model = load_body_model(mesh)
    return model, Retargeter(model), JointRegressor(model), load_surface(mesh)


def character(rng: np.random.Generator, age: float | None = None, mesh: Mesh = "full") -> Character:
    """Somebody at random; ``age`` in years fixes that."""
    body = load_body_model(mesh).sample(rng, age)
    return Character(body, sample_outfit(rng, body.person.age), int(rng.integers(2**32)), mesh)


def actor(
    rng: np.random.Generator,
    mocap: Path | None = None,
    mocap_share: float = 0.5,
    age: float | None = None,
    posture: str | None = None,
    pose: Pose | None = None,
    mesh: Mesh = "full",
) -> Actor:
    """Somebody at random in a pose at random, the pelvis above the origin, on the floor (above it in a jump)."""
    who = character(rng, age, mesh)
    if pose is None:
        from_file = mocap is not None and posture is None and rng.random() < mocap_share
        pose = mocap_pose(rng, load_poses(Path(mocap))) if from_file and mocap else procedural_pose(rng, posture)
    lift = abs(rng.normal(0, 250)) if pose.name == "jumping" else 0.0
    return who.act(who.rotations(pose, float(rng.uniform(0, 360))), pose.name, lift)
