"""Opens whatever a user has: our JSON, COCO, the released code's files, the original MuPoTS-3D folder."""

from __future__ import annotations

from pathlib import Path

from people3d.evaluate.annotations import Annotations, annotations_from_coco, read_json
from people3d.evaluate.human36m_folder import is_human36m, load_human36m_folder
from people3d.evaluate.protocols.human36m import TEST_SUBJECTS
from people3d.evaluate.released import (
    annotations_from_list,
    annotations_from_pw3d,
    load_mupots_folder,
    load_mupots_mat,
)

# What a file that does not name its joints (as the released code's do not) holds, by protocol.
UNNAMED = {
    "mupots": ("muco17", "muco21"),
    "root-ap": ("muco17", "muco21"),
    "human36m-p1": ("h36m17", "h36m18"),
    "human36m-p2": ("h36m17", "h36m18"),
    "pw3d": ("smpl24",),
}


def open_predictions(path: str | Path, protocol: str = "generic") -> Annotations:
    """``people3d.json``, a list of the released code, or its MuPoTS-3D .mat files (either one, or their folder).

    Raises:
        ValueError, OSError: with the file's name and what was expected.
    """
    path = Path(path)
    if path.is_dir() and (path / "people3d.json").is_file():
        path = path / "people3d.json"
    if path.is_dir() or path.suffix == ".mat":
        return load_mupots_mat(path)
    document = read_json(path)
    if isinstance(document, list):
        return annotations_from_list(document, str(path))
    return annotations_from_coco(document, str(path), UNNAMED.get(protocol, ()))


def open_ground_truth(path: str | Path, protocol: str = "generic") -> Annotations:
    """Ground truth in our schema, COCO's, the released code's (MuPoTS-3D.json, 3DPW_test.json, Human3.6M's
    annotations folder), or MuPoTS-3D's folder.

    Raises:
        ValueError, OSError: with the file's name and what was expected.
    """
    path = Path(path)
    if path.is_dir() and (path / "ground_truth.json").is_file():
        path = path / "ground_truth.json"
    if path.is_dir() and is_human36m(path):
        return load_human36m_folder(path, TEST_SUBJECTS[1 if protocol == "human36m-p1" else 2])
    if path.is_dir():
        return load_mupots_folder(path)
    document = read_json(path)
    if isinstance(document, dict) and isinstance(document.get("persons"), list):
        return _demo(document, str(path))
    rows = document.get("annotations") if isinstance(document, dict) else None
    if isinstance(rows, list) and any(isinstance(r, dict) and "joint_cam" in r for r in rows):
        return annotations_from_pw3d(document, str(path))
    return annotations_from_coco(document, str(path), UNNAMED.get(protocol, ()))


def pictures_of(ground_truth: Path) -> Path:
    """Where the pictures of a ground truth probably are: ``images`` beside the file, else its folder."""
    folder = ground_truth if ground_truth.is_dir() else ground_truth.parent
    return folder / "images" if (folder / "images").is_dir() else folder


def _demo(document: dict, source: str) -> Annotations:
    """One picture's people with the depths that the released RootNet gives them (a list ``persons``)."""
    rows = []
    for n, person in enumerate(document["persons"]):
        if not isinstance(person, dict):
            raise ValueError(f"{source}: person {n}: expected an object, got {str(person)[:40]!r}")
        names = {
            "bbox": "bbox",
            "root_depth_mm": "root_depth_mm",
            "root_cam": "root_cam_mm",
            "keypoints": "coco_keypoints",
        }
        rows.append({"id": n, "image_id": 0} | {ours: person.get(theirs) for ours, theirs in names.items()})
    image = {
        "id": 0,
        "file_name": document.get("image"),
        "width": document.get("width"),
        "height": document.get("height"),
    }
    if len(document.get("focal") or ()) == 2 and len(document.get("princpt") or ()) == 2:
        image["intrinsic"] = [float(v) for v in (*document["focal"], *document["princpt"])]
    return annotations_from_coco({"images": [image], "annotations": rows}, source)
