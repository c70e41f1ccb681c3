"""MuCo-3DHP, the authors' or our own: ``MuCo-3DHP.json`` with ``augmented_set/`` and ``unaugmented_set/``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from people3d.camera import Camera
from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing, labelled_images
from people3d.data.rules import closest_and_apart
from people3d.evaluate.annotations import load_annotations
from people3d.skeleton import SKELETONS

LABELS = "MuCo-3DHP.json"
SETS = ("unaugmented_set", "augmented_set")


def parts(root: Path, split: str) -> list[Part]:
    labels = first_existing(root / LABELS, root / "data" / LABELS)
    needs = (labels, *(labels.parent / name for name in SETS))
    return [Part(LABELS, needs, lambda: _images(labels))]


def _camera(image: dict) -> Camera:
    return Camera(*image["f"], *image["c"])


def _images(labels: Path) -> Iterator[LabelledImage]:
    people = load_annotations(labels, unnamed=("muco21",))
    for image in labelled_images(people, lambda entry: labels.parent / entry["file_name"], _camera):
        yield image.keep(closest_and_apart(image.roots_cam_mm))


MUCO = Dataset(
    name="muco",
    title="MuCo-3DHP",
    skeleton=SKELETONS["muco21"],
    splits=("train",),
    parts=parts,
    published={"train": Counts("paper, section 7: composited frames", images=400_000)},
)
