"""A whole set of composites on disk, in MuCo-3DHP's own form, by several processes; goes on where it broke off."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from people3d.data.coco import without_people
from people3d.data.composite import AUGMENTED_SHARE, MAX_TRIES, PEOPLE, composite, draw, has_masks
from people3d.data.mpi_inf_3dhp import FRAMES, Sequence, read_sequence
from people3d.data.muco import LABELS, SETS
from people3d.data.pictures import PictureReader
from people3d.files import write_whole
from people3d.synth.dataset import encode

_PARTS = ".parts"  # labels of the pictures that are done, one file each, until the set is whole


@dataclass(frozen=True)
class CompositeSettings:
    """What decides a set; two sets with equal settings are equal.

    Attributes:
        root: of MPI-INF-3DHP; coco: of COCO, for the backgrounds; None leaves every picture in the studio.
        size: px of the pictures' longer side, 2048 in MuCo-3DHP.
    """

    root: str
    coco: str | None
    seed: int = 0
    size: int = 2048
    people: tuple[int, int] = PEOPLE


def sequences_of(root: Path) -> list[Sequence]:
    """The recordings that people can be cut out of.

    Raises:
        ValueError: there is none, or one that is there is broken.
    """
    names = [f"S{subject}/Seq{n}" for subject in FRAMES for n in (1, 2)]
    there = [root / name for name in names if (root / name / "annot.mat").exists()]
    found = [s for s in map(read_sequence, there) if has_masks(s)]
    if not found:
        raise ValueError(f"{root}: expected S1/Seq1 … with annot.mat, imageSequence/ and FGmasks/, found none of use")
    return found


class Maker:
    """Makes pictures of one set; one a process."""

    def __init__(self, settings: CompositeSettings, output: Path):
        self.settings, self.output = settings, output
        self.sequences = sequences_of(Path(settings.root))
        self.backgrounds = without_people(Path(settings.coco)) if settings.coco else []
        if settings.coco and not self.backgrounds:
            raise ValueError(f"{settings.coco}: expected pictures without people, found none")
        self.reader = PictureReader()

    def make(self, number: int) -> dict[str, Any]:
        """Picture ``number`` (from 1): written, with its record in a file beside the set; returns the record.

        Raises:
            ValueError: no draw had masks of use, or a picture cannot be read.
        """
        rng = np.random.default_rng((self.settings.seed, number))
        augmented = bool(self.backgrounds) and rng.random() < AUGMENTED_SHARE
        behind = self.reader.read(self.backgrounds[rng.integers(len(self.backgrounds))]) if augmented else None
        for _ in range(MAX_TRIES):
            picks = draw(rng, self.sequences, self.settings.people)
            made = composite(picks, self.settings.size, behind, self.reader)
            if made is not None:
                break
        else:
            raise ValueError(f"picture {number}: in {MAX_TRIES} draws the joints lay off the masks")
        picture, entry, rows = made
        name = f"{SETS[augmented]}/{number:06d}.jpg"
        write_whole(self.output / name, encode(picture, ".jpg"))
        record = {"image": {"id": number, "file_name": name, **entry}, "annotations": rows}
        write_whole(self.output / _PARTS / f"{number:06d}.json", json.dumps(record))
        return record


_maker: Maker | None = None  # of this worker process


def _start(settings: CompositeSettings, output: Path) -> None:
    global _maker
    _maker = Maker(settings, output)


def _make(number: int) -> int:
    assert _maker is not None
    _maker.make(number)
    return number


def make_set(output: Path, count: int, settings: CompositeSettings, workers: int = 1) -> Iterator[int]:
    """Make ``count`` pictures into ``output``, yielding each one's number; at the end ``MuCo-3DHP.json``.

    Raises:
        ValueError: the folder holds a set made with other settings, or the sources cannot be used.
    """
    parts = output / _PARTS
    if (output / LABELS).exists():
        raise ValueError(f"{output}: expected no set there yet, {LABELS} is there already")
    maker = Maker(settings, output)
    for folder in (parts, *(output / name for name in SETS)):
        folder.mkdir(parents=True, exist_ok=True)
    record = {k: Path(v).name if k in ("root", "coco") and v else v for k, v in asdict(settings).items()}
    record = json.loads(json.dumps(record))
    kept = parts / "settings.json"
    if kept.exists() and json.loads(kept.read_text()) != record:
        raise ValueError(f"{output}: expected a set begun with the same settings, got {kept.read_text()}")
    write_whole(kept, json.dumps(record))
    todo = [n for n in range(1, count + 1) if not (parts / f"{n:06d}.json").exists()]
    if workers <= 1 or len(todo) < 2:
        for number in todo:
            maker.make(number)
            yield number
    else:
        del maker  # the workers have their own
        context = multiprocessing.get_context("spawn")
        with context.Pool(min(workers, len(todo)), _start, (settings, output)) as pool:
            yield from pool.imap_unordered(_make, todo)
    images, rows = [], []
    for number in range(1, count + 1):
        done = json.loads((parts / f"{number:06d}.json").read_text())
        images.append(done["image"])
        rows += [{"id": len(rows) + n, "image_id": number, **row} for n, row in enumerate(done["annotations"], 1)]
    info = {"description": "composites of MPI-INF-3DHP, by people3d data composite-muco", "settings": record}
    write_whole(output / LABELS, json.dumps({"info": info, "images": images, "annotations": rows}))
    shutil.rmtree(parts)
