"""MPII Human Pose, as the released code's COCO-like ``annotations/train.json``; 2D only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing, in_skeleton, labelled_images
from people3d.evaluate.annotations import annotations_from_coco, read_json
from people3d.skeleton import SKELETONS


def parts(root: Path, split: str) -> list[Part]:
    labels = first_existing(root / "annotations" / "train.json", root / "train.json")
    return [Part("train.json", (labels, root / "images"), lambda: _images(root, labels))]


def _images(root: Path, labels: Path) -> Iterator[LabelledImage]:
    # The file calls the top of the head Head, or says nothing; the order is known.
    people = annotations_from_coco(in_skeleton(read_json(labels), "mpii16", str(labels)), str(labels))
    prefix = root / "images"
    return labelled_images(
        people, lambda image: first_existing(root / image["file_name"], prefix / Path(image["file_name"]).name)
    )


MPII = Dataset(
    name="mpii",
    title="MPII Human Pose",
    skeleton=SKELETONS["mpii16"],
    splits=("train",),
    parts=parts,
    published={"train": Counts("the data set's page: around 25,000 images, over 40,000 people, test set included")},
    has_depth=False,
)
