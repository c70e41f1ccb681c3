"""``people3d data check``: what of a data set is there, missing or broken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from people3d.commands import parse
from people3d.commands.data import report


@dataclass(frozen=True)
class CheckData:
    """Read all labels of a data set, look for its pictures, and count against what is published."""

    name: Annotated[str, tyro.conf.Positional]
    """human36m, mpii, muco, coco, mupots, pw3d, mpi-inf-3dhp, or own (your set in our schema)"""
    root: Path
    """the data set's folder; own: also its JSON"""
    split: str | None = None
    """check only this split; all of them if not given"""
    decode: int = 100
    """how many pictures, drawn at random, to decode as well"""
    json: bool = False
    """print one JSON document and nothing else"""


def main(args: list[str]) -> int:
    """Returns 0 where everything is there and whole, else 2."""
    from people3d.data.check import check
    from people3d.data.datasets import get_dataset

    options = parse(CheckData, "data check", args)
    dataset = get_dataset(options.name)
    splits = [options.split] if options.split else list(dataset.splits)
    reports = [check(dataset, options.root, split, options.decode) for split in splits]
    if options.json:
        print(json.dumps([r.document() for r in reports]))
        return 0 if all(r.ok for r in reports) else 2
    print("\n\n".join("\n".join(r.lines()) for r in reports))
    problems = []
    for r in reports:
        bad = [f"{part.name} {part.state}" for part in r.parts if part.state != "ok"]
        bad += [f"{times:,} × {problem}" for problem, times in r.problems.items()]
        if bad:
            problems.append(f"{r.dataset} {r.split}: {'; '.join(bad)}")
    return report("check", problems)
