"""COCO keypoints: ``annotations/person_keypoints_{train,val}2017.json`` and the pictures; 2D only.

Thorax and Pelvis are the means of shoulders and hips, labelled where both are. Crowds, and people without a labelled
joint, are left out (rule 8).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing, labelled_images
from people3d.evaluate.annotations import load_annotations, read_json
from people3d.skeleton import SKELETONS

SPLITS = ("train", "val")


def _files(root: Path, split: str) -> tuple[Path, Path]:
    """Labels and pictures: the released code has ``images/train2017``, COCO's own archives ``train2017``."""
    labels = root / "annotations" / f"person_keypoints_{split}2017.json"
    return labels, first_existing(root / "images" / f"{split}2017", root / f"{split}2017", root / "images" / split)


def parts(root: Path, split: str) -> list[Part]:
    labels, pictures = _files(root, split)
    return [Part(labels.name, (labels, pictures), lambda: _images(labels, pictures))]


def _images(labels: Path, pictures: Path) -> Iterator[LabelledImage]:
    return labelled_images(load_annotations(labels), lambda image: pictures / image["file_name"])


def without_people(root: Path, split: str = "train") -> list[Path]:
    """The pictures of a split in which COCO labels nobody, crowds included: the paper's backgrounds (section 7).

    Raises:
        FileNotFoundError: labels or pictures are missing.
        ValueError: the labels are not COCO's.
    """
    labels, pictures = _files(root, split)
    for path in (labels, pictures):
        if not path.exists():
            raise FileNotFoundError(f"{path}: missing")
    document = read_json(labels)
    try:
        peopled = {row["image_id"] for row in document["annotations"]}
        return [pictures / i["file_name"] for i in document["images"] if i["id"] not in peopled]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{labels}: expected COCO's images and annotations ({error})") from None


COCO = Dataset(
    name="coco",
    title="COCO keypoints 2017",
    skeleton=SKELETONS["coco19"],
    splits=SPLITS,
    parts=parts,
    published={
        "train": Counts("COCO 2017: people with labelled joints", people=149_813),
        "val": Counts("COCO 2017: people with labelled joints", people=6_352),
    },
    has_depth=False,
)
