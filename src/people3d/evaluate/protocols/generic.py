"""Any data set in our schema: who is found, how wrong are pose, root, depth and pixels.

Skeletons of prediction and truth may differ; joints are compared by name. What the truth does not hold (3D joints, a
root, a depth, 2D joints) is not scored.
"""

from __future__ import annotations

import numpy as np

from people3d.crop import extend_boxes
from people3d.evaluate.annotations import Annotations, pelvis
from people3d.evaluate.matching import match_people
from people3d.evaluate.metrics import joint_distances, mean_or_nan
from people3d.evaluate.pose_errors import depth_errors, means, pose_errors, root_localisation
from people3d.evaluate.reliability import calibration
from people3d.evaluate.report import Report, Table, provenance
from people3d.skeleton import LIMB_JOINTS, Skeleton, convert

MINIMUM_IOU = 0.5
CROP_PX = 256.0  # pixel errors are given at the size at which networks see a person
LIMBS = Skeleton("limbs", LIMB_JOINTS, (), 0)
_HIPS = [LIMB_JOINTS.index("L_Hip"), LIMB_JOINTS.index("R_Hip")]


def evaluate(pred: Annotations, truth: Annotations, minimum_iou: float = MINIMUM_IOU) -> Report:
    """Recall, pose errors over all common and over the 12 limb joints, MRPE and axes, |ΔZ| / Z, and pixels.

    Poses over all joints are centred on the pelvis, over the limb joints on the middle of the hips. Figures are means
    over matched people that have what is scored; ``counts`` says how many.

    Args:
        minimum_iou: a prediction and a person whose boxes overlap less are not matched.

    Raises:
        ValueError: a valid person has neither a box nor 2D joints.
    """
    if not 0 < minimum_iou <= 1:
        raise ValueError(f"iou: expected a fraction above 0 and up to 1, got {minimum_iou}")
    without = truth.valid & ~np.isfinite(truth.boxes_or_extent_xywh).all(1)
    if without.any():
        raise ValueError(
            f"{truth.source}: annotation {truth.ids[without][0]} has neither bbox nor 2D joints to match by"
        )
    match = match_people(pred, truth, minimum_iou)
    people = np.flatnonzero(match >= 0)
    matched = match[people]

    columns: dict[str, np.ndarray] = {}
    blocks, joints = {}, []
    deviations: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    if len(pred.skeleton) and len(truth.skeleton):
        p = convert(pred.joints_cam_mm[matched], pred.skeleton, truth.skeleton)[0]
        t = truth.joints_cam_mm[people]
        p_root, t_root = (
            pelvis(x, s)[:, None] for x, s in ((pred.joints_cam_mm[matched], pred.skeleton), (t, truth.skeleton))
        )
        blocks["all_common_joints"] = pose_errors(p - p_root, t - t_root)
        joints = [j for n, j in enumerate(truth.skeleton.joints) if np.isfinite(p[:, n] - t[:, n]).any()]
        p, t = (convert(x, s, LIMBS)[0] for x, s in ((pred.joints_cam_mm[matched], pred.skeleton), (t, truth.skeleton)))
        blocks["limb_joints"] = pose_errors(*(x - x[:, _HIPS].mean(1, keepdims=True) for x in (p, t)))
        columns |= _pixel_errors(pred, truth, matched, people)
        errors = joint_distances(*(x - x[:, _HIPS].mean(1, keepdims=True) for x in (p, t)))
        std = convert(pred.joints_std_mm[matched][..., None], pred.skeleton, LIMBS)[0][..., 0]
        deviations["joints"] = (errors, np.where(np.isfinite(std), std, np.nan))
    columns |= root_localisation(pred.root_or_pelvis_mm[matched], truth.root_or_pelvis_mm[people])
    columns |= depth_errors(pred.root_depth_mm[matched], truth.root_depth_mm[people])

    depth_error = np.abs(pred.root_depth_mm[matched] - truth.root_depth_mm[people])
    deviations["root_depth"] = (depth_error, pred.root_depth_std_mm[matched])

    valid = int(truth.valid.sum())
    figures = {
        "people": valid,
        "matched": len(people),
        "recall": len(people) / valid if valid else float("nan"),
        "predictions": len(pred),
        "minimum_iou": minimum_iou,
        **means(columns),
        "median_depth_ratio": float(np.median(ratio)) if len(ratio := _known(columns["depth_ratio"])) else float("nan"),
        **{name: means(block) for name, block in blocks.items()},
        "common_joints": joints,
        "calibration": {name: calibration(*both) for name, both in deviations.items()},
        "counts": {
            name: int(np.isfinite(values).sum())
            for name, values in {
                "root": columns["mrpe_mm"],
                "depth": columns["depth_ratio"],
                **{k: b["mpjpe_mm"] for k, b in blocks.items()},
            }.items()
        },
    }
    flat = {f"{key}_{block}": values for block, b in blocks.items() for key, values in b.items()}
    return Report(
        "generic",
        provenance(pred, truth, f"generic, boxes matched at IoU {minimum_iou:g}", matched=len(people)),
        figures,
        _tables(figures, blocks),
        {"image": truth.image_index[people], "truth": people, "prediction": matched, **columns, **flat},
    )


