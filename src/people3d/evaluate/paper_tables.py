"""The paper's tables with rows of our own beside the paper's: one function from predictions to rows a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from people3d.evaluate.annotations import Annotations
from people3d.evaluate.baselines import fitted_roots
from people3d.evaluate.paper import PAPER_TABLES
from people3d.evaluate.protocols import box_ap, human36m, mupots, root_ap
from people3d.evaluate.relift import with_k_as_depth, with_true_roots
from people3d.evaluate.report import Report, Table

_IN_SECONDS = ("s", "DetectNet", "RootNet", "PoseNet", "total")
Row = tuple[str, list[float | None]]


def table(number: int, rows: list[Row], provenance: Mapping[str, Any]) -> Report:
    """The paper's rows, then ours, as a report."""
    paper = PAPER_TABLES[number]
    every = [*((f"paper: {label}", values) for label, values in paper.rows), *((f"here: {r[0]}", r[1]) for r in rows)]
    figures = {
        "title": paper.title,
        "columns": list(paper.columns),
        "paper": [{"label": label, "values": list(values)} for label, values in paper.rows],
        "here": [{"label": label, "values": values} for label, values in rows],
    }
    shown = [[label, *map(_shown, values, paper.columns)] for label, values in every]
    title = f"Table {number}: {paper.title}"
    return Report(f"table{number}", dict(provenance), figures, [Table(title, ["", *paper.columns], shown)], {})


def _shown(value: float | None, column: str) -> str:
    if value is None or not np.isfinite(value):
        return "-"
    return f"{value:.3f}" if column in _IN_SECONDS else f"{value:.1f}"


def rows(number: int, label: str, pred: Annotations, truth: Annotations) -> tuple[list[Row], dict[str, Any]]:
    """Our rows of a table from one file of predictions, and their provenance.

    Tables 1, 3, 4 and 7 follow Human3.6M's protocols, the others MuPoTS-3D's, on whatever set the truth is; what the
    set does not have (an action, a sequence) is None.

    Raises:
        ValueError: the files lack what the protocol needs.
    """
    match number:
        case 1 | 3 | 4:
            report = human36m.evaluate(pred, truth, 1 if number == 3 else 2)
            values = _joint_learning(report, pred) if number == 1 else _actions(report)
            return [(label, values)], report.provenance
        case 2:
            return _settings(label, pred, truth)
        case 5 | 6 | 9 | 10:
            report = mupots.evaluate(pred, as_mupots(truth))
            space = "relative" if number < 9 else "absolute"
            if number in (5, 9):
                found = [(f"{label}, {who}", _sequences(report, f"{space}_{who}")) for who in ("all", "matched")]
            else:
                found = [(label, report.figures[f"{space}_all"]["mean_over_sequences"][:9])]
            return found, report.provenance
        case 7:
            report = human36m.evaluate(pred, truth, 2)
            return [(label, _root(report))], report.provenance
        case _:
            raise ValueError(f"table {number}: expected a table that scores predictions")


def baseline_rows(label: str, lifted: Annotations, truth: Annotations) -> tuple[list[Row], dict[str, Any]]:
    """Table 7's rows of the fitted roots, from 2D poses and independent 3D poses."""
    found, provenance = [], {}
    for name, people in fitted_roots(lifted).items():
        report = human36m.evaluate(people, truth, 2)
        found.append((f"{name} ({label})", _root(report)))
        provenance = report.provenance
    return found, provenance


def as_mupots(truth: Annotations) -> Annotations:
    """Any set as MuPoTS-3D's evaluation wants it: true camera-space joints where univ_annot3 is missing, one sequence
    where none is named."""
    univ = np.where(np.isfinite(truth.joints_univ_mm), truth.joints_univ_mm, truth.joints_cam_mm)
    named = any(i.get("sequence") is not None or "TS" in str(i.get("file_name")) for i in truth.images)
    images = truth.images if named else [{**image, "sequence": "all"} for image in truth.images]
    return replace(truth, joints_univ_mm=univ, images=images)


def _joint_learning(report: Report, pred: Annotations) -> list[float | None]:
    return [report.figures["mrpe_mm"], report.figures["mpjpe_mm"], pred.info.get("seconds_per_image")]


def _root(report: Report) -> list[float | None]:
    return [report.figures[f"mrpe{axis}_mm"] for axis in ("", "_x", "_y", "_z")]


def _actions(report: Report) -> list[float | None]:
    headline, per_action = report.figures["headline"], report.figures["per_action"]
    values = [per_action[a][headline] if a in per_action else None for a in human36m.ACTIONS.values()]
    return [*values, report.figures[headline]]


def _sequences(report: Report, mode: str) -> list[float | None]:
    pck = mupots.COLUMNS.index("PCK")
    found = dict(zip(report.figures["sequences"], report.figures[mode]["per_sequence"], strict=True))
    values = [found[f"TS{n}"][pck] if f"TS{n}" in found else None for n in range(1, 21)]
    return [*values, report.figures[mode]["mean_over_sequences"][pck]]


def _settings(label: str, pred: Annotations, truth: Annotations) -> tuple[list[Row], dict[str, Any]]:
    """Table 2: the depth as k alone, as predicted, and as it truly is."""
    truth = as_mupots(truth)
    boxes = None
    if np.isfinite(truth.boxes_xywh).all() and np.isfinite(pred.boxes_xywh).all():
        boxes = box_ap.evaluate(pred, truth).figures["ap"]
    found, provenance = [], {}
    settings = {"k alone": with_k_as_depth(pred), "RootNet": pred, "true roots": with_true_roots(pred, truth)}
    for name, people in settings.items():
        report = mupots.evaluate(people, truth)
        means = dict(zip(mupots.COLUMNS, report.figures["relative_all"]["mean_over_sequences"], strict=False))
        absolute = dict(zip(mupots.COLUMNS, report.figures["absolute_all"]["mean_over_sequences"], strict=False))
        ap_root = 100 * root_ap.evaluate(people, truth).figures["ap_root"]
        found.append((f"{label}, {name}", [boxes, ap_root, means["AUC"], absolute["PCK"]]))
        provenance = report.provenance
    return found, provenance
