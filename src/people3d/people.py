"""The result for one image: everybody in it, in camera space."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from people3d.camera import Camera
from people3d.skeleton import Skeleton

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
        track_ids: (N,) identities over the frames of a video, or None for a single image.
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

    def __post_init__(self) -> None:
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
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is None and name in ("track_ids", "root_depth_std_mm", "joints_std_mm"):
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
        index = [index] if isinstance(index, int | np.integer) else index
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{k: v[index] for k, v in arrays.items() if isinstance(v, np.ndarray)})

    @classmethod
    def empty(cls, skeleton: Skeleton, camera: Camera, width: int, height: int) -> People:
        j = len(skeleton)
        shapes = [(0, 4), (0,), (0, j, 3), (0, j, 2), (0, j), (0, 3)]
        dtypes = [float, float, float, float, np.uint8, float]
        arrays = [np.zeros(s, d) for s, d in zip(shapes, dtypes, strict=True)]
        return cls(*arrays, skeleton=skeleton, camera=camera, width=width, height=height)
