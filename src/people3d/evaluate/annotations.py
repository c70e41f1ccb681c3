"""People of a whole data set in columns, read from a COCO-style file: predictions and ground truth alike.

The schema is the one that people3d writes (docs/formats.md); COCO's own keypoint files read too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from people3d.skeleton import SKELETONS, Skeleton, convert

COCO17 = Skeleton("coco17", SKELETONS["coco19"].joints[:17], (), 0)
NO_JOINTS = Skeleton("none", (), (), 0)
JOINT_EXTENT_SCALE = 1.2  # a box from joints, as the released code makes it for sets without boxes
_PELVIS = Skeleton("pelvis", ("Pelvis",), (), 0)


@dataclass(frozen=True)
class Annotations:
    """P people on a list of images. What a file does not say is NaN (or, for scores, 1).

    Attributes:
        images: as in the file: id, file_name and whatever else it says of an image.
        image_index: (P,) position in ``images`` of each person's image.
        skeleton: names of the J joints.
        ids: (P,) annotation ids.
        boxes_xywh: (P, 4) px.
        scores: (P,).
        valid: (P,) bool; people that are not valid are neither found nor missed.
        joints_px: (P, J, 2); joint_flags: (P, J) as in the file (of ground truth, 0 is unlabelled).
        joints_cam_mm: (P, J, 3).
        root_cam_mm: (P, 3) the root as the file gives it; NaN where it gives only joints.
        root_depth_mm: (P,) Z of the root, from whatever field says it.
        joints_univ_mm: (P, J, 3) MuPoTS-3D's univ_annot3; occluded: (P, J) 1 where MuPoTS-3D labels it so.
        ages: (P,) years, where the truth tells.
        root_depth_std_mm, joints_std_mm: (P,), (P, J) standard deviations that a prediction gives.
        truth_ids: (P,) id of the true annotation that a prediction was made for, NaN where it names none.
        info: the file's own account of where it comes from; source: its path.
    """

    images: list[dict]
    image_index: np.ndarray
    skeleton: Skeleton
    ids: np.ndarray
    boxes_xywh: np.ndarray
    scores: np.ndarray
    valid: np.ndarray
    joints_px: np.ndarray
    joint_flags: np.ndarray
    joints_cam_mm: np.ndarray
    root_cam_mm: np.ndarray
    root_depth_mm: np.ndarray
    joints_univ_mm: np.ndarray
    occluded: np.ndarray
    ages: np.ndarray
    truth_ids: np.ndarray
    root_depth_std_mm: np.ndarray
    joints_std_mm: np.ndarray
    info: dict = field(default_factory=dict)
    source: str = ""

    def __len__(self) -> int:
        return len(self.image_index)

    @property
    def seen_px(self) -> np.ndarray:
        """(P, J, 2) joints in the picture, NaN where flagged 0."""
        return np.where(self.joint_flags[..., None] > 0, self.joints_px, np.nan)

    @property
    def boxes_or_extent_xywh(self) -> np.ndarray:
        """(P, 4) tight boxes; for a person without one, the extent of its 2D joints, 1.2 times as large."""
        known = np.isfinite(self.joints_px).all(-1, keepdims=True) & (self.joint_flags > 0)[..., None]
        low = np.where(known, self.joints_px, np.inf).min(1, initial=np.inf)
        high = np.where(known, self.joints_px, -np.inf).max(1, initial=-np.inf)
        nobody = ~known.any((1, 2))
        low[nobody], high[nobody] = np.nan, np.nan
        size = JOINT_EXTENT_SCALE * (high - low)
        extent = np.concatenate([(low + high - size) / 2, size], 1)
        return np.where(np.isfinite(self.boxes_xywh).all(1, keepdims=True), self.boxes_xywh, extent)

    @property
    def root_or_pelvis_mm(self) -> np.ndarray:
        """(P, 3) the root the file gives, else the pelvis among its joints."""
        return np.where(np.isfinite(self.root_cam_mm), self.root_cam_mm, pelvis(self.joints_cam_mm, self.skeleton))


def pelvis(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(P, J, D) → (P, D) the pelvis, or the middle of the hips; NaN where the skeleton has neither."""
    if not len(skeleton):
        return np.full((len(joints), joints.shape[-1]), np.nan)
    return convert(joints, skeleton, _PELVIS)[0][:, 0]


