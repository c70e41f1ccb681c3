"""The tables of ``results.py``, each from predictions and truth that are there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from accuracy import COLUMNS, cells_of
from detector_accuracy import of_people_from, read_truth

from people3d.camera import REAL_SIDE_MM
from people3d.crop import CROP_EXTENSION, extend_boxes
from people3d.data.pack import PACK_MARGIN, Pack
from people3d.detect.default import OnnxDetector
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.matching import match_people
from people3d.evaluate.metrics import relative_depth_errors
from people3d.evaluate.protocols import generic
from people3d.evaluate.reliability import calibration, reliability_svg
from people3d.evaluate.relift import k_of
from people3d.evaluate.report import Table
from people3d.predictor import Predictor
from people3d.runtime.calibration import NEAR_SIDES
from people3d.skeleton import LIMB_JOINTS, Skeleton, convert
from people3d.sources import read_image
from people3d.train.sources import pack_folders, pack_skeleton

Both = tuple[Annotations, Annotations]  # predictions and truth
LIMBS = Skeleton("limbs", LIMB_JOINTS, (), 0)
_HIPS = [LIMB_JOINTS.index("L_Hip"), LIMB_JOINTS.index("R_Hip")]
_GAMMAS = np.linspace(0.5, 2, 301)
MIN_PX, LOW_SCORE = 60, 0.02


def accuracy_table(found: Mapping[tuple[str, str], Both]) -> Table:
    rows = [[name, boxes, *cells_of(generic.evaluate(*both).figures)] for (name, boxes), both in found.items()]
    return Table("", ["set", "boxes", *COLUMNS], rows)


def _matched(pred: Annotations, truth: Annotations) -> tuple[np.ndarray, np.ndarray]:
    """Indices of predictions and of the people that they are."""
    match = match_people(pred, truth, generic.MINIMUM_IOU)
    people = np.flatnonzero(match >= 0)
    return match[people], people


def baseline_table(found: Mapping[tuple[str, str], Both], packs: Mapping[str, Path]) -> Table:
    """RootNet beside k alone, k times the γ that is best on each kind of training data, and times that of the set.

    The last column compares RootNet with the better of the constants from training data.
    """
    gammas = {name: best_gamma(folder) for name, folder in packs.items()}
    rows = []
    for (name, boxes), (pred, truth) in found.items():
        matched, people = _matched(pred, truth)
        k, depth = k_of(pred)[matched], truth.root_depth_mm[people]
        known = np.isfinite(k) & np.isfinite(depth)
        if not known.any():
            continue
        k, depth, ours = k[known], depth[known], pred.root_depth_mm[matched][known]
        errors = [relative_depth_errors(z, depth).mean() for z in (ours, k, *(g * k for g in gammas.values()))]
        best = min(relative_depth_errors(g * k, depth).mean() for g in _GAMMAS)
        ratio = f"{errors[0] / min(errors[2:]):.2f}" if gammas else "-"
        rows.append([name, boxes, int(known.sum()), *(100 * e for e in (*errors, best)), ratio])
    columns = [f"k × {gamma:.3f} ({name}), %" for name, gamma in gammas.items()]
    title = ["set", "boxes", "people", "RootNet, %", "k, %", *columns, "k × best of set, %", "RootNet / constant"]
    return Table("mean |ΔZ|/Z", title, rows)


def best_gamma(folder: Path) -> float:
    """The constant γ with the smallest mean |γk / Z - 1| over people of a pack who are whole: all limb joints labelled
    in the picture and in the tight box.

    People cut by the frame, or boxed as far as they can be seen, have a much smaller γ: a constant for them would be
    too easily beaten on sets of whole people.

    Raises:
        ValueError: there is no such person.
    """
    found = []
    for path in pack_folders("people", folder, folder):
        pack, joints = Pack.load(path), pack_skeleton(path).joints
        limbs = [joints.index(name) for name in LIMB_JOINTS]
        packed_px = pack.images.shape[1]
        tight = packed_px / PACK_MARGIN / CROP_EXTENSION  # longer side of the tight box, px of the packed crop
        inside = (np.abs(pack.joints[:, limbs, :2] - packed_px / 2) <= tight / 2 + 1).all((1, 2))
        gamma = pack.depth_over_focal * pack.side_px / PACK_MARGIN / REAL_SIDE_MM
        found.append(gamma[inside & (pack.weights[:, limbs, 0] > 0).all(1) & np.isfinite(gamma) & (gamma > 0)])
    gamma = np.concatenate(found)
    if not len(gamma):
        raise ValueError(f"{folder}: expected people with all limb joints in their box and a depth, got none")
    return float(_GAMMAS[np.abs(_GAMMAS[:, None] / gamma - 1).mean(1).argmin()])


def demo_table(both: Both) -> Table:
    pred, truth = both
    matched, people = _matched(pred, truth)
    ours, theirs = pred.root_depth_mm[matched] / 1000, truth.root_depth_mm[people] / 1000
    error = 100 * relative_depth_errors(ours, theirs)
    rows = [[f"person {n + 1}", a, b, e] for n, (a, b, e) in enumerate(zip(ours, theirs, error, strict=True))]
    columns = ["f = 1500 px", "RootNet, m", "released RootNet, m", "difference, %"]
    return Table("", columns, [*rows, ["median", "", "", float(np.median(error))]])


def detector_lines(predictor: Predictor, folder: Path) -> Table:
    """People of at least 60 px of COCO's photographs."""
    detector = predictor.detector
    assert isinstance(detector, OnnxDetector)
    threshold, detector.score_threshold = detector.score_threshold, LOW_SCORE
    truth = read_truth(folder / "photos2d.json")
    found = [detector(read_image(folder / name).rgb) for name, _, _ in truth]
    detector.score_threshold = threshold
    matched = of_people_from(found, truth, MIN_PX)
    row = [
        matched.people,
        100 * matched.average_precision(),
        100 * matched.recall(threshold),
        100 * matched.precision(threshold),
    ]
    return Table(
        "",
        ["COCO photographs", "people", "AP50, %", f"recall at {threshold:.2f}, %", "precision, %"],
        [["from 60 px", *row]],
    )


