"""A parametric body fitted to one person's joints: shape from the lengths of the bones, pose from their directions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from people3d.export.recording import is_known
from people3d.hips import lowered_hips, raised_hips
from people3d.skeleton import SKELETONS, Skeleton, convert
from people3d.synth.body import Body, BodyModel, Mesh, load_body_model
from people3d.synth.joints import JointRegressor
from people3d.synth.retarget import Pose, Retargeter

_MUCO = SKELETONS["muco21"]
_Z_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # of camera space: its forward becomes the body's backward
_AGES = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 35.0)  # years that shapes are tried for
_LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the height parameter
_PROPORTIONS = (0.2, 0.5, 0.8)
_PRIOR_MM = 15.0  # misfit per bone that is worth one end of a parameter's range
_ROUNDS = 12  # of correcting the pose
_STEP = 0.6  # share of what is left that a round corrects

_LIMBS = (("Hip", "Knee"), ("Knee", "Ankle"), ("Shoulder", "Elbow"), ("Elbow", "Wrist"))
# Bones whose lengths tell a body's shape; the left and the right one count together.
_BONES = (
    *((f"{s}_{a}", f"{s}_{b}") for s in "LR" for a, b in _LIMBS),
    *(("L_Hip", "R_Hip"), ("L_Shoulder", "R_Shoulder"), ("Pelvis", "Thorax"), ("Thorax", "Head_top")),
)


@dataclass(frozen=True)
class FittedBody:
    """``vertices_mm`` (V, 3) and ``normals`` (V, 3) in camera space; ``joints_mm`` (21, 3) of the body (MuCo's);
    ``errors_mm`` (21,) from the given ones, NaN where none was given; ``height_mm`` standing."""

    vertices_mm: np.ndarray
    normals: np.ndarray
    joints_mm: np.ndarray
    errors_mm: np.ndarray
    height_mm: float

    @property
    def mean_error_mm(self) -> float:
        return float(np.nanmean(self.errors_mm))


def fit_body(joints_mm: np.ndarray, skeleton: Skeleton, mesh: Mesh = "full") -> FittedBody:
    """The body that stands as the joints do, where they are.

    Shapes come from a grid of ages, heights and proportions: the one whose bones are nearest in length, drawn towards
    average ones. Age and sex are only parameters of the shape here and are not told. The pose is then corrected over
    some rounds until the body's joints come nearest to the given ones.

    Args:
        joints_mm: (J, 3) in camera space, NaN where not known.

    Raises:
        ValueError: a limb joint is not known; the message names it.
        ImportError: anny is missing; names the extra.
    """
    known, _ = convert(joints_mm, skeleton, _MUCO)
    target = lowered_hips(_complete(known), _MUCO) @ _Z_UP.T
    shape = _best_shape(target)
    model = load_body_model(mesh)
    body, turn, regress = model.rest(**shape), Retargeter(model), JointRegressor(model)
    there = is_known(known)
    rotations, shift = _best_pose(model, body, turn, regress, target, there)
    vertices, heads, landmarks = model.skin(body, rotations)
    joints = raised_hips(regress(heads, landmarks)[: len(_MUCO)] + shift, _MUCO) @ _Z_UP
    vertices = (vertices + shift) @ _Z_UP
    normals = model.normals(vertices.astype(np.float32))
    return FittedBody(vertices, normals, joints, np.linalg.norm(joints - known, axis=-1), body.person.height_mm)


def _complete(joints: np.ndarray) -> np.ndarray:
    """MuCo's 21 joints with guesses for those of head, spine, hands and toes that are not known."""
    at = dict(zip(_MUCO.joints, joints.copy(), strict=True))

    def guess(joint: str, place: np.ndarray) -> None:
        if not np.isfinite(at[joint]).all():
            at[joint] = place

    guess("Spine", (at["Pelvis"] + at["Thorax"]) / 2)
    up = at["Thorax"] - at["Pelvis"]
    guess("Head_top", at["Head"] + 0.25 * up)
    guess("Head_top", at["Thorax"] + 0.58 * up)
    guess("Head", at["Thorax"] + 0.4 * (at["Head_top"] - at["Thorax"]))
    forward = np.cross(at["L_Hip"] - at["R_Hip"], up)
    forward /= max(np.linalg.norm(forward), 1e-9)
    for s in "LR":
        guess(f"{s}_Hand", at[f"{s}_Wrist"] + 0.3 * (at[f"{s}_Wrist"] - at[f"{s}_Elbow"]))
        shank = at[f"{s}_Ankle"] - at[f"{s}_Knee"]
        guess(f"{s}_Toe", at[f"{s}_Ankle"] + (0.33 * forward * np.linalg.norm(shank) + 0.12 * shank))
    missing = [joint for joint, place in at.items() if not np.isfinite(place).all()]
    if missing:
        raise ValueError(f"a body needs {', '.join(missing)}, which these joints do not tell")
    return np.stack(list(at.values()))


@lru_cache(maxsize=1)
def _shapes() -> tuple[list[dict], np.ndarray, np.ndarray]:
    """The grid's shapes, the lengths of their bones (S, bones) in mm, and how far from average each is (S,)."""
    model = load_body_model("coarse")
    regress = JointRegressor(model)
    shapes, lengths, odd = [], [], []
    for age, sex, height, proportions in product(_AGES, ("female", "male"), _LEVELS, _PROPORTIONS):
        shape = {"age": age, "sex": sex, "weight": 0.5, "muscle": 0.5, "height": height, "proportions": proportions}
        body = model.rest(**shape)
        shapes.append(shape)
        lengths.append(_lengths(regress(body.bone_heads_mm, body.landmarks_mm)))
        odd.append((2 * height - 1) ** 2 + (2 * proportions - 1) ** 2)
    return shapes, np.array(lengths), np.array(odd)


def _lengths(joints: np.ndarray) -> np.ndarray:
    index = np.array([[_MUCO.index(a), _MUCO.index(b)] for a, b in _BONES])
    return np.linalg.norm(joints[index[:, 0]] - joints[index[:, 1]], axis=-1)


def _best_shape(joints: np.ndarray) -> dict:
    shapes, lengths, odd = _shapes()
    misfit = ((lengths - _lengths(joints)) ** 2).mean(1) + _PRIOR_MM**2 * odd
    return shapes[int(misfit.argmin())]


def _best_pose(
    model: BodyModel,
    body: Body,
    turn: Retargeter,
    regress: JointRegressor,
    target: np.ndarray,
    there: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations of the bones and the shift that bring the body's joints nearest to ``target``.

    A body of other proportions than the target's, turned into its directions, ends beside it; aiming beyond the target
    by what is left brings the ends nearer.
    """
    aim, best, least = target.copy(), None, np.inf
    for _ in range(_ROUNDS):
        rotations = turn(body, Pose(aim))
        heads, landmarks = _skeleton_only(model, body, rotations)
        joints = regress(heads, landmarks)[: len(target)]
        left = target - joints
        shift = left[there].mean(0)
        left = left - shift
        error = np.linalg.norm(left[there], axis=-1).mean()
        if error < least:
            best, least = (rotations, shift), error
        aim = aim + _STEP * left
    assert best is not None
    return best


def _skeleton_only(model: BodyModel, body: Body, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heads of the bones and landmarks, as :meth:`BodyModel.skin` has them, without the surface."""
    rest = body.bone_heads_mm
    heads = rest.copy()
    for bone in range(1, len(model.parents)):
        parent = model.parents[bone]
        heads[bone] = heads[parent] + rotations[parent] @ (rest[bone] - rest[parent])
    head = model.bone("head")
    return heads, (body.landmarks_mm - rest[head]) @ rotations[head].T + heads[head]
