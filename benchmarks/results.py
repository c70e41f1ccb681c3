"""Everything that is measured of a set of weights, in one run: tables into the docs and the card, pictures beside them.

    make results KIT=folder        # or: python benchmarks/results.py --kit KIT --synthetic people3d-synth-1

KIT holds ``real_dev`` (frames with truth, never trained on). Between the marks ``<!-- results -->`` and
``<!-- end of results -->`` of docs/evaluation.md and docs/models/NAME.md, all is written by this; the card in the
weights' folder is then the same text as docs/models/NAME.md.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import tyro
from accuracy import predicted_set
from gallery import COLUMNS, MIN_HEIGHT_PX, PERCENTILES, gallery
from marks import replace_between_marks
from result_tables import (
    accuracy_table,
    baseline_table,
    calibration_table,
    demo_table,
    detector_lines,
    flag_table,
    pose_doubts,
    reliability_panels,
)
from tqdm import tqdm

from people3d.evaluate import paper_tables
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.inputs import pictures_of
from people3d.evaluate.report import Report, Table
from people3d.evaluate.timing import machine, seconds_per_frame
from people3d.files import write_whole
from people3d.predictor import Predictor
from people3d.runtime import find_entry, load_weights

FEW = 5  # so many rows of the paper are all shown
SETS = ("h36m_s9", "h36m_frames", "mpi_inf_3dhp", "mupots_lowres")


@dataclass(frozen=True)
class Config:
    """Measure weights on everything there is, and write it into the docs."""

    kit: Path
    """folder with real_dev"""
    synthetic: Path | None = None
    """people3d-synth-1, or its first pictures"""
    packs: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=DIR...")] = ()
    """packs of crops that were trained on: a constant γ for k is chosen on each"""
    joint: Path | None = None
    """table 1: weights of a joint network"""
    lifter: Path | None = None
    """table 7: checkpoint of `people3d train lifting`"""
    weights: str = "default"
    """name or folder of the weights"""
    docs: Path = Path("docs")
    """where evaluation.md and models/ lie"""
    output: Path = Path("runs/results")
    """predictions and the paper's tables as JSON"""
    timed: int = 30
    """table 8: photographs to time"""
    threads: int | None = None
    """of one call; onnxruntime's own choice if not given"""
    limit: int = 0
    """only the first so many pictures of each set"""
    reuse: bool = False
    """take predictions that OUTPUT holds by these weights (not after a new calibration)"""

    def named_packs(self) -> dict[str, Path]:
        pairs = [pack.partition("=") for pack in self.packs]
        if not all(name and folder for name, _, folder in pairs):
            raise ValueError(f"--packs: expected NAME=DIR, got {' '.join(self.packs)}")
        return {name: Path(folder) for name, _, folder in pairs}


def measure(config: Config) -> tuple[list[str], str]:
    """Sections in Markdown, and the reliability diagram as SVG."""
    predictor = Predictor(load_weights(config.weights, threads=config.threads).open())
    real = config.kit / "real_dev"
    paths = {name: real / name / "ground_truth.json" for name in SETS}
    if config.synthetic:
        paths["people3d-synth-1"] = config.synthetic / "ground_truth.json"
    paths["coco"], paths["official_demo"] = real / "coco/photos2d.json", real / "official_demo/demo.json"
    found = {}
    for name, path in tqdm(paths.items(), "sets", disable=None):
        for boxes in ("detector", "true"):
            found[name, boxes] = predicted_set(
                predictor, path, boxes == "true", config.limit, config.output, config.reuse
            )
    scored = {key: both for key, both in found.items() if key[0] not in ("coco", "official_demo")}
    sections = [
        _section("Accuracy, set by set", accuracy_table(scored)),
        _section("Depth against k", baseline_table(scored, config.named_packs())),
        _section("The five people of the released code's demo", demo_table(found["official_demo", "true"])),
        _section("Detector", detector_lines(predictor, real / "coco")),
        _section("Standard deviations", calibration_table(scored), "![reliability](models/reliability.svg)"),
        _section("Flags", flag_table(*found["coco", "true"])),
        _section("Poses named implausible", pose_doubts({**scored, ("coco", "true"): found["coco", "true"]})),
    ]
    if config.synthetic:
        sections.append(_gallery(config, found["people3d-synth-1", "detector"], paths["people3d-synth-1"]))
    sections += [_section(*both) for both in _paper(config, predictor, found, real)]
    return sections, reliability_panels({k[0]: both for k, both in scored.items() if k[1] == "true"})


