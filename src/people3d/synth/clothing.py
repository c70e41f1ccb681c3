"""Clothes: regions of the body's surface moved outwards, and what colour and pattern they have.

A garment is cut by planes in the body's rest pose (a hem, a neckline, the length of a sleeve along the arm), so its
edges are sharp at any resolution: the shader cuts each pixel, here only the vertices are moved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from people3d.synth.body import BodyModel, Mesh, load_body_model

PATTERNS = ("plain", "stripes", "bars", "checks", "spots", "noise", "print", "number", "sides")
_FOLD_WAVES = np.array([[60.0, 23.0, 31.0], [-37.0, 52.0, 48.0]])  # rad / m of the folds of loose cloth


@dataclass(frozen=True)
class Surface:
    """What the shader knows of each vertex: ``place`` (V, 3), its position in the template in m, z = 0 at the hips;
    ``limb`` (V, 3): how far along the arm (0 shoulder, 1 elbow, 2 wrist; negative on the trunk), 1 on the eyes and
    1 on the head; ``normals`` (V, 3) of the template. Heights of the ankle, knee, waist and neck in the same m."""

    place: np.ndarray
    limb: np.ndarray
    normals: np.ndarray
    ankle: float
    knee: float
    neck: float
    head: np.ndarray  # (3,) the middle of the head


@dataclass(frozen=True)
class Garment:
    """``top``, ``bottom``: heights between which it covers (template m); patterns and two RGB colours 0..1."""

    top: float
    bottom: float
    thickness_mm: float
    colours: np.ndarray  # (2, 3)
    pattern: int = 0
    scale: float = 1.0


@dataclass(frozen=True)
class Hem:
    """A skirt, or the part of a ``coat`` below the waist: ``length`` 1 ends at the knees, 2 at the ankles."""

    length: float
    flare: float
    coat: bool


@dataclass(frozen=True)
class Outfit:
    """Everything about a person's looks. ``sleeve`` is a length along the arm, see :class:`Surface`."""

    skin: np.ndarray
    hair: np.ndarray
    upper: Garment
    lower: Garment
    shoes: Garment
    sleeve: float
    neckline: float  # depth of the opening in front, m
    hairline: float  # -1 bald ... 1 down to the shoulders
    hat: float  # 1 with a hat in the shoes' second colour
    seed: float
    hem: Hem | None = None

    def uniform(self) -> np.ndarray:
        """(14, 4) float32 for the shader."""
        rows = [(*self.skin, self.seed), (*self.hair, self.hairline)]
        for garment in (self.upper, self.lower, self.shoes):
            rows.append((*garment.colours[0], garment.pattern))
            rows.append((*garment.colours[1], garment.scale))
            rows.append((garment.top, garment.bottom, garment.thickness_mm, 0))
        rows.append((self.sleeve, self.neckline, self.hat, 0))
        return np.array(rows, np.float32)

    def offsets_mm(self, surface: Surface) -> np.ndarray:
        """(V,) how far each vertex lies outside the skin."""
        z, arm = surface.place[:, 2], surface.limb[:, 0]
        on_arm = arm > 0
        head = surface.limb[:, 2] > 0.5

        def band(garment: Garment, ease: float = 0.02) -> np.ndarray:
            inside = np.minimum((z - garment.bottom) / ease, (garment.top - z) / ease)
            return np.clip(inside + 1, 0, 1) * garment.thickness_mm * folds

        # Loose cloth stands off more in some places than in others.
        folds = 1 + 0.4 * np.sin(surface.place @ _FOLD_WAVES.T + self.seed).mean(1)
        sleeves = np.clip((self.sleeve - arm) / 0.1 + 1, 0, 1) * self.upper.thickness_mm * folds
        upper = np.where(on_arm, sleeves, band(self.upper))
        lower, shoes = (np.where(on_arm, 0, band(g)) for g in (self.lower, self.shoes))
        offset = np.maximum(np.maximum(upper, lower), shoes)
        p = (surface.place - surface.head) / [0.075, 0.095, 0.115]
        scalp = head & (p[:, 2] > 0.15 + 0.9 * np.clip(-p[:, 1], -0.6, 1)) & (self.hairline > -0.8)
        offset = np.where(head, np.where(scalp, 6 + 12 * max(self.hairline, 0), 0), offset)
        return offset.astype(np.float32)


@lru_cache(maxsize=2)
def load_surface(mesh: Mesh = "full") -> Surface:
    """The template's surface, computed once a process."""
    return _surface(load_body_model(mesh))


def _surface(model: BodyModel) -> Surface:
    heads = {name: model.heads[i] for i, name in enumerate(model.bones)}
    hips = heads["upperleg01.L"][2]
    vertices = model.template
    normals = model.normals(vertices)
    share = np.zeros(len(vertices))
    arm = np.zeros(len(vertices))
    for side, sign in (("L", 1), ("R", -1)):
        bones = [
            i
            for i, n in enumerate(model.bones)
            if n.endswith(side) and n[:5] in ("upper", "lower", "wrist", "finge", "metac") and "leg" not in n
        ]
        weight = np.where(np.isin(model.weight_bones, bones), model.weights, 0).sum(1)
        knots = [heads[f"{n}.{side}"] for n in ("upperarm01", "lowerarm01", "wrist", "finger3-1")]
        along = np.zeros(len(vertices))
        for i in range(3):
            d = knots[i + 1] - knots[i]
            t = (vertices - knots[i]) @ d / (d @ d)
            along = np.where(t > 0, i + np.clip(t, 0, 1 if i < 2 else 3), along)
        mine = (vertices[:, 0] * sign) > 0
        share = np.where(mine, weight, share)
        arm = np.where(mine, along, arm)
    strongest = model.weight_bones[np.arange(len(vertices)), model.weights.argmax(1)]
    eyes = np.isin(strongest, [model.bone("eye.L"), model.bone("eye.R")])
    skull = [model.bone("head"), model.bone("eye.L"), model.bone("eye.R"), model.bone("neck03")]
    head = np.where(np.isin(model.weight_bones, skull), model.weights, 0).sum(1)
    limb = np.stack([arm * share - (1 - share) * 0.5, eyes, head], -1)
    middle = np.array([0, heads["head"][1] - 0.01, (vertices[:, 2].max() + heads["head"][2]) / 2 - hips])
    return Surface(
        (vertices - [0, 0, hips]).astype(np.float32),
        limb.astype(np.float32),
        normals,
        float(heads["foot.L"][2] - hips),
        float(heads["lowerleg01.L"][2] - hips),
        float(heads["neck01"][2] - hips),
        middle.astype(np.float32),
    )


