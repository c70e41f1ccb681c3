"""``people3d evaluate``: scores of predictions against ground truth, with their provenance."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tqdm import tqdm

from people3d.commands import parse
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.inputs import open_ground_truth, open_predictions, pictures_of
from people3d.evaluate.report import Report
from people3d.files import write_whole

Protocol = Literal["generic", "human36m-p1", "human36m-p2", "mupots", "root-ap", "pw3d", "box-ap"]


@dataclass(frozen=True)
class Options:
    """Score predictions against ground truth."""

    predictions: Path
    """people3d.json; or the released code's bbox_root_*_output.json, or its preds_*_mupots.mat"""
    ground_truth: Path
    """COCO-style JSON in our schema; for mupots also the folder with TS1 ... TS20"""
    protocol: Protocol = "generic"
    """what is compared, and how: docs/evaluation.md"""
    json: Annotated[bool, tyro.conf.arg(name="json")] = False
    """print one JSON document instead of tables"""
    output: Path | None = None
    """folder for PROTOCOL.json and PROTOCOL.md"""
    worst: int = 0
    """also write OUTPUT/worst.html with so many of the worst people, and what their errors depend on"""
    worst_by: str | None = None
    """error to rank them by: relative_depth_error, mrpe_mm, mpjpe_mm_limb_joints ...; by depth if not given"""
    images: Path | None = None
    """folder of the pictures for worst.html; beside the ground truth if not given"""
    threshold_mm: float = 250.0
    """root-ap: a root nearer than this is right"""
    iou: float = 0.5
    """generic: boxes must overlap this much to be the same person"""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where a file cannot be read or does not fit the protocol (one line on stderr)."""
    options = parse(Options, "evaluate", args)
    try:
        with tqdm(total=3, desc="predictions", disable=None, leave=False) as bar:
            pred = open_predictions(options.predictions, options.protocol)
            bar.update()
            bar.set_description("ground truth")
            truth = open_ground_truth(options.ground_truth, options.protocol)
            bar.update()
            bar.set_description("scoring")
            report = score(pred, truth, options)
            bar.update()
        if options.output:
            report.write(options.output)
        if options.worst:
            write_worst(report, pred, truth, options)
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else error)
    except ValueError as error:
        return _refuse(error)
    print(json.dumps(report.to_json(), indent=1, ensure_ascii=False) if options.json else report.to_text())
    return 0


def _refuse(reason: object) -> int:
    print(f"people3d evaluate: {reason}", file=sys.stderr)
    return 2


def score(pred: Annotations, truth: Annotations, options: Options) -> Report:
    """The report of the protocol that the options name."""
    from people3d.evaluate.protocols import box_ap, generic, human36m, mupots, pw3d, root_ap

    match options.protocol:
        case "generic":
            return generic.evaluate(pred, truth, options.iou)
        case "human36m-p1" | "human36m-p2":
            return human36m.evaluate(pred, truth, 1 if options.protocol == "human36m-p1" else 2)
        case "mupots":
            return mupots.evaluate(pred, truth)
        case "root-ap":
            return root_ap.evaluate(pred, truth, options.threshold_mm)
        case "pw3d":
            return pw3d.evaluate(pred, truth)
        case "box-ap":
            return box_ap.evaluate(pred, truth)


def write_worst(report: Report, pred: Annotations, truth: Annotations, options: Options) -> None:
    """``worst.html`` in the output folder."""
    from people3d.evaluate.error_page import worst_page

    if options.output is None or options.worst < 0:
        raise ValueError("--worst: expected a number above 0, and --output for the page")
    images = options.images or pictures_of(options.ground_truth)
    page = worst_page(report, pred, truth, images, options.worst, options.worst_by)
    write_whole(options.output / "worst.html", page)
