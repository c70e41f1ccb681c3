"""From labels and pictures to the people that a pack holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from people3d.crop import sanitize_boxes
from people3d.data.labels import Dataset, LabelledImage
from people3d.data.pack import Person, depth_over_focal
from people3d.data.pictures import PictureReader
from people3d.data.rules import in_depth_range
from people3d.lift import depth_along_ray
from people3d.skeleton import SKELETONS, Skeleton, convert, get_skeleton


def people_of(
    image: LabelledImage, picture_rgb: np.ndarray, skeleton: Skeleton, has_depth: bool = True
) -> Iterator[Person]:
    """Everybody in one picture whose box holds some of it, in another skeleton (rule 9).

    2D data, and people without 3D, get no weight on z and no depth: no depth loss (rule 2). Boxes are cleaned as in
    the released code, the way :class:`people3d.Predictor` does, so that k means the same.

    Args:
        picture_rgb: (H, W, 3) uint8.
    """
    height, width = picture_rgb.shape[:2]
    boxes, valid = sanitize_boxes(image.boxes_xywh, width, height)
    together = np.concatenate([image.joints_px, image.joints_cam_mm, image.weights[..., None]], -1)
    joints, labelled = convert(together, image.skeleton, skeleton, image.weights > 0)
    px, cam, weights = joints[..., :2], joints[..., 2:5], np.nan_to_num(joints[..., 5])
    for i in np.flatnonzero(valid):
        relative = cam[i, :, 2] - cam[i, skeleton.root, 2]
        xy_weight = weights[i] * labelled[i] * np.isfinite(px[i]).all(1)
        z_weight = xy_weight * np.isfinite(relative) * has_depth
        depth = image.root_depth_mm[i] if has_depth else np.nan
        known = np.isfinite(depth) and depth > 0
        if xy_weight.any():
            yield Person(
                image=picture_rgb,
                box_xywh=boxes[i],
                joints_px=px[i],
                joints_rel_mm=relative,
                xy_weight=xy_weight,
                z_weight=z_weight,
                depth_over_focal=depth_over_focal(image.camera, float(depth))
                if image.camera and known
                else float("nan"),
                joints_ray_mm=depth_along_ray(cam[i], cam[i, skeleton.root]),
            )


def labels_of(dataset: Dataset, root: Path, split: str | None, problems: list[str]) -> Iterator[LabelledImage]:
    """The labels of every part that is there. Parts that are missing or broken get a line in ``problems`` each.

    Raises:
        ValueError, FileNotFoundError: there is no such split or folder.
    """
    for part in dataset.split_parts(root, split):
        if part.missing:
            problems.append(f"{dataset.name}: {part.name}: missing {', '.join(map(str, part.missing))}")
            continue
        try:
            yield from part.images()
        except (ValueError, OSError) as error:
            problems.append(f"{dataset.name}: {part.name}: {error}")


def own_skeleton(dataset: Dataset, root: Path, split: str | None = None) -> Skeleton:
    """The skeleton that a pack keeps: the set's, or the one in its labels where they are ours; muco21 for another."""
    if dataset.name != "own":
        return dataset.skeleton
    image = next(labels_of(dataset, root, split, []), None)
    return image.skeleton if image and image.skeleton.name in SKELETONS else SKELETONS["muco21"]


def people(
    dataset: Dataset,
    root: Path,
    split: str | None = None,
    skeleton: str = "muco21",
    depth_range_mm: tuple[float, float] | None = None,
    problems: list[str] | None = None,
) -> Iterator[Person]:
    """Everybody to learn from in a data set.

    Args:
        depth_range_mm: leave out people whose root is known to lie outside (rule 5).
        problems: gets a line for each part and picture that is missing or broken; what is good is yielded all the same.
    """
    problems = [] if problems is None else problems
    reader, target = PictureReader(), get_skeleton(skeleton)
    for image in in_range(labels_of(dataset, root, split, problems), depth_range_mm):
        yield from read_people(image, reader, target, dataset.has_depth, problems)


def in_range(images: Iterable[LabelledImage], depth_range_mm: tuple[float, float] | None) -> Iterator[LabelledImage]:
    """Images with those of their people whose root is not known to lie outside (rule 5); without any, left out."""
    for image in images:
        kept = image if depth_range_mm is None else image.keep(in_depth_range(image.root_depth_mm, depth_range_mm))
        if len(kept):
            yield kept


def read_people(
    image: LabelledImage, reader: PictureReader, skeleton: Skeleton, has_depth: bool, problems: list[str]
) -> Iterator[Person]:
    """:func:`people_of` an image whose picture has yet to be read; a line in ``problems`` where it cannot be."""
    try:
        picture = reader.read(image.picture, image.frame, image.upright)
    except ValueError as error:
        problems.append(str(error))
        return
    yield from people_of(image, picture, skeleton, has_depth)
