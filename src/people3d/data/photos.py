"""Photographs labelled by teacher networks: ``labels.npz``, ``lspet_joints.json`` and ``images/`` in one folder.

``labels.npz`` holds a row per person: MoveNet's 17 and BlazePose's 33 landmarks in pixels, BlazePose's in metres
relative to the hips, a weight for each limb joint, and ``kept``, a filter. 2D is taken from MoveNet (the better of the
two on people labelled by hand), hands and feet from BlazePose; z from BlazePose with a small weight, a weak hint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from people3d.data.pack import Person
from people3d.hips import raised_hips
from people3d.skeleton import LIMB_JOINTS, get_skeleton

Z_WEIGHT = 0.3  # of the pseudo-depth of a joint against 1 for exact depth
# BlazePose's body is too small: its upright people measure 1.33 m from ears to ankles (median of 1,338). Adults have
# 1.51 m standing straight, about 4 % less as people stand and walk in photographs.
BODY_SCALE = 1.085
MAX_DISAGREEMENT = 0.2  # of the teachers, in torsos, up to which a row that is not `kept` is used all the same
MIN_SCORE = 0.2  # of MoveNet, below which a joint is not used
BOX_FROM_LANDMARKS = 1.15  # the extent of the landmarks, grown to what a box around the whole body has
BOX_FROM_JOINTS = 1.25  # lspet: ankles, wrists and head top, but neither feet nor hands

_COCO = {name: i for i, name in enumerate(get_skeleton("coco19").joints[:17])}
_BLAZE = {
    "L_Shoulder": 11, "R_Shoulder": 12, "L_Elbow": 13, "R_Elbow": 14, "L_Wrist": 15, "R_Wrist": 16, "L_Hip": 23,
    "R_Hip": 24, "L_Knee": 25, "R_Knee": 26, "L_Ankle": 27, "R_Ankle": 28, "L_Toe": 31, "R_Toe": 32,
}  # fmt: skip
_BLAZE_MEANS = {"L_Hand": (17, 19), "R_Hand": (18, 20), "Head": (7, 8)}  # knuckles; ears
_LSPET = [
    "R_Ankle", "R_Knee", "R_Hip", "L_Hip", "L_Knee", "L_Ankle", "R_Wrist", "R_Elbow",
    "R_Shoulder", "L_Shoulder", "L_Elbow", "L_Wrist", "Thorax", "Head_top",
]  # fmt: skip
_SKELETON = get_skeleton("muco21")


def _blaze_muco(landmarks: np.ndarray) -> np.ndarray:
    """(33, D) → (21, D) of muco21: means for the trunk, NaN for Head_top."""
    out = np.full((len(_SKELETON), landmarks.shape[1]), np.nan)
    for name, index in _BLAZE.items():
        out[_SKELETON.index(name)] = landmarks[index]
    for name, pair in _BLAZE_MEANS.items():
        out[_SKELETON.index(name)] = landmarks[list(pair)].mean(0)
    _fill_trunk(out)
    return out


def _fill_trunk(joints: np.ndarray) -> None:
    """In place: our hips from COCO's (NaN without shoulders); Thorax, Pelvis and Spine from shoulders and hips."""
    joints[:] = raised_hips(joints, _SKELETON)
    at = _SKELETON.index
    joints[at("Thorax")] = joints[[at("L_Shoulder"), at("R_Shoulder")]].mean(0)
    joints[at("Pelvis")] = joints[[at("L_Hip"), at("R_Hip")]].mean(0)
    joints[at("Spine")] = joints[[at("Thorax"), at("Pelvis")]].mean(0)


def fit_depth_over_focal(joints_px: np.ndarray, joints_mm: np.ndarray, weight: np.ndarray) -> float:
    """Z/f in mm/px by weak perspective: the ratio of the metric to the pixel spread of the same joints.

    Args: (J, 2) px, (J, 3) mm relative to the root as seen from the camera, (J,) weights.
    """
    w = weight / weight.sum()
    px = joints_px - w @ joints_px
    mm = joints_mm[:, :2] - w @ joints_mm[:, :2]
    px_per_mm = (w[:, None] * px * mm).sum() / (w[:, None] * mm * mm).sum()
    return float(1 / px_per_mm) if px_per_mm > 0 else float("nan")


