"""``people3d data pack``: cut person crops once, for training."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class PackData:
    """Write packs of person crops into OUTPUT, for `people3d train`; or cuts without people, as backdrops."""

    source: Annotated[Literal["photos", "synthetic", "backgrounds"], tyro.conf.Positional]
    output: Path
    """Folder of the pack; of numbered packs where there are several."""
    root: Path | None = None
    """photos: the folder with labels.npz and images/; backgrounds: the one with boxes.json and images/."""
    people: int = 4000
    """At most so many people a pack."""
    shards: int = 1
    """synthetic: how many packs; those already there are kept."""
    seed: int = 1
    mocap: Path | None = None
    """synthetic: folder of motion capture for half of the poses."""
    backgrounds: Path | None = None
    """synthetic: folder of photographs without people."""


def main(args: list[str]) -> int:
    if args[:1] != ["pack"]:
        print("usage: people3d data pack photos|synthetic --output DIR …", file=sys.stderr)
        return 2
    options = tyro.cli(PackData, args=args[1:], prog="people3d data pack")
    try:
        _pack(options)
    except (ValueError, FileNotFoundError, ImportError) as error:
        print(f"people3d data: {error}", file=sys.stderr)
        return 2
    return 0


def _pack(options: PackData) -> None:
    from tqdm import tqdm

    from people3d.data.pack import write_pack

    if options.source == "photos":
        from people3d.data import photos

        if options.root is None:
            raise ValueError("photos: name their folder with --root")
        print(write_pack(options.output, tqdm(photos.people(options.root), disable=None), options.people))
        return
    if options.source == "backgrounds":
        import cv2

        from people3d.data import backgrounds

        if options.root is None:
            raise ValueError("backgrounds: name the folder of photographs with person boxes with --root")
        options.output.mkdir(parents=True, exist_ok=True)
        for name, cut in tqdm(backgrounds.cuts(options.root, options.seed), disable=None):
            cv2.imwrite(str(options.output / name), cut)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("LP_NUM_THREADS", "1")
    from people3d.data import synthetic

    for shard in range(options.shards):
        folder = options.output / f"{shard:03d}"
        if folder.is_dir():
            continue
        stream = synthetic.people(
            options.seed, shard, options.shards, mocap=options.mocap, backgrounds=options.backgrounds
        )
        bar = tqdm(stream, total=options.people, desc=folder.name, unit="person", disable=None)
        print(folder, write_pack(folder, bar, options.people), flush=True)
