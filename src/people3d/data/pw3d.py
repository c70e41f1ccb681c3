"""3DPW: ``3DPW_{train,validation,test}.json`` and ``imageFiles/SEQUENCE/``. In metres on disk, in mm from here on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from people3d.camera import Camera
from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing, in_skeleton, labelled_images
from people3d.evaluate.annotations import read_json
from people3d.evaluate.released import annotations_from_pw3d
from people3d.skeleton import SKELETONS

SEQUENCES = {"train": 24, "validation": 12, "test": 24}


def parts(root: Path, split: str) -> list[Part]:
    name = f"3DPW_{split}.json"
    labels = first_existing(root / name, root / "data" / name)
    pictures = first_existing(labels.parent / "imageFiles", root / "imageFiles")
    return [Part(name, (labels, pictures), lambda: _images(labels, pictures))]


def _camera(image: dict) -> Camera:
    return Camera(*image["cam_param"]["focal"], *image["cam_param"]["princpt"])


def _images(labels: Path, pictures: Path) -> Iterator[LabelledImage]:
    people = annotations_from_pw3d(in_skeleton(read_json(labels), "smpl24", str(labels)), str(labels))
    # The pixels of the joints are not in the file: they come from the camera.
    return labelled_images(
        people,
        lambda image: pictures / str(image.get("sequence", "")) / image["file_name"],
        _camera,
        inside_only=True,
    )


PW3D = Dataset(
    name="pw3d",
    title="3DPW",
    skeleton=SKELETONS["smpl24"],
    splits=tuple(SEQUENCES),
    parts=parts,
    published={split: Counts(f"3DPW: {n} sequences") for split, n in SEQUENCES.items()},
)