def read_json(path: str | Path) -> Any:
    """The file's content; ``ValueError`` in one line where it is not JSON."""
    text = Path(path).read_bytes()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected JSON, got {len(text)} bytes that are not ({error})") from None


def load_annotations(path: str | Path, unnamed: tuple[str, ...] = ()) -> Annotations:
    """People from a COCO-style JSON file in our schema, COCO's keypoints or boxes included.

    Args:
        unnamed: skeletons that a file without names of joints may have; the one with as many joints is taken.

    Raises:
        ValueError: naming the file, the annotation and what was expected.
        OSError: the file cannot be read.
    """
    return annotations_from_coco(read_json(path), str(path), unnamed)


def annotations_from_coco(document: Any, source: str, unnamed: tuple[str, ...] = ()) -> Annotations:
    """The same as :func:`load_annotations` from a document already read; ``source`` names it in errors."""
    if not isinstance(document, dict) or not isinstance(document.get("annotations"), list):
        raise ValueError(f"{source}: expected a COCO-style object with images and annotations")
    images, rows = document.get("images") or [], document["annotations"]
    for key in ("images", "categories"):
        if not isinstance(document.get(key) or [], list):
            raise ValueError(f"{source}: {key}: expected a list, got {str(document[key])[:40]!r}")
    for what, entries, key in (("image", images, "id"), ("annotation", rows, "image_id")):
        for n, entry in enumerate(entries):
            if not isinstance(entry, dict) or not isinstance(entry.get(key), int | str):
                raise ValueError(f"{source}: {what} {n}: expected an object with {key!r}, got {str(entry)[:60]!r}")
    images = [{"file_name": image.get("file"), **image} for image in images]  # some files say file, not file_name
    index_of = {image["id"]: n for n, image in enumerate(images)}
    if len(index_of) != len(images):
        raise ValueError(f"{source}: two images have the same id")
    unknown = [a.get("image_id") for a in rows if a.get("image_id") not in index_of]
    if unknown:
        raise ValueError(f"{source}: {len(unknown)} annotations name an image that is not listed, e.g. {unknown[0]!r}")

    table = _Rows(rows, source)
    skeleton, n = _skeleton(document, table, unnamed), len(rows)
    j = len(skeleton)
    flat = table.numbers("keypoints", j, 3)
    joints_px = flat[..., :2]
    if "keypoints_img" in table.keys:
        joints_px = table.numbers("keypoints_img", j, 2)
    flags = np.where(np.isfinite(flat[..., 2]), flat[..., 2], 2)
    root = table.numbers("root_cam", 1, 3)[:, 0]
    joints_cam = table.numbers("keypoints_cam", j, 3)
    univ, occluded = table.numbers("keypoints_univ", j, 3), table.numbers("occluded", j, 1)[..., 0]
    if skeleton is COCO17:
        skeleton = SKELETONS["coco19"]
        joints_px, seen = convert(joints_px, COCO17, skeleton, flags > 0)
        flags = np.where(seen, 2, 0)
        joints_cam, univ = (convert(x, COCO17, skeleton)[0] for x in (joints_cam, univ))
        occluded = np.full(flags.shape, np.nan)
    std = np.full(flags.shape, np.nan) if j != len(skeleton) else table.numbers("keypoints_std", j, 1)[..., 0]
    depth = table.numbers("root_depth_mm", 1, 1)[:, 0, 0]
    depth = np.where(np.isfinite(depth), depth, root[:, 2])
    depth = np.where(np.isfinite(depth), depth, pelvis(joints_cam, skeleton)[:, 2])
    return Annotations(
        images=images,
        image_index=np.array([index_of[a["image_id"]] for a in rows], int),
        skeleton=skeleton,
        ids=np.array([a.get("id", k) for k, a in enumerate(rows)]) if n else np.zeros(0, int),
        boxes_xywh=table.numbers("bbox", 1, 4)[:, 0],
        scores=np.nan_to_num(table.numbers("score", 1, 1)[:, 0, 0], nan=1.0),
        valid=np.array([bool(a.get("is_valid", 1)) and not a.get("iscrowd", 0) for a in rows], bool),
        joints_px=joints_px,
        joint_flags=flags,
        joints_cam_mm=joints_cam,
        root_cam_mm=root,
        root_depth_mm=depth,
        joints_univ_mm=univ,
        occluded=occluded,
        ages=table.numbers("age", 1, 1)[:, 0, 0],
        truth_ids=table.numbers("ann_id", 1, 1)[:, 0, 0],
        root_depth_std_mm=table.numbers("root_depth_std", 1, 1)[:, 0, 0],
        joints_std_mm=std,
        info=document["info"] if isinstance(document.get("info"), dict) else {},
        source=source,
    )


