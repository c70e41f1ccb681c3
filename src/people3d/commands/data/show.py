"""``people3d data show``: browse samples with boxes, joints and depth drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from people3d.commands import parse
from people3d.commands.data import report
from people3d.files import write_whole


@dataclass(frozen=True)
class ShowData:
    """Draw the labels of samples into their pictures."""

    name: Annotated[str, tyro.conf.Positional]
    """human36m, mpii, muco, coco, mupots, pw3d, mpi-inf-3dhp, or own (your set in our schema)"""
    root: Path
    """the data set's folder; own: also its JSON"""
    output: Path | None = None
    """NAME.png for a contact sheet, NAME.html for a page; both, called as the data set, if not given"""
    split: str | None = None
    """of the data set, if not the first"""
    samples: int = 24
    """how many pictures, drawn at random"""
    seed: int = 0


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something was missing or broken; what is good is shown all the same."""
    from people3d.data.datasets import get_dataset
    from people3d.data.samples import labels_of
    from people3d.data.show import contact_sheet, page, sample, shown
    from people3d.synth.dataset import encode

    options = parse(ShowData, "data show", args)
    if options.output is not None and options.output.suffix not in (".png", ".html"):
        raise ValueError(f"--output {options.output}: expected NAME.png or NAME.html")
    if options.samples < 1:
        raise ValueError(f"--samples: expected 1 or more, got {options.samples}")
    dataset = get_dataset(options.name)
    outputs = [options.output] if options.output else [Path(f"{dataset.name}.png"), Path(f"{dataset.name}.html")]
    problems: list[str] = []
    chosen = sample(labels_of(dataset, options.root, options.split, problems), options.samples, options.seed)
    pictures = list(shown(chosen, problems))
    if not pictures:
        return report("show", [*problems, f"{options.root}: no picture to show"])
    for path in outputs:
        path.parent.mkdir(parents=True, exist_ok=True)
        title = f"{dataset.title}, {options.split or dataset.splits[0]}"
        write_whole(path, page(title, pictures) if path.suffix == ".html" else encode(contact_sheet(pictures), ".png"))
        print(path)
    return report("show", problems)
