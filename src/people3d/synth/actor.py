"""Somebody: a body, its clothes, and what both look like in a pose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from people3d.synth import attachments
from people3d.synth.body import Body, Mesh, Person, load_body_model
from people3d.synth.clothing import Outfit, load_surface, sample_outfit
from people3d.synth.contact import Contacts
from people3d.synth.joints import JointRegressor
from people3d.synth.mocap import Source
from people3d.synth.pose import mocap_pose, procedural_pose
from people3d.synth.render import Thing
from people3d.synth.retarget import Pose, Retargeter, axis_rotation

ADULT_MM = 1700.0  # what sizes in mm "of an adult" are of
_DEEPEST_MM = 6.0  # of an adult: parts of a body that are deeper in each other make another pose be drawn
_DRAWS = 8  # of poses, until one fits; of those that do not, the least deep is taken


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

    @property
    def scale(self) -> float:
        return self.body.person.height_mm / ADULT_MM

    @cached_property
    def _radii_mm(self) -> np.ndarray:
        return _machinery(self.mesh).contacts.radii_mm(self.body)

    def rotations(self, pose: Pose, heading_deg: float) -> np.ndarray:
        """(B, 3, 3) of the pose, turned about the vertical."""
        return axis_rotation(np.array([0, 0, 1.0]), heading_deg) @ _machinery(self.mesh).retarget(self.body, pose)

    def joints_mm(self, rotations: np.ndarray) -> np.ndarray:
        """(27, 3) of the posed body, its root bone where it is in rest."""
        return _machinery(self.mesh).regress(*load_body_model(self.mesh).bones_of(self.body, rotations))

    def depth_mm(self, rotations: np.ndarray) -> float:
        """How deep parts of the posed body are inside each other, see :mod:`.contact`."""
        return _machinery(self.mesh).contacts.depth_mm(self.joints_mm(rotations), self._radii_mm, self.scale)

    def fit(self, draw: Callable[[], Pose], heading_deg: float) -> tuple[Pose, np.ndarray]:
        """The first of the poses drawn that this body can take without being inside itself, and its rotations."""
        tried: list[tuple[float, Pose, np.ndarray]] = []
        for _ in range(_DRAWS):
            pose = draw()
            rotations = self.rotations(pose, heading_deg)
            tried.append((self.depth_mm(rotations), pose, rotations))
            if tried[-1][0] <= _DEEPEST_MM * self.scale:
                break
        return min(tried, key=lambda t: t[0])[1:]

    def act(self, rotations: np.ndarray, posture: str, lift_mm: float = 0.0) -> Actor:
        """In a pose, the pelvis above the origin, the lowest point ``lift_mm`` above the floor."""
        model, use = load_body_model(self.mesh), _machinery(self.mesh)
        clothed = (
            self.body.vertices_mm + use.surface.normals * (self.outfit.offsets_mm(use.surface) * self.scale)[:, None]
        )
        vertices, heads, landmarks = model.skin(self.body, rotations, clothed)
        joints = use.regress(heads, landmarks)
        pelvis, chest, head = (rotations[model.bone(b)] for b in ("root", "spine01", "head"))
        wearer = attachments.Wearer(self.body, joints, pelvis, chest, head, self.scale, clothed, vertices)
        worn = tuple(attachments.sample(np.random.default_rng(self.worn_seed), wearer, self.outfit, use.surface))
        shift = np.array([-heads[0, 0], -heads[0, 1], lift_mm - vertices[:, 2].min()])
        return Actor(self.body.person, self.outfit, posture, vertices, joints, worn).moved(shift)


class _Machinery:
    """What every body of a mesh shares."""

    def __init__(self, mesh: Mesh) -> None:
        model = load_body_model(mesh)
        self.retarget, self.regress = Retargeter(model), JointRegressor(model)
        self.contacts, self.surface = Contacts(model), load_surface(mesh)


@lru_cache(maxsize=2)
def _machinery(mesh: Mesh) -> _Machinery:
    return _Machinery(mesh)


def character(rng: np.random.Generator, age: float | None = None, mesh: Mesh = "full") -> Character:
    """Somebody at random; ``age`` in years fixes that."""
    body = load_body_model(mesh).sample(rng, age)
    return Character(body, sample_outfit(rng, body.person.age, body.person.sex), int(rng.integers(2**32)), mesh)


def actor(
    rng: np.random.Generator,
    mocap: Source | None = None,
    mocap_share: float = 0.5,
    age: float | None = None,
    posture: str | None = None,
    pose: Pose | None = None,
    mesh: Mesh = "full",
) -> Actor:
    """Somebody at random in a pose at random, the pelvis above the origin, on the floor (above it in a jump)."""
    who = character(rng, age, mesh)
    heading = float(rng.uniform(0, 360))

    def draw() -> Pose:
        if mocap is not None and posture is None and rng.random() < mocap_share:
            return mocap_pose(rng, mocap)
        return procedural_pose(rng, posture)

    pose, rotations = (pose, who.rotations(pose, heading)) if pose is not None else who.fit(draw, heading)
    lift = abs(rng.normal(0, 250)) if pose.name == "jumping" else 0.0
    return who.act(rotations, pose.name, lift)
