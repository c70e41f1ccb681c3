"""A ``people3d.json`` to be exported: its people in columns, with the frames and tracks they belong to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from people3d.evaluate.annotations import COCO17, Annotations, annotations_from_coco, read_json
from people3d.skeleton import SKELETONS, Skeleton, convert


@dataclass(frozen=True)
class Recording:
    """P people in I images.

    Attributes:
        people: their columns; those without 3D joints are left out.
        track_ids: (P,) from 1; 0 for who belongs to no track.
        filled: (P,) bool, nobody was found there and the place is that between two frames.
        frame_indices: (I,) place in the video, -1 for photographs; times_s: (I,), NaN where unknown.
        cameras: (I, 4) fx, fy, cx, cy in px; NaN where the file does not say.
    """

    people: Annotations
    track_ids: np.ndarray
    filled: np.ndarray
    frame_indices: np.ndarray
    times_s: np.ndarray
    cameras: np.ndarray

    @property
    def file_names(self) -> list[str]:
        """(I,) names of the images; "image ID" where the file has none."""
        return [str(image.get("file_name") or f"image {image['id']}") for image in self.people.images]

    @property
    def skeleton(self) -> Skeleton:
        return self.people.skeleton

    def with_skeleton(self, name: str) -> Recording:
        """The same people with another skeleton's joints ("coco17" too), without those that cannot be had.

        Raises:
            ValueError: no such skeleton, or not one of its joints can be had.
        """
        target = COCO17 if name == "coco17" else SKELETONS.get(name)
        if target is None:
            raise ValueError(f"skeleton: expected one of coco17, {', '.join(SKELETONS)}, got {name!r}")
        if target.joints == self.skeleton.joints:
            return self
        people = self.people
        known = convert(np.zeros((len(self.skeleton), 1)), self.skeleton, target)[1]
        if not known.any():
            raise ValueError(f"skeleton {name}: none of its joints can be had from {', '.join(self.skeleton.joints)}")

        def converted(joints: np.ndarray) -> np.ndarray:
            return convert(joints, self.skeleton, target)[0][:, known]

        return replace(
            self,
            people=replace(
                people,
                skeleton=part_of(target, known),
                joints_cam_mm=converted(people.joints_cam_mm),
                joints_px=converted(people.joints_px),
                joint_flags=np.floor(converted(people.joint_flags[..., None])[..., 0]),
                joints_univ_mm=converted(people.joints_univ_mm),
                occluded=converted(people.occluded[..., None])[..., 0],
            ),
        )

    def only(self, keep: np.ndarray) -> Recording:
        """The people where ``keep`` (P,) is true; all images stay."""
        people = self.people
        columns = {k: v[keep] for k, v in vars(people).items() if isinstance(v, np.ndarray)}
        return replace(
            self, people=replace(people, **columns), track_ids=self.track_ids[keep], filled=self.filled[keep]
        )


def load_recording(path: str | Path) -> Recording:
    """Read a ``people3d.json``, or any file of that schema with ``keypoints_cam``.

    Raises:
        ValueError: naming the file, and what was expected where.
        OSError: the file cannot be read.
    """
    document = read_json(path)
    people = annotations_from_coco(document, str(path))
    rows, images = document["annotations"], people.images
    if rows and not len(people.skeleton):
        raise ValueError(f"{path}: expected keypoints_cam (joints in mm), got annotations without joints")
    recording = Recording(
        people,
        track_ids=np.nan_to_num(_numbers(rows, "track_id", path, "annotation")).astype(int),
        filled=np.array([bool(row.get("filled")) for row in rows], bool),
        frame_indices=np.nan_to_num(_numbers(images, "frame_index", path, "image"), nan=-1).astype(int),
        times_s=_numbers(images, "time_s", path, "image"),
        cameras=_cameras(images, path),
    )
    there = np.asarray(is_known(people.joints_cam_mm).any(-1))
    if rows and not there.any():
        raise ValueError(f"{path}: expected keypoints_cam (joints in mm), got {len(rows)} annotations without")
    return recording.only(there)


def _numbers(entries: list[dict[str, Any]], key: str, path: str | Path, what: str) -> np.ndarray:
    """(N,) of one number each, NaN where there is none."""
    out = np.full(len(entries), np.nan)
    for n, entry in enumerate(entries):
        value = entry.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
            raise ValueError(f"{path}: {what} {entry.get('id', n)}: {key}: expected a number, got {str(value)[:40]!r}")
        out[n] = value
    return out


def _cameras(images: list[dict[str, Any]], path: str | Path) -> np.ndarray:
    out = np.full((len(images), 4), np.nan)
    for n, image in enumerate(images):
        if image.get("intrinsic") is not None:
            try:
                out[n] = np.array(image["intrinsic"], float).reshape(4)
            except (TypeError, ValueError):
                got = str(image["intrinsic"])[:40]
                raise ValueError(f"{path}: image {image['id']}: intrinsic: expected 4 numbers, got {got!r}") from None
    return out


def part_of(skeleton: Skeleton, known: np.ndarray) -> Skeleton:
    """The skeleton without the joints that are not ``known`` (J,); the root is then the first of the others."""
    new = np.cumsum(known) - 1
    edges = tuple((int(new[a]), int(new[b])) for a, b in skeleton.edges if known[a] and known[b])
    joints = tuple(joint for joint, k in zip(skeleton.joints, known, strict=True) if k)
    return Skeleton(skeleton.name, joints, edges, int(new[skeleton.root]) if known[skeleton.root] else 0)


def is_known(points: np.ndarray) -> np.ndarray:
    """(..., D) → (...) bool: points all of whose coordinates are finite."""
    return np.asarray(np.isfinite(points).all(-1))
