"""``people3d data composite-muco``: make MuCo-3DHP from MPI-INF-3DHP, as the paper did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from people3d.commands import parse


@dataclass(frozen=True)
class Composite:
    """Paste people of MPI-INF-3DHP together by depth, half of the pictures before COCO pictures without people.

    The output is a MuCo-3DHP folder: `people3d data pack muco --root OUTPUT` reads it. Interrupted, it goes on.
    """

    root: Path
    """MPI-INF-3DHP: S1/Seq1 … with annot.mat, camera.calibration, imageSequence/, FGmasks/, ChairMasks/"""
    output: Path
    coco: Path | None = None
    """COCO: annotations/person_keypoints_train2017.json and train2017/, for the backgrounds; without it every picture
    keeps the studio"""
    frames: int = 400_000
    """how many pictures; the paper made 400,000"""
    people: tuple[int, int] = (1, 4)
    """fewest and most people in a picture"""
    size: int = 2048
    """px of a picture's side; the studio's cameras have 2048"""
    seed: int = 0
    workers: int = 1
    """processes"""


def main(args: list[str]) -> int:
    """Returns 0; bad input raises."""
    from tqdm import tqdm

    from people3d.data.composite_set import CompositeSettings, make_set

    options = parse(Composite, "data composite-muco", args)
    low, high = options.people
    if not 1 <= low <= high:
        raise ValueError(f"--people: expected A B with 1 <= A <= B, got {low} {high}")
    if options.frames < 1 or options.size < 64:
        raise ValueError(f"expected --frames of 1 and --size of 64 or more, got {options.frames} and {options.size}")
    for name, folder in (("--root", options.root), ("--coco", options.coco)):
        if folder is not None and not folder.is_dir():
            raise ValueError(f"{name} {folder}: expected a folder, found none")
    settings = CompositeSettings(
        root=str(options.root),
        coco=str(options.coco) if options.coco else None,
        seed=options.seed,
        size=options.size,
        people=options.people,
    )
    made = make_set(options.output, options.frames, settings, options.workers)
    for _ in tqdm(made, total=options.frames, unit="picture", disable=None):
        pass
    print(options.output / "MuCo-3DHP.json")
    return 0
