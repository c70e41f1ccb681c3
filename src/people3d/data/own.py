"""A set of your own, or one made by ``people3d synthesize``: one JSON in our COCO-style schema (docs/formats.md).

Joints may be in any of our skeletons or in one of your own whose joints have our names. People with 2D alone are 2D
data: they have no depth loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from people3d.data.labels import Dataset, LabelledImage, Part, first_existing, labelled_images
from people3d.evaluate.annotations import load_annotations
from people3d.skeleton import SKELETONS

HIDDEN_WEIGHT = 0.5  # of a joint flagged 1, hidden, against one that is seen


def find_labels(root: Path) -> Path:
    """The JSON: ``root`` itself, ``ground_truth.json`` or ``annotations.json`` in it, or the only JSON there is."""
    if root.is_file():
        return root
    named = first_existing(root / "ground_truth.json", root / "annotations.json")
    others = sorted(root.glob("*.json"))
    return others[0] if not named.exists() and len(others) == 1 else named


def parts(root: Path, split: str) -> list[Part]:
    labels = find_labels(root)
    return [Part(labels.name, (labels,), lambda: _images(labels))]


def _images(labels: Path) -> Iterator[LabelledImage]:
    people = load_annotations(labels)
    if not len(people.skeleton):
        raise ValueError(f"{labels}: expected a category that names the joints in 'keypoints', and people with joints")
    hidden = (people.joint_flags == 1) | (np.nan_to_num(people.occluded) > 0)
    weights = np.where(people.joint_flags > 0, np.where(hidden, HIDDEN_WEIGHT, 1.0), 0.0)
    folder = labels.parent
    return labelled_images(
        people,
        lambda image: first_existing(folder / image["file_name"], folder / "images" / image["file_name"]),
        weights=weights,
        upright=True,
    )


OWN = Dataset(name="own", title="a set in our schema", skeleton=SKELETONS["muco21"], splits=("all",), parts=parts)
