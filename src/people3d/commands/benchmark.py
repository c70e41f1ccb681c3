"""``people3d benchmark``: the paper's tables and figures on any data set at hand."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from people3d.commands import parse
from people3d.evaluate import paper_tables
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.inputs import open_ground_truth, open_predictions, pictures_of
from people3d.evaluate.paper_tables import Row
from people3d.evaluate.report import Report
from people3d.files import write_whole

What = Literal[
    "table1", "table2", "table3", "table4", "table5", "table6", "table7", "table8", "table9", "table10", "figure3",
    "figure4",
]  # fmt: skip
# Whose files a table reads where they do not name their joints.
_PROTOCOL = {1: "human36m-p2", 3: "human36m-p1", 4: "human36m-p2", 7: "human36m-p2"}


@dataclass(frozen=True)
class Benchmark:
    """A table or figure of the paper, its own numbers beside those of your predictions."""

    what: tyro.conf.Positional[What]
    """Tables 1 to 10 as numbered in the paper and its supplement, figures 3 and 4."""
    run: Annotated[tuple[str, ...], tyro.conf.arg(metavar="LABEL=FILE")] = ()
    """Predictions, each a row: a label and its people3d.json (or a file of the released code). Table 8: made with
    `people3d predict --timing`."""
    ground_truth: Path | None = None
    """Ground truth as for people3d evaluate."""
    lifted: Path | None = None
    """Table 7: predictions with 2D joints and 3D joints that do not come from them and a root."""
    lifter: Path | None = None
    """Table 7: checkpoint of `people3d train lifting`; lifts the 2D joints of every --run and fits roots to them."""
    images: Path | None = None
    """Table 8: folder of pictures to time; figure 4: folder of the pictures, if not beside the ground truth."""
    weights: str = "default"
    """Table 8: name or folder of the weights."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Table 8: where the networks run."""
    output: Path | None = None
    """Folder for WHAT.json and WHAT.md, for figures WHAT.html."""
    json: Annotated[bool, tyro.conf.arg(name="json")] = False
    """Print one JSON document instead of a table."""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something cannot be read or is missing (one line on stderr)."""
    config = parse(Benchmark, "benchmark", args)
    try:
        if config.what.startswith("figure"):
            print(draw(config))
            return 0
        report = make_table(config)
        if config.output:
            report.write(config.output)
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else error)
    except ValueError as error:
        return _refuse(error)
    print(json.dumps(report.to_json(), indent=1, ensure_ascii=False) if config.json else report.to_text())
    return 0


def _refuse(reason: object) -> int:
    print(f"people3d benchmark: {reason}", file=sys.stderr)
    return 2


def make_table(config: Benchmark) -> Report:
    """The paper's rows, and one or more for every run."""
    number = int(config.what.removeprefix("table"))
    if number == 8:
        return paper_tables.table(8, *_time(config))
    if not config.run and not config.lifted:
        return paper_tables.table(number, [], {"paper": "its own numbers; add --run LABEL=FILE and --ground-truth"})
    truth = _truth(config, _PROTOCOL.get(number, "mupots"))
    rows: list[Row] = []
    provenance: dict[str, Any] = {}
    if config.lifted and number == 7:
        lifted = open_predictions(config.lifted, _PROTOCOL[7])
        rows, provenance["lifted"] = paper_tables.baseline_rows(config.lifted.stem, lifted, truth)
    for label, file in _runs(config):
        pred = open_predictions(file, _PROTOCOL.get(number, "mupots"))
        found, provenance[label] = paper_tables.rows(number, label, pred, truth)
        rows += found
        if config.lifter and number == 7:
            from people3d.evaluate.lifted import lift_poses

            rows += paper_tables.baseline_rows(label, lift_poses(pred, config.lifter), truth)[0]
    return paper_tables.table(number, rows, provenance)


def _runs(config: Benchmark) -> list[tuple[str, str]]:
    """Label and file of every --run."""
    out = []
    for run in config.run:
        label, _, file = run.partition("=")
        if not file:
            raise ValueError(f"--run: expected LABEL=FILE, got {run!r}")
        out.append((label, file))
    return out


def _truth(config: Benchmark, protocol: str) -> Annotations:
    if config.ground_truth is None:
        raise ValueError(f"--ground-truth: {config.what} needs it")
    return open_ground_truth(config.ground_truth, protocol)


def _time(config: Benchmark) -> tuple[list[Row], dict[str, Any]]:
    """Table 8's rows: what files of predictions say, and the weights timed on the pictures of a folder."""
    from people3d.evaluate.timing import seconds_per_frame, stated_seconds
    from people3d.predictor import Predictor
    from people3d.sources import find_images

    rows: list[Row] = []
    provenance: dict[str, Any] = {}
    for label, file in _runs(config):
        values, provenance[label] = stated_seconds(open_predictions(file).info, file)
        rows.append((label, [*values]))
    if config.images is not None:
        predictor = Predictor(config.weights, device=config.device)
        sources, _ = find_images([config.images])
        timed = seconds_per_frame(predictor, [source.path for source in sources])
        values, provenance[config.weights] = stated_seconds(
            {"weights": dict(predictor.networks.info), **timed.provenance()}, config.weights
        )
        rows.append((config.weights, [*values]))
    return rows, provenance or {"paper": "its own numbers; add --images DIR to time the weights here, or --run"}


def draw(config: Benchmark) -> str:
    """Writes figure 3 or 4 as a page; returns where it lies."""
    from people3d.evaluate import k_figures

    if config.output is None:
        raise ValueError(f"--output: {config.what} needs a folder")
    truth = _truth(config, "generic")
    if config.what == "figure3":
        page = k_figures.page("Figure 3: k against the true depth", k_figures.figure3(truth))
    else:
        images = config.images or pictures_of(config.ground_truth or Path())
        page = k_figures.page("Figure 4: what k cannot tell", k_figures.figure4(truth, images))
    config.output.mkdir(parents=True, exist_ok=True)
    path = config.output / f"{config.what}.html"
    write_whole(path, page)
    return str(path)
