"""What every data set adapter yields: the labels of one picture at a time, and the parts that a set consists of.

An adapter is one file with one :class:`Dataset`; ``people3d.data.datasets`` lists them. Labels are read without their
pictures, so that a set can be checked and sampled quickly; ``people3d.data.samples`` joins the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from people3d.camera import Camera
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.released import category
from people3d.skeleton import Skeleton


@dataclass(frozen=True)
class LabelledImage:
    """P people of one picture.

    Attributes:
        picture: file of the picture, or of the video it is frame ``frame`` (from 0) of.
        width, height: px, as the labels say; 0 where they do not.
        camera: None where the set does not know it.
        skeleton: J joints of the set's own.
        boxes_xywh: (P, 4) tight boxes, px.
        joints_px: (P, J, 2); joints_cam_mm: (P, J, 3). NaN where not labelled.
        weights: (P, J) 0..1, how far to trust each joint; 0 where it is not labelled.
        root_depth_mm: (P,) Z of the root, NaN where not known.
        upright: whether the labels belong to the picture after its EXIF orientation; else to the pixels as stored, as
            the released code reads them.
    """

    picture: Path
    skeleton: Skeleton
    boxes_xywh: np.ndarray
    joints_px: np.ndarray
    joints_cam_mm: np.ndarray
    weights: np.ndarray
    root_depth_mm: np.ndarray
    camera: Camera | None = None
    width: int = 0
    height: int = 0
    frame: int | None = None
    upright: bool = False

    def __post_init__(self) -> None:
        p, j = len(self.boxes_xywh), len(self.skeleton)
        shapes = {
            "boxes_xywh": (p, 4),
            "joints_px": (p, j, 2),
            "joints_cam_mm": (p, j, 3),
            "weights": (p, j),
            "root_depth_mm": (p,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{self.name}: {name}: expected shape {shape}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.boxes_xywh)

    @property
    def name(self) -> str:
        """For messages."""
        return str(self.picture) + ("" if self.frame is None else f" frame {self.frame}")

    @property
    def roots_cam_mm(self) -> np.ndarray:
        """(P, 3) the root joint."""
        return self.joints_cam_mm[:, self.skeleton.root]

    def keep(self, rows: np.ndarray) -> LabelledImage:
        """Only the people that an index or (P,) bool array chooses."""
        columns = ("boxes_xywh", "joints_px", "joints_cam_mm", "weights", "root_depth_mm")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


@dataclass(frozen=True)
class Part:
    """A piece of a data set that is there, missing or broken on its own: a file of labels, a subject, a sequence.

    Attributes:
        needs: files and folders without which it cannot be read.
        images: reads the labels; raises ``ValueError`` or ``OSError`` where they are broken.
        expected_images: how many there should be, where that is published.
    """

    name: str
    needs: tuple[Path, ...]
    images: Callable[[], Iterator[LabelledImage]]
    expected_images: int | None = None

    @property
    def missing(self) -> list[Path]:
        """What it needs and has not."""
        return [path for path in self.needs if not path.exists()]


@dataclass(frozen=True)
class Counts:
    """How much a split should hold, as far as it is published, and where that is said."""

    source: str
    parts: int | None = None
    images: int | None = None
    people: int | None = None


@dataclass(frozen=True)
class Dataset:
    """An adapter.

    Attributes:
        splits: the first is the one that networks are trained on, where there is one.
        parts: (root, split) → its parts, whether they are there or not.
        published: counts of the splits.
        has_depth: False for 2D sets, which have no depth loss.
    """

    name: str
    title: str
    skeleton: Skeleton
    splits: tuple[str, ...]
    parts: Callable[[Path, str], list[Part]]
    published: dict[str, Counts] = field(default_factory=dict)
    has_depth: bool = True

    def split_parts(self, root: Path, split: str | None) -> list[Part]:
        """The parts of a split (the first if None); raises ``ValueError`` for a split that there is not."""
        split = split or self.splits[0]
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")
        if not root.exists():
            raise FileNotFoundError(f"{root}: expected the folder of {self.title}, found none")
        return self.parts(root, split)


def first_existing(*candidates: Path) -> Path:
    """The first that exists; else the first, for messages about what is missing."""
    return next((path for path in candidates if path.exists()), candidates[0])


def intrinsic_camera(image: dict) -> Camera | None:
    """The camera of an image's ``intrinsic`` [fx, fy, cx, cy]; None without."""
    return Camera(*image["intrinsic"]) if image.get("intrinsic") else None


def in_skeleton(document: Any, skeleton: str, source: str) -> dict[str, Any]:
    """A COCO-style document whose file says nothing, or something of its own, of joints that are known to be ours.

    Raises:
        ValueError: it is no such document.
    """
    rows = document.get("annotations") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{source}: expected a COCO-style object with images and annotations")
    return {**document, "annotations": [{**r, "category_id": 1} for r in rows], "categories": category(skeleton)}


def labelled_images(
    people: Annotations,
    picture: Callable[[dict], Path],
    camera: Callable[[dict], Camera | None] = intrinsic_camera,
    weights: np.ndarray | None = None,
    inside_only: bool = False,
    upright: bool = False,
) -> Iterator[LabelledImage]:
    """Columns of a COCO-style file → its images that have people with at least one joint to learn from.

    People that are not valid (crowds among them) are left out. Joints without pixels get them from the camera, where
    they have 3D; boxes without numbers, from the joints.

    Args:
        picture: an image's entry → its file.
        weights: (P, J); where the file's flags are not 0 if None.
        inside_only: joints outside the picture weigh nothing, as in the released code for 3DPW.

    Raises:
        ValueError: an image's camera is not as its file should have it.
    """
    order = np.argsort(people.image_index, kind="stable")
    starts = np.searchsorted(people.image_index[order], np.arange(len(people.images) + 1))
    weights = (people.joint_flags > 0).astype(float) if weights is None else weights
    boxes = people.boxes_or_extent_xywh
    for n, entry in enumerate(people.images):
        rows = order[starts[n] : starts[n + 1]]
        rows = rows[people.valid[rows]]
        if not len(rows):
            continue
        try:
            lens, file = camera(entry), picture({**entry, "file_name": str(entry["file_name"] or "")})
        except (KeyError, TypeError, ValueError) as error:
            what = f"{type(error).__name__} {error}"
            raise ValueError(
                f"{people.source}: image {entry['id']}: no camera or file that can be read ({what})"
            ) from None
        px, cam = people.joints_px[rows], people.joints_cam_mm[rows]
        if lens is not None:
            px = np.where(np.isfinite(px), px, lens.project(cam))
        width, height = int(entry.get("width") or 0), int(entry.get("height") or 0)
        known = weights[rows] * np.isfinite(px).all(-1)
        if inside_only and width and height:
            with np.errstate(invalid="ignore"):
                known *= ((px >= 0) & (px < [width, height])).all(-1)
        labelled = np.flatnonzero((known > 0).any(1))
        if len(labelled):
            image = LabelledImage(
                picture=file,
                skeleton=people.skeleton,
                boxes_xywh=boxes[rows],
                joints_px=px,
                joints_cam_mm=cam,
                weights=known,
                root_depth_mm=people.root_depth_mm[rows],
                camera=lens,
                width=width,
                height=height,
                upright=upright,
            )
            yield image.keep(labelled)
