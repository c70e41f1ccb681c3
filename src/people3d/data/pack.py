"""Packs: person crops cut once, with labels, from which training crops are warped quickly.

Decoding whole photographs for every sample would cost more than the network on a small machine. A pack holds, for each
person, the crop box widened by ``PACK_MARGIN`` (room for rotation, scale and shift) at ``PACK_SIZE`` px, uint8, in one
array that is memory-mapped.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from people3d.camera import Camera
from people3d.crop import apply_affine, crop_affine, extend_boxes, warp_crop

PACK_MARGIN = 1.5  # side of the packed crop in sides of the crop box
PACK_SIZE = 288  # px, unless a pack is made with another: 192 px for the crop box itself


@dataclass(frozen=True)
class Person:
    """One labelled person in one image: what an adapter yields and a pack stores.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        box_xywh: (4,) tight box, px.
        joints_px: (J, 2) px; joints whose weight is 0 may be NaN.
        joints_rel_mm: (J,) Z relative to the root, mm.
        xy_weight, z_weight: (J,) 0..1, how far to trust each.
        depth_over_focal: Z of the root over sqrt(fx * fy), mm/px: all of the depth that γ needs (section 5.2); NaN
            where it is not known.
        joints_ray_mm: (J,) depth relative to the root along the ray to it (:func:`people3d.lift.depth_along_ray`);
            None where the camera is not known, and ``joints_rel_mm`` is the best guess at both.
    """

    image: np.ndarray
    box_xywh: np.ndarray
    joints_px: np.ndarray
    joints_rel_mm: np.ndarray
    xy_weight: np.ndarray
    z_weight: np.ndarray
    depth_over_focal: float
    joints_ray_mm: np.ndarray | None = None


@dataclass(frozen=True)
class Pack:
    """N packed crops.

    Attributes:
        images: (N, S, S, 3) uint8 RGB, memory-mapped.
        joints: (N, J, 3) x, y in px of the packed crop, z relative to the root in mm.
        weights: (N, J, 2) of x, y and of z.
        depth_over_focal: (N,) mm/px, NaN where unknown.
        side_px: (N,) side of the packed crop in px of its image.
        ray_mm: (N, J) depth relative to the root along the ray to it.
    """

    images: np.ndarray
    joints: np.ndarray
    weights: np.ndarray
    depth_over_focal: np.ndarray
    side_px: np.ndarray
    ray_mm: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def load(cls, folder: str | Path) -> Pack:
        """Raises ``FileNotFoundError`` or ``ValueError`` where the folder holds no complete pack."""
        arrays = {}
        for field in fields(cls):
            path = Path(folder) / f"{field.name}.npy"
            if not path.is_file():
                raise FileNotFoundError(
                    f"{folder}: expected a pack, {path.name} is missing; was it made by an older version?"
                )
            arrays[field.name] = np.load(path, mmap_mode="r" if field.name == "images" else None, allow_pickle=False)
        lengths = {name: len(a) for name, a in arrays.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"{folder}: expected arrays of one length, got {lengths}")
        return cls(**arrays)


# A packed person, in the order of Pack's fields.
Row = tuple[np.ndarray, np.ndarray, np.ndarray, float, float, np.ndarray]


def packed(person: Person, size: int = PACK_SIZE) -> Row:
    """One person as the entries of a pack, in the order of :class:`Pack`'s fields."""
    x, y, side, _ = extend_boxes(person.box_xywh)[0]
    centre, side = np.array([x + side / 2, y + side / 2]), side * PACK_MARGIN
    affine = crop_affine(np.array([*(centre - side / 2), side, side]), size)
    weights = np.stack([person.xy_weight, person.z_weight], -1).astype(np.float32)
    xy = apply_affine(affine, np.nan_to_num(person.joints_px))
    z = np.nan_to_num(person.joints_rel_mm)[:, None]
    joints = np.concatenate([xy, z], -1).astype(np.float32)
    ray = person.joints_rel_mm if person.joints_ray_mm is None else person.joints_ray_mm
    ray = np.nan_to_num(ray).astype(np.float32)
    return warp_crop(person.image, affine, size), joints, weights, float(person.depth_over_focal), float(side), ray


def write_pack(
    folder: str | Path, people: Iterable[Person], count: int, about: dict | None = None, size: int = PACK_SIZE
) -> int:
    """Write at most ``count`` people as a pack; returns how many there were. The folder appears when it is complete.

    ``about`` (which data, which skeleton) is written beside them as ``about.json``. ``size``: px of the packed crops,
    of which the crop box has two thirds.
    """
    return write_rows(folder, (packed(person, size) for person in people), count, about)


def write_rows(folder: str | Path, people: Iterable[Row], count: int, about: dict | None = None) -> int:
    """The same for people who are packed already."""
    folder, people = Path(folder), iter(people)
    first = next(people, None)
    if first is None:
        raise ValueError(f"{folder}: there was nobody to pack")
    partial = folder.with_name(folder.name + f".partial{os.getpid()}")
    partial.mkdir(parents=True, exist_ok=True)
    shape = (count, *first[0].shape)
    images = np.lib.format.open_memmap(partial / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
    rows: list[tuple] = []
    for image, *rest in itertools.islice(itertools.chain([first], people), count):
        images[len(rows)] = image
        rows.append(tuple(rest))
    images.flush()
    names = [f.name for f in fields(Pack)][1:]
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        np.save(partial / f"{name}.npy", np.array(column, np.float32))
    if len(rows) < count:
        np.save(partial / "images_cut.npy", images[: len(rows)])
        (partial / "images_cut.npy").replace(partial / "images.npy")
    if about is not None:
        (partial / "about.json").write_text(json.dumps({**about, "people": len(rows)}))
    partial.replace(folder)
    return len(rows)


def write_packs(output: Path, people: Iterable[Row], shard: int, about: dict | None = None) -> Iterator[Path]:
    """Write all of a finite stream as packs ``output/000``, ``001`` … of at most ``shard`` people each.

    Raises:
        ValueError: there was nobody.
        FileExistsError: there are packs already.
    """
    if any(output.glob("[0-9]*")):
        raise FileExistsError(f"{output}: expected no packs there yet; remove them first, or name another folder")
    stream = iter(people)
    first, number = next(stream, None), 0
    if first is None:
        raise ValueError(f"{output}: there was nobody to pack")
    while first is not None:
        folder = output / f"{number:03d}"
        write_rows(folder, itertools.chain([first], stream), shard, about)
        yield folder
        first, number = next(stream, None), number + 1


def depth_over_focal(camera: Camera, depth_mm: float) -> float:
    """Z over the geometric mean of the focal lengths, mm/px."""
    return depth_mm / float(np.sqrt(camera.fx * camera.fy))
