"""Files that the paper's released code reads and writes, and MuPoTS-3D as its authors publish it, as Annotations.

Facts of the released code: its RootNet writes a list of ``{image_id, bbox, root_cam, score}`` with *extended* boxes,
which are not used here (extending them again is the classic mistake); its PoseNet writes such a list with a
root-relative ``joint_cam`` for Human3.6M, and two .mat files for MuPoTS-3D. Its 3DPW files are in metres.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from people3d.evaluate.annotations import Annotations, annotations_from_coco
from people3d.skeleton import SKELETONS

MM_PER_M = 1000.0
_FARTHEST_M = 200.0  # a root beyond it is not in metres
_JOINT_CAM = {18: "h36m18", 17: "h36m17", 21: "muco21"}  # joints of a released list → its skeleton


def category(skeleton: str) -> list[dict]:
    """The categories of a file whose people have this skeleton."""
    return [{"id": 1, "name": "person", "keypoints": list(SKELETONS[skeleton].joints)}]


def annotations_from_list(rows: list, source: str) -> Annotations:
    """``bbox_root_*_output.json``, ``rootnet_pw3d_output.json`` or PoseNet's list for Human3.6M.

    A list with ``ann_id`` is 3DPW's and in metres. Raises ``ValueError`` where an entry lacks ``image_id`` or
    ``root_cam``.
    """
    for n, row in enumerate(rows):
        if not isinstance(row, dict) or "image_id" not in row or np.size(row.get("root_cam", ())) != 3:
            raise ValueError(f"{source}: entry {n}: expected image_id and a root_cam of 3 numbers, got {str(row)[:60]}")
    metres = any("ann_id" in row for row in rows)
    unit = MM_PER_M if metres else 1.0
    if metres and np.median([abs(row["root_cam"][2]) for row in rows]) > _FARTHEST_M:
        raise ValueError(f"{source}: expected 3DPW's roots in metres, got depths of hundreds of them")
    out, joints = [], {len(row["joint_cam"]) for row in rows if "joint_cam" in row}
    if joints - set(_JOINT_CAM) or len(joints) > 1:
        raise ValueError(f"{source}: joint_cam: expected 17, 18 or 21 joints everywhere, got {sorted(joints)}")
    for n, row in enumerate(rows):
        root = unit * np.array(row["root_cam"], float).reshape(3)
        entry = {"id": n, "image_id": row["image_id"], "root_cam": root, "score": row.get("score", 1.0)}
        if "joint_cam" in row:
            entry["keypoints_cam"] = np.array(row["joint_cam"], float).reshape(-1, 3) + root
        if "ann_id" in row:
            entry["ann_id"] = row["ann_id"]
        out.append(entry)
    document = {
        "info": {"boxes": "those of the released code's file, already extended, not used"},
        "images": [{"id": i} for i in dict.fromkeys(row["image_id"] for row in rows)],
        "annotations": out,
        "categories": category(_JOINT_CAM[joints.pop()]) if joints else [],
    }
    return annotations_from_coco(document, source)


def annotations_from_pw3d(document: dict, source: str) -> Annotations:
    """``3DPW_{train,validation,test}.json``: ``joint_cam`` of 24 joints in metres."""
    rows = [
        {**{k: v for k, v in row.items() if k in ("id", "image_id", "bbox")}, "keypoints_cam": _metres(row, source)}
        for row in document["annotations"]
    ]
    return annotations_from_coco({**document, "annotations": rows, "categories": category("smpl24")}, source)


def _metres(row: dict, source: str) -> np.ndarray:
    joints = np.array(row.get("joint_cam"), float)
    if joints.size != 72:
        raise ValueError(
            f"{source}: annotation {row.get('id')}: joint_cam: expected 24 x 3 metres, got {joints.size} numbers"
        )
    return MM_PER_M * joints.reshape(24, 3)


def load_mat(path: Path) -> dict[str, Any]:
    """The variables of a MATLAB file; ``ValueError`` in one line where it is none."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise ValueError(f"{path}: reading .mat files needs scipy: pip install people3d[evaluate]") from None
    with path.open("rb") as file:
        try:
            return loadmat(file)
        except Exception as error:  # scipy raises many kinds for a file that is cut off or something else
            raise ValueError(f"{path}: expected a MATLAB file, scipy finds none ({type(error).__name__})") from None


