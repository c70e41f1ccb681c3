"""A protocol's figures with their provenance, as JSON, Markdown or a table for the terminal."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import people3d
from people3d.evaluate.annotations import Annotations
from people3d.files import write_whole


@dataclass(frozen=True)
class Table:
    """Rows of a label and numbers (or text), as people read them."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def cells(self) -> list[list[str]]:
        return [[_cell(v) for v in row] for row in self.rows]

    def to_markdown(self) -> list[str]:
        """The lines of a Markdown table, the first column to the left."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        rows = [[cell.replace("|", "\\|") for cell in row] for row in self.cells()]
        return [f"| {' | '.join(row)} |" for row in (list(self.columns), rule, *rows)]


@dataclass(frozen=True)
class Report:
    """What a protocol found.

    Attributes:
        protocol: its name.
        provenance: where the figures come from; see :func:`provenance`.
        figures: all of them under stable names.
        tables: the same for the eye.
        people: columns of equal length, one row a scored person (image, truth and prediction index, errors).
    """

    protocol: str
    provenance: dict[str, Any]
    figures: dict[str, Any]
    tables: Sequence[Table]
    people: dict[str, np.ndarray]

    def to_json(self) -> dict[str, Any]:
        """One document: protocol, provenance and every figure; what is not a number is null."""
        return _plain({"protocol": self.protocol, "provenance": self.provenance, **self.figures})

    def write(self, folder: Path) -> None:
        """``PROTOCOL.json`` and ``PROTOCOL.md`` in the folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{self.protocol}.json", json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n")
        write_whole(folder / f"{self.protocol}.md", self.to_markdown())

    def to_markdown(self) -> str:
        parts = [f"## {self.protocol}"]
        parts += ["\n".join([f"**{table.title}**", "", *table.to_markdown()]) for table in self.tables]
        parts.append("\n".join(f"- {k}: {v}" for k, v in self._provenance_lines()))
        return "\n\n".join(parts) + "\n"

    def to_text(self) -> str:
        parts = []
        for table in self.tables:
            cells = [list(table.columns), *table.cells()]
            widths = [max(len(row[n]) for row in cells) for n in range(len(table.columns))]
            lines = [
                "  ".join(
                    c.ljust(w) if n == 0 else c.rjust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))
                )
                for row in cells
            ]
            parts.append("\n".join([table.title, lines[0], "-" * len(lines[0]), *lines[1:]]))
        lines = self._provenance_lines()
        width = max((len(k) for k, _ in lines), default=0)
        parts.append("\n".join(f"{k:<{width}}  {v}" for k, v in lines))
        return "\n\n".join(parts)

    def _provenance_lines(self) -> list[tuple[str, str]]:
        """Key and text, line by line; of several runs each with its label before it."""
        lines = []
        for key, value in self.provenance.items():
            run = isinstance(value, dict) and "protocol" in value
            found = {f"{key}: {k}": v for k, v in value.items()} if run else {key: value}
            lines += [(k.replace("_", " "), _text(v)) for k, v in found.items()]
        return lines


def provenance(pred: Annotations, truth: Annotations, protocol: str, **more: Any) -> dict[str, Any]:
    """What a score must carry so that it can be traced: protocol, boxes, camera, weights, counts, version."""
    focal = Counter(str(i["focal_source"]) for i in pred.images if i.get("focal_source"))
    camera = " ".join(f"{n} x {name}" for name, n in focal.items()) or "not stated in the predictions"
    return {
        "protocol": protocol,
        "predictions": pred.source,
        "ground_truth": truth.source,
        "boxes": pred.info.get("boxes") or pred.info.get("detector") or "not stated in the predictions",
        "camera": camera,
        "weights": pred.info.get("weights") or "not stated in the predictions",
        "predicted_by": pred.info.get("version") or "not stated in the predictions",
        "images": len(truth.images),
        "people": int(truth.valid.sum()),
        "people_not_valid": int((~truth.valid).sum()),
        "people_predicted": len(pred),
        **more,
        "version": people3d.__version__,
    }


def _plain(value: Any) -> Any:
    """Numpy and NaN as JSON knows them."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.1f}" if math.isfinite(value) else "-"
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_text(v)}" for k, v in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