def _person(image: np.ndarray, labels: dict[str, np.ndarray], row: int) -> Person:
    movenet, blaze = labels["kp2d_movenet"][row], labels["kp2d_blaze"][row]
    joints_mm = _blaze_muco(labels["kp3d_blaze_m"][row] * 1000.0 * BODY_SCALE)
    blaze_px = _blaze_muco(blaze)
    joints_px, weight = blaze_px[:, :2].copy(), np.zeros(len(_SKELETON))
    limb_weight = dict(zip(LIMB_JOINTS, labels["weight12"][row], strict=True))
    for name, trust in limb_weight.items():
        x, y, score = movenet[_COCO[name]]
        joints_px[_SKELETON.index(name)] = x, y
        weight[_SKELETON.index(name)] = trust if score >= MIN_SCORE else 0.0
    _fill_trunk(joints_px)
    at = _SKELETON.index
    weight[at("Thorax")] = min(weight[at("L_Shoulder")], weight[at("R_Shoulder")])
    weight[at("Pelvis")] = min(weight[at("L_Hip")], weight[at("R_Hip")])
    weight[at("Spine")] = 0.5 * min(weight[at("Thorax")], weight[at("Pelvis")])
    for name, limb in (("L_Hand", "L_Wrist"), ("R_Hand", "R_Wrist"), ("L_Toe", "L_Ankle"), ("R_Toe", "R_Ankle")):
        weight[at(name)] = 0.5 * weight[at(limb)] * float(blaze_px[at(name), 2] > 0.5)
    weight[at("Head")] = 0.5 * float(blaze_px[at("Head"), 2] > 0.5)
    z_weight = Z_WEIGHT * weight * (np.abs(joints_mm[:, 2]) < 1000)
    visible = blaze[:, 2] > 0.3
    fit_weight = np.where(np.isfinite(joints_mm[:, 2]), weight, 0.0)
    depth = float("nan")
    if (fit_weight > 0).sum() >= 8:
        used = fit_weight > 0
        depth = fit_depth_over_focal(joints_px[used], joints_mm[used], fit_weight[used])
    # The detectors' boxes often end above the feet; the landmarks' extent does not.
    low, high = blaze[:, :2].min(0), blaze[:, :2].max(0)
    if visible.sum() < 8:
        x, y, w, h = labels["bbox"][row]
        low, high = np.array([x, y]), np.array([x + w, y + h])
    size = (high - low) * BOX_FROM_LANDMARKS
    box = np.concatenate([(low + high) / 2 - size / 2, size])
    return Person(image, box, joints_px, joints_mm[:, 2] - joints_mm[at("Pelvis"), 2], weight, z_weight, depth)


def _lspet_person(image: np.ndarray, joints: np.ndarray) -> Person | None:
    joints_px, weight = np.full((len(_SKELETON), 2), np.nan), np.zeros(len(_SKELETON))
    for name, (x, y, visible) in zip(_LSPET, joints, strict=True):
        if np.isfinite([x, y]).all() and (x, y) != (0, 0):
            joints_px[_SKELETON.index(name)] = x, y
            weight[_SKELETON.index(name)] = 1.0 if visible else 0.3
    if (weight > 0).sum() < 8:
        return None
    thorax = joints_px[_SKELETON.index("Thorax")].copy()
    _fill_trunk(joints_px)
    joints_px[_SKELETON.index("Thorax")] = thorax
    for name in ("Pelvis", "Spine"):
        weight[_SKELETON.index(name)] = 0.5 * float(np.isfinite(joints_px[_SKELETON.index(name)]).all())
    weight[~np.isfinite(joints_px).all(1)] = 0
    low, high = np.nanmin(joints_px, 0), np.nanmax(joints_px, 0)
    size = np.maximum((high - low) * BOX_FROM_JOINTS, 8)
    box = np.concatenate([(low + high) / 2 - size / 2, size])
    return Person(image, box, joints_px, np.full(len(_SKELETON), np.nan), weight, 0 * weight, float("nan"))


def is_unusual(person: Person) -> bool:
    """Somebody whose trunk leans by more than 45 degrees in the picture, or one of whose knees or ankles is less than a
    quarter of the trunk below the hips: people who lie, sit, crouch, tumble. A fifth of those in the kit."""
    at, known = _SKELETON.index, person.xy_weight > 0
    shoulders, hips = ([at(f"{side}_{name}") for side in "LR"] for name in ("Shoulder", "Hip"))
    if not known[[*shoulders, *hips]].all():
        return False
    middle = person.joints_px[hips].mean(0)
    across, down = middle - person.joints_px[shoulders].mean(0)
    legs = [at(f"{side}_{name}") for side in "LR" for name in ("Knee", "Ankle")]
    below = person.joints_px[[n for n in legs if known[n]], 1] - middle[1]
    return bool(abs(across) > down or (below < np.hypot(across, down) / 4).any())


def people(root: str | Path) -> Iterator[Person]:
    """Everybody worth learning from: rows of ``labels.npz`` that are kept or whose teachers agree, and the hand-made
    joints of ``lspet``."""
    root = Path(root)
    with np.load(root / "labels.npz", allow_pickle=False) as file:
        labels = {name: file[name] for name in file.files}
    by_image: dict[int, list[int]] = {}
    for row in np.flatnonzero(labels["kept"] | (labels["agreement"] < MAX_DISAGREEMENT)):
        by_image.setdefault(int(labels["image"][row]), []).append(int(row))
    by_hand = json.loads((root / "lspet_joints.json").read_text())["joints"]
    for index, name in enumerate(labels["files"]):
        hand = by_hand.get(str(name))
        rows = by_image.get(index, [])
        if not rows and hand is None:
            continue
        bgr = cv2.imread(str(root / "images" / str(name)))
        if bgr is None:
            raise ValueError(f"{root / 'images' / str(name)}: expected an image, got none that can be read")
        image = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        for row in rows:
            yield _person(image, labels, row)
        if hand is not None and (person := _lspet_person(image, np.array(hand, float))) is not None:
            yield person
