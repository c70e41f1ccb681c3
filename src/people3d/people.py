"""The result for one image: everybody in it, in camera space."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from people3d.camera import Camera
from people3d.lift import DEPTH_AXES, depth_along_axis, depth_along_ray
from people3d.skeleton import Skeleton, convert, get_skeleton

SEEN, UNCERTAIN, OUTSIDE = 2, 1, 0  # joint flags: seen; inside the crop but hidden or uncertain; outside the picture


@dataclass(frozen=True)
class People:
    """Everybody in one image, N people with J joints. Nobody (N = 0) is a result like any other.

    Attributes:
        boxes_xyxy: (N, 4) tight boxes, px.
        scores: (N,) detector scores, 0..1.
        joints_cam_mm: (N, J, 3) joints in camera space, mm.
        joints_px: (N, J, 2) joints in the image, px.
        joint_flags: (N, J) SEEN, UNCERTAIN or OUTSIDE.
        root_cam_mm: (N, 3) RootNet's own back-projected root, mm.
        skeleton: names and edges of the J joints.
        camera: the camera used; ``camera.focal_source`` says where its focal length came from.
        width, height: of the image, px.
        track_ids: (N,) identities over the frames of a video, from 1, 0 for who belongs to no track; or None.
        filled: (N,) bool, where nobody was found and the place is that between two frames, or None.
        root_depth_given: (N,) bool, where the root's depth came from elsewhere than RootNet (``Predictor``'s
            ``root_depth``), or None.
        depth_axis: what the depths about the root were estimated along, one of :data:`people3d.lift.DEPTH_AXES`. The
            joints are in camera space either way; it counts when the camera turns out to be another.
        frame_index, time_s: the place in a video, from 0, or None for a single image.
        root_depth_std_mm, joints_std_mm: (N,) and (N, J) calibrated standard deviations, or None where the weights
            do not estimate them.
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray
    joints_cam_mm: np.ndarray
    joints_px: np.ndarray
    joint_flags: np.ndarray
    root_cam_mm: np.ndarray
    skeleton: Skeleton
    camera: Camera
    width: int
    height: int
    track_ids: np.ndarray | None = None
    root_depth_std_mm: np.ndarray | None = None
    joints_std_mm: np.ndarray | None = None
    filled: np.ndarray | None = None
    root_depth_given: np.ndarray | None = None
    depth_axis: str = "optical"
    frame_index: int | None = None
    time_s: float | None = None

    def __post_init__(self) -> None:
        if self.depth_axis not in DEPTH_AXES:
            raise ValueError(f"depth_axis: expected one of {', '.join(DEPTH_AXES)}, got {self.depth_axis!r}")
        n, j = len(self.boxes_xyxy), len(self.skeleton)
        shapes = {
            "boxes_xyxy": (n, 4),
            "scores": (n,),
            "joints_cam_mm": (n, j, 3),
            "joints_px": (n, j, 2),
            "joint_flags": (n, j),
            "root_cam_mm": (n, 3),
            "track_ids": (n,),
            "root_depth_std_mm": (n,),
            "joints_std_mm": (n, j),
            "filled": (n,),
            "root_depth_given": (n,),
        }
        optional = ("track_ids", "root_depth_std_mm", "joints_std_mm", "filled", "root_depth_given")
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is None and name in optional:
                continue
            array = np.array(value)
            if array.shape != shape:
                raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.boxes_xyxy)

    def __getitem__(self, index) -> People:
        """The people at ``index`` (an int, a slice, a mask or an index array), as a People."""
        index = np.atleast_1d(index) if isinstance(index, int | np.integer) else index
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        chosen: dict[str, Any] = {k: v[index] for k, v in arrays.items() if isinstance(v, np.ndarray)}
        return replace(self, **chosen)

    @classmethod
    def empty(cls, skeleton: Skeleton, camera: Camera, width: int, height: int) -> People:
        j = len(skeleton)
        shapes = [(0, 4), (0,), (0, j, 3), (0, j, 2), (0, j), (0, 3)]
        dtypes = [float, float, float, float, np.uint8, float]
        arrays = [np.zeros(s, d) for s, d in zip(shapes, dtypes, strict=True)]
        return cls(*arrays, skeleton=skeleton, camera=camera, width=width, height=height)

    @property
    def root_normalized(self) -> np.ndarray:
        """(N, 3) X/Z, Y/Z and Z/f of the roots: what remains when the camera is unknown.

        f is sqrt(fx·fy), the focal length in k (Eq. 1): Z = gamma·k grows with it, so Z/f does not depend on it.
        """
        focal = np.sqrt(self.camera.fx * self.camera.fy)
        depth = self.root_cam_mm[:, 2:]
        return np.concatenate([self.root_cam_mm[:, :2] / depth, depth / focal], 1)

    def with_focal(self, focal_px: float) -> People:
        """The same people, seen by a camera of another focal length; no network runs again.

        Z of a root is gamma·k, with k proportional to the focal length (Eq. 1), so depths scale with it. The pose about
        the root is metric and stays: its depths along ``depth_axis``. The joints are lifted again from their pixels.
        Depths of roots from elsewhere (``root_depth_given``) stay.

        Args:
            focal_px: of x; the ratio of fy to fx stays.
        """
        camera = self.camera.with_focal(focal_px)
        given = np.zeros(len(self), bool) if self.root_depth_given is None else self.root_depth_given
        scale = np.where(given, 1, camera.fx / self.camera.fx)
        depth = self.root_cam_mm[:, 2:]
        root_px = self.camera.project(np.concatenate([self.root_cam_mm[:, :2] / depth, np.ones_like(depth)], 1))
        root_cam = camera.unproject(root_px, depth[:, 0] * scale)
        if self.depth_axis == "ray":
            along_ray = depth_along_ray(self.joints_cam_mm, self.root_cam_mm)
            relative = depth_along_axis(along_ray, self.joints_px, root_cam, camera)
        else:
            relative = self.joints_cam_mm[..., 2] - depth
        std = self.root_depth_std_mm
        return replace(
            self,
            camera=camera,
            root_cam_mm=root_cam,
            joints_cam_mm=camera.unproject(self.joints_px, root_cam[:, 2:] + relative),
            root_depth_std_mm=None if std is None else std * scale,
        )

    def with_skeleton(self, skeleton: str | Skeleton) -> People:
        """The same people with the joints of another skeleton.

        Raises:
            ValueError: the skeleton has a joint that cannot be made from these; the message names it.
        """
        target = get_skeleton(skeleton)
        if target.joints == self.skeleton.joints:
            return self
        known = convert(np.zeros((len(self.skeleton), 1)), self.skeleton, target)[1]
        if not known.all():
            missing = ", ".join(joint for joint, k in zip(target.joints, known, strict=True) if not k)
            raise ValueError(f"skeleton {target.name} has joints that {self.skeleton.name} lacks: {missing}")

        def converted(joints: np.ndarray, visible: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
            return convert(joints, self.skeleton, target, visible)

        joints_cam, inside = converted(self.joints_cam_mm, self.joint_flags >= UNCERTAIN)
        joints_px, seen = converted(self.joints_px, self.joint_flags >= SEEN)
        std = self.joints_std_mm
        return replace(
            self,
            joints_cam_mm=joints_cam,
            joints_px=joints_px,
            joint_flags=np.where(seen, SEEN, np.where(inside, UNCERTAIN, OUTSIDE)).astype(np.uint8),
            joints_std_mm=None if std is None else converted(std[..., None])[0][..., 0],
            skeleton=target,
        )

    def to_annotations(self, image_id: int = 1, first_id: int = 1) -> list[dict[str, Any]]:
        """One COCO-style annotation a person (docs/formats.md)."""
        from people3d.results import annotation_rows

        return annotation_rows(self, image_id, first_id)

    def save(self, path: str | Path, file_name: str = "image") -> None:
        """Write a ``people3d.json`` of this one image (docs/formats.md); ``people3d.results`` reads it back."""
        from people3d.results import write_results

        write_results(path, [(file_name, self)], self.skeleton)