def _pixel_errors(pred: Annotations, truth: Annotations, matched: np.ndarray, people: np.ndarray) -> dict:
    """Mean distance of the 2D joints on a crop of 256 px, over all common and over the limb joints, (N,) px."""
    side = extend_boxes(truth.boxes_or_extent_xywh[people])[:, 2:3]
    p, t = pred.joints_px[matched], truth.seen_px[people]
    common = joint_distances(convert(p, pred.skeleton, truth.skeleton)[0], t) * CROP_PX / side
    p, t = convert(p, pred.skeleton, LIMBS)[0], convert(t, truth.skeleton, LIMBS)[0]
    limbs = joint_distances(p, t) * CROP_PX / side
    return {
        "crop_px_error": np.array([mean_or_nan(row) for row in common]),
        "crop_px_error_limb_joints": np.array([mean_or_nan(row) for row in limbs]),
    }


def _known(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _tables(figures: dict, blocks: dict) -> list[Table]:
    """Only what could be scored."""
    found = [
        ["people", figures["people"]],
        ["predictions", figures["predictions"]],
        ["matched", figures["matched"]],
        ["recall, %", 100 * figures["recall"]],
    ]
    scored = {
        "MRPE, mm": figures["mrpe_mm"],
        "MRPE x, mm": figures["mrpe_x_mm"],
        "MRPE y, mm": figures["mrpe_y_mm"],
        "MRPE z, mm": figures["mrpe_z_mm"],
        "depth error |ΔZ|/Z, %": 100 * figures["relative_depth_error"],
        "median predicted / true depth, %": 100 * figures["median_depth_ratio"],
        "2D error on a 256 px crop, px": figures.get("crop_px_error", float("nan")),
        "  over limb joints, px": figures.get("crop_px_error_limb_joints", float("nan")),
    }
    tables = [Table("Found", ["", "all"], found + [[k, v] for k, v in scored.items() if np.isfinite(v)])]
    poses = {name: figures[name] for name in blocks if np.isfinite(figures[name]["mpjpe_mm"])}
    if poses:
        names = {
            "mpjpe_mm": "MPJPE",
            "pa_mpjpe_rigid_mm": "PA-MPJPE rigid",
            "pa_mpjpe_with_scale_mm": "PA-MPJPE with scale",
            "n_mpjpe_mm": "N-MPJPE",
        }
        rows = [[label, *(block[key] for block in poses.values())] for key, label in names.items()]
        labels = {
            "all_common_joints": f"{len(figures['common_joints'])} common joints",
            "limb_joints": "12 limb joints",
        }
        tables.append(Table("Pose, mm", ["", *(labels[name] for name in poses)], rows))
    known = {name: c for name, c in figures["calibration"].items() if c["count"]}
    if known:
        labels = {"joints": "limb joints about the root", "root_depth": "depth of the root"}
        rows = [
            [labels[k], c["count"], c["rms_mm"], c["std_mm"], 100 * c["within_1_std"], 100 * c["within_2_std"]]
            for k, c in known.items()
        ]
        columns = ["", "errors", "RMS error, mm", "RMS std, mm", "within 1 std, %", "within 2 std, %"]
        tables.append(Table("Standard deviations", columns, rows))
    return tables