def load_mupots_mat(path: str | Path) -> Annotations:
    """The released PoseNet's ``preds_2d_kpt_mupots.mat`` and ``preds_3d_kpt_mupots.mat``.

    Args:
        path: either of the two, or their folder. Keys are ``TS1_img_000000``, values people x joints x 2 or 3.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    name = "preds_{}_kpt_mupots.mat" if path.is_dir() else re.sub("[23]d", "{}", path.name, count=1)
    flat, deep = (load_mat(folder / name.format(d)) for d in ("2d", "3d"))
    images, rows = [], []
    for key in (k for k in deep if not k.startswith("__")):
        found = re.fullmatch(r"(TS\d+)_(img_\d+)", key)
        if not found or key not in flat:
            raise ValueError(f"{folder}: expected keys like TS1_img_000000 in both files, got {key!r}")
        px, mm = (np.asarray(v) for v in (flat[key], deep[key]))
        if mm.size == 0:
            px, mm = np.zeros((0, 17, 2)), np.zeros((0, 17, 3))
        if px.ndim != 3 or mm.ndim != 3 or px.shape[:2] != mm.shape[:2] or px.shape[1] not in (17, 21):
            raise ValueError(f"{folder}: {key}: expected people x 17 x 2 and x 3, got {px.shape} and {mm.shape}")
        images.append({"id": len(images), "file_name": "{}/{}.jpg".format(*found.groups()), "sequence": found.group(1)})
        for person_px, person_mm in zip(px[:, :17], mm[:, :17], strict=True):
            rows.append({"image_id": images[-1]["id"], "keypoints_img": person_px, "keypoints_cam": person_mm})
    document = {"images": images, "annotations": rows, "categories": category("muco17")}
    return annotations_from_coco(document, str(path))


def load_mupots_folder(root: str | Path, sequence: str = "TS*") -> Annotations:
    """MuPoTS-3D as published: ``TS1`` … ``TS20`` with ``annot.mat`` and ``occlusion.mat``; all of them, or one.

    Frame i (from 0) of a sequence is ``TSn/img_{i:06d}.jpg``. Where a sequence has no occlusion labels there are none.

    Raises:
        ValueError: no sequence is there, or a file is not as published.
    """
    root = Path(root)
    folders = sorted(
        (p.parent for p in root.glob(f"{sequence}/annot.mat")), key=lambda p: int(re.sub(r"\D", "", p.name) or 0)
    )
    if not folders:
        raise ValueError(f"{root}: expected folders TS1 ... TS20 with annot.mat in them, found none")
    images, rows = [], []
    for folder in tqdm(folders, "MuPoTS-3D", disable=None):
        cells = _cells(load_mat(folder / "annot.mat"), "annotations", folder)
        labels = folder / "occlusion.mat"
        occlusion = _cells(load_mat(labels), "occlusion_labels", folder) if labels.is_file() else None
        if occlusion is not None and occlusion.shape != cells.shape:
            raise ValueError(f"{folder}: occlusion_labels are {occlusion.shape}, annotations {cells.shape}")
        for frame in range(cells.shape[0]):
            name = f"{folder.name}/img_{frame:06d}.jpg"
            images.append({"id": len(images), "file_name": name, "sequence": folder.name})
            for person in range(cells.shape[1]):
                if cells[frame, person].size:
                    row = _person(cells[frame, person], folder)
                    if occlusion is not None and occlusion[frame, person].size:
                        row["occluded"] = occlusion[frame, person]
                    rows.append({**row, "id": len(rows), "image_id": images[-1]["id"]})
    return annotations_from_coco({"images": images, "annotations": rows, "categories": category("muco17")}, str(root))


def _cells(variables: dict[str, Any], name: str, folder: Path) -> np.ndarray:
    """A cell array of frames x people."""
    cells = variables.get(name)
    if not isinstance(cells, np.ndarray) or cells.ndim != 2 or cells.dtype != object:
        raise ValueError(f"{folder}: expected a cell array '{name}' of frames x people")
    return cells


def _person(cell: np.ndarray, folder: Path) -> dict[str, Any]:
    """One struct of annot.mat; its arrays are 2 x 17 and 3 x 17."""
    names = cell.dtype.names or ()
    needed = ("annot2", "annot3", "univ_annot3", "isValidFrame")
    if any(n not in names for n in needed):
        raise ValueError(f"{folder}: expected structs with {', '.join(needed)}, got {', '.join(names) or 'none'}")
    struct = cell.reshape(-1)[0]
    return {
        "keypoints_img": struct["annot2"].T,
        "keypoints_cam": struct["annot3"].T,
        "keypoints_univ": struct["univ_annot3"].T,
        "is_valid": int(np.asarray(struct["isValidFrame"]).reshape(-1)[0]),
    }