def _gallery(config: Config, both: tuple[Annotations, Annotations], truth_path: Path) -> str:
    file = config.docs / "models" / f"{config.weights}-people.jpg"
    written, data = cv2.imencode(
        ".jpg", gallery(*both, pictures_of(truth_path))[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80]
    )
    assert written
    write_whole(file, data.tobytes())
    ranks = ", ".join(f"{p}th" for p in PERCENTILES)
    text = (
        f"People of people3d-synth-1, {MIN_HEIGHT_PX} px high or more, in the detector's boxes. Rows: the {COLUMNS} "
        f"people about the {ranks} percentile of PA-MPJPE over limb joints. Truth green, prediction orange."
    )
    return _section("Right and wrong", text, f"![right and wrong](models/{file.name})")


def _paper(config: Config, predictor: Predictor, found: dict, real: Path) -> list[tuple[str, Table]]:
    """The paper's tables that these sets allow, also written to the output folder."""
    reports: list[Report] = []
    pred, truth = found["h36m_s9", "true"]
    rows, provenance = paper_tables.rows(1, f"{config.weights}, one subject and action", pred, truth)
    if config.joint:
        joint = Predictor(load_weights(config.joint, threads=config.threads).open())
        other, _ = predicted_set(joint, real / "h36m_s9/ground_truth.json", True, config.limit, config.output / "joint")
        rows += paper_tables.rows(1, "joint network, the same", other, truth)[0]
    reports.append(paper_tables.table(1, rows, provenance))
    rows, provenance = paper_tables.rows(7, f"{config.weights}, one subject and action", pred, truth)
    if config.lifter:
        from people3d.evaluate.lifted import lift_poses

        rows += paper_tables.baseline_rows("lifted from our 2D", lift_poses(pred, config.lifter), truth)[0]
    reports.append(paper_tables.table(7, rows, provenance))
    if config.synthetic:
        for number in (2, 5, 6, 9, 10):
            rows, provenance = [], {}
            for boxes in ("detector", "true"):
                label = f"people3d-synth-1, {boxes} boxes"
                new, provenance[label] = paper_tables.rows(number, label, *found["people3d-synth-1", boxes])
                rows += new
            reports.append(paper_tables.table(number, rows, provenance))
    pictures = sorted((real / "coco/images").iterdir())[: config.timed]
    timed = seconds_per_frame(predictor, pictures)
    each = timed.people / len(pictures)
    label = f"{config.weights}, {len(pictures)} photographs, {each:.1f} people each; {machine()}"
    reports.append(paper_tables.table(8, [(label, [*timed.seconds.values()])], timed.provenance()["timing"]))
    for report in reports:
        report.write(config.output)
    return [(report.tables[0].title, _only_ours(report.tables[0])) for report in reports]


def _only_ours(table: Table) -> Table:
    """Without the other methods' rows, and without columns in which there is nothing of ours."""
    papers = [row for row in table.rows if str(row[0]).startswith("paper:")]
    others = [row for row in papers if "Ours" not in row[0]] if len(papers) > FEW else []
    rows = [row for row in table.rows if row not in others]
    ours = [row for row in rows if not str(row[0]).startswith("paper:")]
    kept = [n for n in range(len(table.columns)) if n == 0 or any(row[n] != "-" for row in ours)]
    return Table("", [table.columns[n] for n in kept], [[row[n] for n in kept] for row in rows])


def _section(title: str, *parts: Table | str) -> str:
    blocks = ["\n".join(part.to_markdown()) if isinstance(part, Table) else part for part in parts]
    return "\n\n".join([f"### {title}", *blocks])


def main() -> None:
    config = tyro.cli(Config, description=__doc__)
    config.output.mkdir(parents=True, exist_ok=True)
    sections, diagram = measure(config)
    entry = find_entry(config.weights)
    hashes: dict[str, Any] = {kind: network.sha256[:12] for kind, network in entry.networks.items()}
    head = f"Weights `{entry.name}`: " + ", ".join(f"{kind} `{h}…`" for kind, h in hashes.items()) + "."
    if config.limit:
        head += f" Only the first {config.limit} pictures of each set."
    text = "\n\n".join([head, *sections])
    models = config.docs / "models"
    write_whole(models / "reliability.svg", diagram)
    replace_between_marks(config.docs / "evaluation.md", "results", text)
    card = models / f"{entry.name}.md"
    if card.is_file():
        replace_between_marks(card, "results", text.replace("](models/", "]("))
        if entry.card is not None:
            shutil.copyfile(card, entry.folder / entry.card)
    print(json.dumps({"sections": len(sections), "card": str(card), "weights": hashes}, indent=1))


if __name__ == "__main__":
    np.seterr(invalid="ignore")
    main()
