"""``people3d data pack``: cut person crops once, for training."""

from __future__ import annotations

import itertools
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from people3d.commands import parse
from people3d.commands.data import report


@dataclass(frozen=True)
class PackData:
    """Write packs of person crops into OUTPUT/000, OUTPUT/001 …: a source for `people3d train`."""

    source: Annotated[str, tyro.conf.Positional]
    """human36m, mpii, muco, coco, mupots, pw3d, mpi-inf-3dhp, own (your set in our schema), photos, or synthetic
    (rendered now; with --root, a folder that `people3d synthesize` made)"""
    output: Path
    """folder of the packs; of one pack for photos"""
    root: Path | None = None
    """the data set's folder; photos: the one with labels.npz and images/"""
    split: str | None = None
    """of the data set, if not the first: human36m has train-p2, train-p1, test-p2, test-p1"""
    skeleton: str | None = None
    """joints of the pack; the data set's own if not given: training brings each pack to the skeleton that it needs"""
    depth_range: tuple[float, float] | None = None
    """leave out people whose root is nearer or further, mm; 1500 7500 is the released RootNet's for MuCo"""
    limit: int | None = None
    """at most so many people in all"""
    people: int = 4000
    """at most so many people a pack"""
    crop_px: int = 192
    """how finely crop boxes are kept, px a side (249 KB a person); 256 suits the networks of the paper (442 KB)"""
    workers: int = 1
    """data sets: processes that read the pictures; synthetic: packs that are made at once"""
    unusual: bool = False
    """photos: only people who lie, sit, crouch or tumble, for another source of which a batch can have more"""
    shards: int = 1
    """synthetic: how many packs; those already there are kept"""
    seed: int = 1
    mocap: Path | None = None
    """synthetic: folder of motion capture for half of the poses"""
    postures: tuple[str, ...] = ()
    """synthetic: everybody in front in one of these, such as `lying` or `all fours` (people3d.synth.pose.POSTURES)"""
    backgrounds: Path | None = None
    """synthetic: folder of photographs; of those with people only parts without, by a boxes.json beside the folder"""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something was missing or broken; what is good is packed all the same."""
    from tqdm import tqdm

    from people3d.data.datasets import get_dataset
    from people3d.data.pack import PACK_MARGIN, write_pack, write_packs

    options = parse(PackData, "data pack", args)
    if options.people < 1:
        raise ValueError(f"--people: expected 1 or more, got {options.people}")
    if not 32 <= options.crop_px <= 1024:
        raise ValueError(f"--crop-px: expected 32 to 1024, got {options.crop_px}")
    if options.unusual and options.source != "photos":
        raise ValueError(f"--unusual: expected the source photos, got {options.source}")
    size = round(options.crop_px * PACK_MARGIN)
    if options.source == "synthetic" and options.root is None:
        return _render(options)
    if options.root is None:
        raise ValueError(f"{options.source}: name its folder with --root")
    if options.source == "photos":
        from people3d.data import photos

        people = tqdm(photos.people(options.root), disable=None)
        chosen = filter(photos.is_unusual, people) if options.unusual else people
        print(write_pack(options.output, chosen, options.people, None, size))
        return 0
    from people3d.data.packing import Packing, packed_people
    from people3d.data.samples import in_range, labels_of, own_skeleton

    dataset = get_dataset("own" if options.source == "synthetic" else options.source)
    problems: list[str] = []
    skeleton = options.skeleton or own_skeleton(dataset, options.root, options.split).name
    images = in_range(labels_of(dataset, options.root, options.split, problems), options.depth_range)
    stream = packed_people(images, Packing(skeleton, dataset.has_depth, size), problems, options.workers)
    stream = itertools.islice(tqdm(stream, unit="person", disable=None), options.limit)
    about = {
        "dataset": dataset.name,
        "split": options.split or dataset.splits[0],
        "skeleton": skeleton,
        "has_depth": dataset.has_depth,
        "depth_range_mm": options.depth_range,
    }
    try:
        for folder in write_packs(options.output, stream, options.people, about):
            print(folder, flush=True)
    except ValueError as error:
        problems.append(str(error))
    return report("pack", problems)


def _render(options: PackData) -> int:
    from people3d.synth.pose import POSTURES
    from people3d.synth.workers import run

    if min(options.workers, options.shards) < 1:
        raise ValueError(f"--workers, --shards: expected 1 or more, got {options.workers} and {options.shards}")
    if unknown := [name for name in options.postures if name not in POSTURES]:
        raise ValueError(f"--postures: expected some of {', '.join(POSTURES)}, got {', '.join(unknown)}")
    numbers = [n for n in range(options.shards) if not (options.output / f"{n:03d}").is_dir()]
    try:
        for done in run(_render_pack, [(options, n) for n in numbers], options.workers, _tell):
            print(done, flush=True)
    except RuntimeError as error:
        _tell(error)
        return 2
    return 0


def _tell(line: object) -> None:
    print(f"people3d data pack: {line}", file=sys.stderr)


def _render_pack(job: tuple[PackData, int]) -> str:
    """One pack of synthetic people, in a process of its own."""
    from tqdm import tqdm

    from people3d.data import synthetic
    from people3d.data.pack import PACK_MARGIN, write_pack

    options, number = job
    folder = options.output / f"{number:03d}"
    for broken_off in options.output.glob(f"{folder.name}.partial*"):
        shutil.rmtree(broken_off)
    stream = synthetic.people(
        options.seed,
        number,
        options.shards,
        mocap=options.mocap,
        backgrounds=options.backgrounds,
        postures=options.postures,
    )
    row = number % options.workers
    bar = tqdm(stream, total=options.people, desc=folder.name, unit="person", disable=None, position=row)
    about = {"dataset": "synthetic", "skeleton": "muco21"}
    size = round(options.crop_px * PACK_MARGIN)
    return f"{folder} {write_pack(folder, bar, options.people, about, size)}"