def _colour(rng: np.random.Generator) -> np.ndarray:
    """A cloth colour: often black, grey, white, blue or brown, else anything."""
    kind = rng.random()
    if kind < 0.45:
        base = np.full(3, rng.beta(0.7, 0.9)) + rng.normal(0, 0.015, 3)
    elif kind < 0.6:
        base = np.array([0.05, 0.09, 0.2]) * rng.uniform(0.4, 3)
    elif kind < 0.7:
        base = np.array([0.3, 0.2, 0.12]) * rng.uniform(0.3, 2.5)
    else:
        base = rng.uniform(0.01, 0.9, 3)
    return np.clip(base, 0.005, 0.95)


_SKINS = np.array(
    [[0.80, 0.56, 0.44], [0.68, 0.42, 0.29], [0.48, 0.27, 0.16], [0.26, 0.13, 0.075], [0.11, 0.052, 0.03]]
)
_HAIRS = np.array(
    [[0.01, 0.008, 0.007], [0.05, 0.025, 0.014], [0.16, 0.08, 0.035], [0.5, 0.33, 0.15], [0.45, 0.44, 0.42]]
)


def _sample_hem(rng: np.random.Generator, sex: str) -> Hem | None:
    if rng.random() < (0.3 if sex == "female" else 0.02):
        return Hem(float(rng.uniform(0.35, 1.7)), float(rng.uniform(0, 0.5)), coat=False)
    if rng.random() < 0.1:
        return Hem(float(rng.uniform(0.3, 1.1)), float(rng.uniform(0, 0.15)), coat=True)
    return None


def sample_outfit(rng: np.random.Generator, age: float, sex: str = "male") -> Outfit:
    """Clothes, skin and hair at random, of the lengths that people of that age and sex wear. Colours are linear RGB."""
    s = load_surface()
    hem = _sample_hem(rng, sex)

    def garment(top: float, bottom: float, thickness: float) -> Garment:
        pattern = int(rng.choice(len(PATTERNS), p=[0.48, 0.08, 0.06, 0.07, 0.04, 0.08, 0.07, 0.07, 0.05]))
        return Garment(top, bottom, thickness, np.stack([_colour(rng), _colour(rng)]), pattern, rng.uniform(0.5, 2.5))

    tone = rng.uniform(0, len(_SKINS) - 1)
    skin = np.array([np.interp(tone, range(len(_SKINS)), _SKINS[:, i]) for i in range(3)]) * rng.uniform(0.85, 1.15)
    hair = _HAIRS[4] if rng.random() < np.clip((age - 45) / 40, 0.01, 0.9) else _HAIRS[rng.integers(4)]
    loose = rng.gamma(1.7, 8) + 3
    bottom = rng.choice(
        [rng.uniform(0.04, 0.14), rng.uniform(-0.08, 0.04), rng.uniform(-0.4, -0.1)], p=[0.25, 0.6, 0.15]
    )
    sleeve = rng.choice([-0.3, rng.uniform(0.2, 0.95), rng.uniform(0.95, 1.7), 1.95], p=[0.12, 0.42, 0.1, 0.36])
    length = rng.choice(
        [rng.uniform(-0.2, -0.08), rng.uniform(s.knee, -0.2), rng.uniform(s.ankle + 0.1, s.knee), s.ankle - 0.01],
        p=[0.08, 0.27, 0.1, 0.55],
    )
    upper = garment(s.neck + rng.uniform(-0.02, 0.03), float(bottom), loose)
    lower = garment(rng.uniform(0.02, 0.13), float(length), rng.gamma(1.7, 6) + 2)
    if hem is not None and not hem.coat and rng.random() < 0.75:  # bare legs under a skirt
        lower = replace(lower, bottom=(-0.1), thickness_mm=3.0, pattern=0)
    if rng.random() < 0.2:  # a uniform
        lower = replace(lower, colours=upper.colours[:: int(rng.choice([1, -1]))], pattern=int(rng.choice([0, 8])))
    return Outfit(
        np.clip(skin, 0.01, 0.9),
        hair * rng.uniform(0.7, 1.3),
        upper,
        lower,
        garment(s.ankle + (rng.uniform(0.0, 0.03) if rng.random() < 0.7 else rng.uniform(0.03, 0.25)), -2.0, 5.0)
        if rng.random() < 0.88
        else Garment(-3.0, -4.0, 0.0, np.zeros((2, 3))),
        float(sleeve),
        float(rng.choice([0.0, rng.uniform(0.01, 0.12)])),
        float(rng.choice([-1.0, rng.uniform(-0.5, 0.3), rng.uniform(0.3, 1)], p=[0.07, 0.6, 0.33])),
        float(rng.random() < 0.1),
        float(rng.uniform(0, 100)),
        hem,
    )
