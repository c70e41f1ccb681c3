"""MuPoTS-3D: 3DPCK and its area under the curve, root-relative and absolute, as the public evaluation computes them.

Ground truth is ``univ_annot3`` in both, people are matched in 2D, and predicted bones are re-scaled to the true
lengths before scoring (facts of the public evaluation).
"""

from __future__ import annotations

import re

import numpy as np

from people3d.evaluate.annotations import Annotations
from people3d.evaluate.matching import match_images, match_mupots
from people3d.evaluate.pck import pck, pck_auc, rescale_bones
from people3d.evaluate.report import Report, Table, provenance
from people3d.skeleton import SKELETONS, convert

_SKELETON = SKELETONS["muco17"]
ROOT = 14
_ORDER = (14, 15, 1, 0, 16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
_PARENTS = (1, 15, 1, 2, 3, 1, 5, 6, 14, 8, 9, 14, 11, 12, 14, 14, 1)
_MATCHED_JOINTS = slice(1, 14)
_SCORED = slice(0, 14)  # pelvis, spine and head are not
_NEEDED = slice(0, 16)  # the head is not scored and nothing hangs on it: skeletons without it will do
GROUPS = {
    "Head": [0],
    "Neck": [1],
    "Shoulder": [2, 5],
    "Elbow": [3, 6],
    "Wrist": [4, 7],
    "Hip": [8, 11],
    "Knee": [9, 12],
    "Ankle": [10, 13],
}
COLUMNS = [*GROUPS, "PCK", "AUC", "people"]


def evaluate(pred: Annotations, truth: Annotations) -> Report:
    """3DPCK and AUC per sequence and joint group, in percent.

    ``figures`` holds, for relative and absolute and all and matched people each (and those restricted to visible and
    to occluded joints, where the truth labels them), ``columns``, ``per_sequence`` rows and ``mean_over_sequences``.

    Raises:
        ValueError: the truth lacks ``keypoints_univ`` or ``keypoints_img``, or the predictions their joints.
    """
    truth_px = _as_mupots(truth, truth.joints_px, truth.valid, "keypoints_img")
    truth_mm = _as_mupots(truth, truth.joints_univ_mm, truth.valid, "keypoints_univ")
    everybody = np.ones(len(pred), bool)
    pred_px = _as_mupots(pred, pred.joints_px, everybody, "keypoints")
    pred_mm = _as_mupots(pred, pred.joints_cam_mm, everybody, "keypoints_cam")

    sequence_of = np.array([_sequence(i) for i in truth.images])
    valid = np.flatnonzero(truth.valid)
    image = truth.image_index[valid]
    match = match_mupots(
        image, truth_px[valid, _MATCHED_JOINTS], match_images(pred, truth), pred_px[:, _MATCHED_JOINTS]
    )
    found = match >= 0
    distances = {name: np.full((len(valid), 17), np.inf) for name in ("relative", "absolute")}
    p, t = pred_mm[match[found]], truth_mm[valid[found]]
    for name, (a, b) in {"relative": (p - p[:, [ROOT]], t - t[:, [ROOT]]), "absolute": (p, t)}.items():
        distances[name][found] = np.linalg.norm(rescale_bones(a, b, _ORDER, _PARENTS) - b, axis=-1)

    occluded = convert(truth.occluded[..., None], truth.skeleton, _SKELETON)[0][valid, :, 0]
    subsets = {"": np.ones(occluded.shape, bool)}
    if np.isfinite(occluded[:, _SCORED]).all() and len(valid):
        subsets |= {"_visible": occluded == 0, "_occluded": occluded != 0}
    sequences = sorted(set(sequence_of), key=_natural)
    rows_of = {s: np.flatnonzero(sequence_of[image] == s) for s in sequences}
    figures: dict = {"sequences": sequences}
    for space, distance in distances.items():
        for people, counted in {"all": np.ones(len(valid), bool), "matched": found}.items():
            for subset, joints in subsets.items():
                mask = counted[:, None] & joints
                rows = [_row(distance[r], mask[r], counted[r]) for r in rows_of.values()]
                figures[f"{space}_{people}{subset}"] = {
                    "columns": COLUMNS,
                    "per_sequence": rows,
                    "mean_over_sequences": _mean_over_sequences(rows),
                }
    counts = {"sequences": len(sequences), "matched": int(found.sum())}
    return Report(
        "mupots",
        provenance(pred, truth, "MuPoTS-3D, 3DPCK at 150 mm and AUC over 0:5:150 mm", **counts),
        figures,
        [_overview(figures), *(_per_sequence(figures, name) for name in ("relative_all", "absolute_all"))],
        {
            "image": image,
            "truth": valid,
            "prediction": match,
            "relative_mm": distances["relative"][:, _SCORED].mean(1),
            "absolute_mm": distances["absolute"][:, _SCORED].mean(1),
        },
    )


def _as_mupots(people: Annotations, values: np.ndarray, needed: np.ndarray, key: str) -> np.ndarray:
    """(P, J, D) → (P, 17, D) in MuPoTS-3D's order; complains where a person that counts lacks it."""
    if not len(people):
        return np.zeros((0, 17, values.shape[-1]))
    if not len(people.skeleton):
        raise ValueError(f"{people.source}: protocol mupots needs {key}, the annotations have no joints")
    out = convert(values, people.skeleton, _SKELETON)[0]
    missing = needed & ~np.isfinite(out[:, _NEEDED]).all((1, 2))
    if missing.any():
        lacking = [j for n, j in enumerate(_SKELETON.joints[_NEEDED]) if not np.isfinite(out[missing][:, n]).all()]
        raise ValueError(
            f"{people.source}: protocol mupots needs {key} for every person; {int(missing.sum())} of {len(people)}"
            f" lack it, e.g. annotation {people.ids[missing][0]} ({', '.join(lacking[:4])})"
        )
    return out


def _sequence(image: dict) -> str:
    """``TS4`` from the field ``sequence`` or, in the released code's file, from the folder of the picture."""
    if image.get("sequence") is not None:
        return str(image["sequence"])
    found = re.search(r"TS\d+", str(image.get("file_name", "")))
    if not found:
        raise ValueError(f"image {image['id']}: protocol mupots needs 'sequence', or a file name with TS1 … TS20 in it")
    return found.group()


def _natural(name: str) -> list:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _row(distance: np.ndarray, mask: np.ndarray, counted: np.ndarray) -> list[float]:
    joints = pck(distance, mask)
    groups = [_mean(joints[index]) for index in GROUPS.values()]
    return [*groups, _mean(joints[_SCORED]), _mean(pck_auc(distance, mask)[_SCORED]), float(counted.sum())]


def _mean_over_sequences(rows: list[list[float]]) -> list[float]:
    """Column by column, without the count of people; a sequence where nobody counts is left out."""
    return [_mean(column) for column in np.array(rows, float).reshape(-1, len(COLUMNS))[:, :-1].T]


def _mean(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")


def _overview(figures: dict) -> Table:
    rows = [
        [name.replace("_", " "), *table["mean_over_sequences"], int(sum(r[-1] for r in table["per_sequence"]))]
        for name, table in figures.items()
        if isinstance(table, dict)
    ]
    return Table("Mean over sequences, %", ["", *COLUMNS], rows)


def _per_sequence(figures: dict, name: str) -> Table:
    rows = [[s, *r[:-1], int(r[-1])] for s, r in zip(figures["sequences"], figures[name]["per_sequence"], strict=True)]
    return Table(f"{name.replace('_', ' ')}, %", ["sequence", *COLUMNS], rows)