def _deviations(pred: Annotations, truth: Annotations) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Errors and standard deviations, mm: of the root's depth, and of the limb joints about the middle of the hips."""
    matched, people = _matched(pred, truth)
    depth = np.abs(pred.root_depth_mm[matched] - truth.root_depth_mm[people])
    p, t = (convert(a.joints_cam_mm[i], a.skeleton, LIMBS)[0] for a, i in ((pred, matched), (truth, people)))
    p, t = (x - x[:, _HIPS].mean(1, keepdims=True) for x in (p, t))
    std = convert(pred.joints_std_mm[matched][..., None], pred.skeleton, LIMBS)[0][..., 0]
    return {
        "root depth": (depth, pred.root_depth_std_mm[matched]),
        "limb joints": (np.linalg.norm(p - t, axis=-1), std),
    }


def calibration_table(found: Mapping[tuple[str, str], Both]) -> Table:
    rows = []
    for (name, boxes), both in found.items():
        for what, pair in _deviations(*both).items():
            c = calibration(*pair)
            if c["count"] >= 2:
                shares = [100 * c["within_1_std"], 100 * c["within_2_std"]]
                rows.append(
                    [name, boxes, what, c["count"], c["rms_mm"], c["std_mm"], *shares, f"{c['rank_correlation']:.2f}"]
                )
    columns = [
        "set",
        "boxes",
        "of",
        "errors",
        "RMS error, mm",
        "RMS std, mm",
        "within 1 std, %",
        "within 2, %",
        "rank correlation",
    ]
    return Table("", columns, rows)


def reliability_panels(found: Mapping[str, Both]) -> str:
    """The diagram of all sets."""
    panels: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {"root depth": {}, "limb joints": {}}
    for name, both in found.items():
        for what, (errors, std) in _deviations(*both).items():
            if (np.isfinite(errors) & np.isfinite(std)).sum() >= 10:
                panels[what][name] = (errors, std)
    return reliability_svg(panels)


def flag_table(pred: Annotations, truth: Annotations) -> Table:
    """What becomes of limb joints flagged 2 and 1 on COCO's photographs: how COCO's people label them, how far off."""
    matched, people = _matched(pred, truth)
    p_px, t_px = (convert(a.joints_px[i], a.skeleton, LIMBS)[0] for a, i in ((pred, matched), (truth, people)))
    flags, labels = (
        convert(a.joint_flags[i][..., None].astype(float), a.skeleton, LIMBS)[0][..., 0]
        for a, i in ((pred, matched), (truth, people))
    )
    side = extend_boxes(pred.boxes_xywh[matched])[:, 2:3]
    off = np.linalg.norm(p_px - t_px, axis=-1) / side
    rows = []
    for flag, name in ((2, "2, seen"), (1, "1, hidden or uncertain")):
        chosen = flags == flag
        labelled = chosen & (labels > 0)
        shares = [100 * (labels[chosen] == v).mean() if chosen.any() else float("nan") for v in (2, 1, 0)]
        near = 100 * (off[labelled] < NEAR_SIDES).mean() if labelled.any() else float("nan")
        rows.append([name, int(chosen.sum()), *shares, near])
    columns = [
        "flag",
        "limb joints",
        "labelled visible, %",
        "hidden, %",
        "not labelled, %",
        f"nearer than {NEAR_SIDES:g} sides of the crop, %",
    ]
    return Table("", columns, rows)


def pose_doubts(found: Mapping[tuple[str, str], Both]) -> Table:
    """How many predictions are named implausible, and why."""
    rows = []
    for (name, boxes), (pred, _) in found.items():
        if boxes == "true":
            reasons = pred.info["implausible"]
            count = Counter(reason for person in reasons for reason in person)
            share = 100 * sum(map(bool, reasons)) / max(len(reasons), 1)
            rows.append([name, len(reasons), share, ", ".join(f"{k} {n}" for k, n in count.most_common()) or "-"])
    return Table("", ["set", "people", "implausible, %", "why"], rows)
