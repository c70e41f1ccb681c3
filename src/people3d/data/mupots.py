"""MuPoTS-3D: the released code's ``MuPoTS-3D.json``, or the set as published with ``TSn/annot.mat``. A test set.

The published set does not tell the cameras; they are fitted, one a sequence, to its joints in space and in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing, labelled_images
from people3d.data.pinhole_fit import fit_camera
from people3d.evaluate.annotations import load_annotations
from people3d.evaluate.released import load_mupots_folder
from people3d.skeleton import SKELETONS

LABELS, PICTURES = "MuPoTS-3D.json", "MultiPersonTestSet"
SEQUENCES = 20


def parts(root: Path, split: str) -> list[Part]:
    """The JSON, where there is one; else a part a sequence."""
    labels = first_existing(root / LABELS, root / "data" / LABELS)
    pictures = first_existing(labels.parent / PICTURES, root / PICTURES, root)
    if labels.exists():
        return [Part(LABELS, (labels, pictures), lambda: _from_json(labels, pictures))]
    out = []
    for name in (f"TS{n}" for n in range(1, SEQUENCES + 1)):
        needs = (pictures / name / "annot.mat",)
        out.append(Part(name, needs, lambda name=name: _from_mat(pictures, name)))
    return out


def _from_json(labels: Path, pictures: Path) -> Iterator[LabelledImage]:
    people = load_annotations(labels, unnamed=("muco17", "muco21"))
    return labelled_images(people, lambda image: pictures / image["file_name"])


def _from_mat(pictures: Path, sequence: str) -> Iterator[LabelledImage]:
    people = load_mupots_folder(pictures, sequence)
    valid = people.valid
    camera = fit_camera(
        people.joints_cam_mm[valid].reshape(-1, 3), people.joints_px[valid].reshape(-1, 2), str(pictures / sequence)
    )
    hidden = np.nan_to_num(people.occluded) > 0
    weights = np.where(np.isfinite(people.joints_px).all(-1), np.where(hidden, 0.5, 1.0), 0.0)
    return labelled_images(people, lambda image: pictures / image["file_name"], lambda _: camera, weights)


MUPOTS = Dataset(
    name="mupots",
    title="MuPoTS-3D",
    skeleton=SKELETONS["muco17"],
    splits=("test",),
    parts=parts,
    published={"test": Counts("paper, section 7: 20 scenes")},
)