class _Rows:
    """Annotations of a file, read column by column."""

    def __init__(self, rows: list[dict], source: str):
        self.rows, self.source = rows, source
        self.keys = {key for row in rows for key in row}

    def numbers(self, key: str, count: int, width: int) -> np.ndarray:
        """(P, count, width) values of ``key``, flat or nested in the file; NaN for a person without it."""
        out = np.full((len(self.rows), count, width), np.nan)
        if key not in self.keys or not count:
            return out
        have = [k for k, row in enumerate(self.rows) if row.get(key) is not None]
        try:
            out[have] = np.array([self.rows[k][key] for k in have], float).reshape(len(have), count, width)
        except (ValueError, TypeError):
            self._complain(key, count, width, have)
        return out

    def _complain(self, key: str, count: int, width: int, have: list[int]) -> None:
        """Finds the annotation at fault and says so."""
        for k in have:
            try:
                got = f"{np.array(self.rows[k][key], float).size} numbers"
                fits = got == f"{count * width} numbers"
            except (ValueError, TypeError):
                got, fits = f"{str(self.rows[k][key])[:40]!r}", False
            if not fits:
                name = self.rows[k].get("id", k)
                raise ValueError(
                    f"{self.source}: annotation {name}: {key}: expected {count * width} numbers, got {got}"
                )
        raise ValueError(f"{self.source}: {key}: some annotations nest it and some do not")


def _skeleton(document: dict, table: _Rows, unnamed: tuple[str, ...]) -> Skeleton:
    """The one skeleton that the file's annotations have."""
    used = [row.get("category_id", 1) for row in table.rows]
    categories = [c for c in document.get("categories") or [] if isinstance(c, dict) and c.get("keypoints")]
    if not all(isinstance(c["keypoints"], list) for c in categories):
        raise ValueError(f"{table.source}: categories: expected a list of joints' names as keypoints")
    named = [c for c in categories if c.get("id") in used] or (categories if not table.rows else [])
    names = {tuple(_joint_name(j) for j in c["keypoints"]) for c in named}
    if len(names) > 1:
        raise ValueError(f"{table.source}: expected people of one skeleton, got categories with {len(names)} of them")
    if names:
        joints = names.pop()
        known = [s for s in (*SKELETONS.values(), COCO17) if s.joints == joints]
        if known:
            return known[0]
        return Skeleton("custom", joints, _edges(named[0], table), joints.index("Pelvis") if "Pelvis" in joints else 0)
    candidates = [SKELETONS[name] for name in unnamed] or [COCO17]
    for key, width in (("keypoints_cam", 3), ("keypoints_img", 2), ("keypoints", 3)):
        values = next((row[key] for row in table.rows if row.get(key) is not None), None)
        if values is not None:
            fits = [s for s in candidates if width * len(s) == np.size(values)]
            if fits and (unnamed or key == "keypoints"):
                return fits[0]
            raise ValueError(f"{table.source}: expected a category that names the joints of {key} in 'keypoints'")
    return NO_JOINTS


def _edges(category: dict, table: _Rows) -> tuple[tuple[int, int], ...]:
    """The category's edges, which count joints from 1 as COCO's do."""
    joints = range(len(category["keypoints"]))
    try:
        edges = tuple((int(a) - 1, int(b) - 1) for a, b in category.get("skeleton") or [])
    except (TypeError, ValueError, OverflowError):
        edges = ((-1, -1),)
    if not all(a in joints and b in joints for a, b in edges):
        raise ValueError(f"{table.source}: categories: expected a skeleton of pairs of joints, counted from 1")
    return edges


def _joint_name(name: Any) -> str:
    """COCO's ``left_shoulder`` as ``L_Shoulder``; other names as they are."""
    if not isinstance(name, str):
        raise ValueError(f"categories: expected names of joints, got {name!r}")
    for word, letter in (("left_", "L_"), ("right_", "R_")):
        if name.startswith(word):
            return letter + name[len(word) :].capitalize()
    return "Nose" if name == "nose" else name
