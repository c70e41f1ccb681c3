"""The method, in one object: detect → crop → root → pose → lift."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from people3d.camera import Camera, k_value
from people3d.crop import box_problems, crop_affine, crop_boxes, warp_crop
from people3d.lift import lift_joints, lift_root
from people3d.people import OUTSIDE, SEEN, UNCERTAIN, People
from people3d.skeleton import Skeleton, get_skeleton
from people3d.sources import as_picture

SEEN_CONFIDENCE = 0.5  # a joint below is flagged as hidden or uncertain


class Detector(Protocol):
    """Finds people: (H, W, 3) uint8 RGB → tight boxes (N, 4) xyxy px and scores (N,) in 0..1, best first."""

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class Root(Protocol):
    """RootNet: crops (N, S, S, 3) uint8 RGB and k (N,) in mm → (N, 3) or (N, 4).

    The columns are u, v (0..1 of the crop's side), depth in mm, and where the network estimates it, that depth's
    standard deviation in mm.
    """

    input_size: int

    def __call__(self, crops: np.ndarray, k: np.ndarray) -> np.ndarray: ...


class Pose(Protocol):
    """PoseNet: crops (N, S, S, 3) uint8 RGB → (N, J, 3 to 5).

    The columns are u, v (0..1 of the crop's side), z in mm relative to the root, and where the network estimates them,
    the joint's confidence (0..1) and the standard deviation of its place in mm.
    """

    input_size: int
    skeleton: Skeleton

    def __call__(self, crops: np.ndarray) -> np.ndarray: ...


class Predictor:
    """Everybody in an image, in camera space: ``Predictor()(image)``.

    Args:
        weights: a name of the weights registry or the folder of an entry.
        detector: a name (``people3d.detect``) or any :class:`Detector`; that of the weights if None.
        root, pose: other networks than those of the weights.
        device: ``auto``, ``cpu``, ``cuda``.
        score_threshold: detections below are left out; the detector's own threshold if None.
        batch_size: how many people go through the networks at once.
        flip_test: average each pose with that of the mirrored crop; twice the time.
        skeleton: convert the results to this skeleton; that of the weights if None.

    Attributes:
        weights_info: ids and hashes of the networks, for the files of results.
        skeleton: of the results.

    Raises:
        ValueError: weights that are missing or damaged, a skeleton that the weights cannot give.
    """

    def __init__(
        self,
        weights: str | Path = "default",
        detector: str | Detector | None = None,
        *,
        root: Root | None = None,
        pose: Pose | None = None,
        device: str = "auto",
        score_threshold: float | None = None,
        batch_size: int = 32,
        flip_test: bool = False,
        skeleton: str | Skeleton | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, got {batch_size}")
        self.batch_size, self.flip_test, self.score_threshold = batch_size, flip_test, score_threshold
        self.weights_info: list[dict[str, Any]] = []
        if root is None or pose is None or detector is None or isinstance(detector, str):
            from people3d.runtime import load_weights

            entry = load_weights(weights, device=device)
            self.weights_info = entry.info
            root, pose, detector = root or entry.root, pose or entry.pose, detector or entry.detector
        if isinstance(detector, str):
            from people3d.detect import get_detector

            detector = get_detector(detector, device=device)
        self.detector, self.root, self.pose = detector, root, pose
        self.skeleton = get_skeleton(skeleton or pose.skeleton)
        # Fails here, not after the first image, where the skeleton cannot be had.
        People.empty(pose.skeleton, Camera.default(2, 2), 2, 2).with_skeleton(self.skeleton)

    def __call__(
        self,
        image: np.ndarray | Image.Image | str | Path,
        camera: Camera | None = None,
        boxes: np.ndarray | None = None,
        scores: np.ndarray | None = None,
    ) -> People:
        """Everybody in ``image``.

        Args:
            image: an (H, W, 3) uint8 RGB array, a Pillow image or a path.
            camera: from EXIF data where None, else 55 degrees across the longer side.
            boxes: (N, 4) tight boxes xyxy px instead of the detector's; their order is kept.
            scores: (N,) of ``boxes``; 1 if None.

        Raises:
            ValueError: an image that cannot be read, an impossible box.
            FloatingPointError: a network gave numbers that are not finite.
        """
        picture = as_picture(image)
        height, width = picture.rgb.shape[:2]
        camera = camera or picture.camera or Camera.default(width, height)

        boxes, scores = self._detect(picture.rgb) if boxes is None else _given(boxes, scores, width, height)
        crop_xywh, valid = crop_boxes(_xywh(boxes), width, height)
        boxes, scores, crop_xywh = boxes[valid], scores[valid], crop_xywh[valid]
        if not len(boxes):
            return People.empty(self.pose.skeleton, camera, width, height).with_skeleton(self.skeleton)

        k = k_value(crop_xywh[:, 2], camera.fx, camera.fy)
        chunks = [slice(i, i + self.batch_size) for i in range(0, len(boxes), self.batch_size)]
        parts = [self._root_and_pose(picture.rgb, crop_xywh[c], k[c]) for c in chunks]
        roots, poses = (np.concatenate(part) for part in zip(*parts, strict=True))
        _require_finite("RootNet", roots)
        _require_finite("PoseNet", poses)

        root_cam = lift_root(roots[:, :3], crop_xywh, camera)
        joints_px, joints_cam = lift_joints(poses[..., :3], crop_xywh, roots[:, 2], camera)
        people = People(
            boxes_xyxy=boxes,
            scores=scores,
            joints_cam_mm=joints_cam,
            joints_px=joints_px,
            joint_flags=_flags(joints_px, joints_cam, poses, width, height),
            root_cam_mm=root_cam,
            skeleton=self.pose.skeleton,
            camera=camera,
            width=width,
            height=height,
            root_depth_std_mm=roots[:, 3] if roots.shape[1] > 3 else None,
            joints_std_mm=poses[..., 4] if poses.shape[2] > 4 else None,
        )
        return people.with_skeleton(self.skeleton)

    def _detect(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        boxes, scores = self.detector(image_rgb)
        boxes, scores = np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(scores, np.float64).reshape(-1)
        keep = scores >= (self.score_threshold or 0.0)
        return boxes[keep], scores[keep]

    def _root_and_pose(self, image_rgb: np.ndarray, crop_xywh: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, ...]:
        """RootNet's and PoseNet's outputs for N crop boxes, each network in one batch."""
        sizes = {self.root.input_size, self.pose.input_size}
        crops = {
            size: np.stack([warp_crop(image_rgb, crop_affine(box, size), size) for box in crop_xywh]) for size in sizes
        }
        root = np.asarray(self.root(crops[self.root.input_size], k), np.float64)
        return root, self._pose(crops[self.pose.input_size])

    def _pose(self, crops: np.ndarray) -> np.ndarray:
        pose = np.asarray(self.pose(crops), np.float64)
        if not self.flip_test:
            return pose
        mirrored = np.asarray(self.pose(np.ascontiguousarray(crops[:, :, ::-1])), np.float64)
        mirrored = mirrored[:, self.pose.skeleton.mirror]
        # Crop pixel p becomes size - 1 - p.
        mirrored[..., 0] = 1 - 1 / self.pose.input_size - mirrored[..., 0]
        return (pose + mirrored) / 2


def _xywh(boxes_xyxy: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes_xyxy[:, :2], boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]], 1)


def _given(boxes, scores, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes that a caller gave, checked."""
    boxes = np.asarray(boxes, np.float64)
    if boxes.size and (boxes.ndim != 2 or boxes.shape[1] != 4):
        raise ValueError(f"boxes: expected (N, 4) x1 y1 x2 y2, got shape {boxes.shape}")
    boxes = boxes.reshape(-1, 4)
    scores = np.ones(len(boxes)) if scores is None else np.asarray(scores, np.float64)
    if scores.shape != (len(boxes),):
        raise ValueError(f"scores: expected shape ({len(boxes)},), got {scores.shape}")
    for i, problem in enumerate(box_problems(_xywh(boxes), width, height)):
        if problem:
            raise ValueError(f"box {i} (x1 y1 x2 y2 {boxes[i].tolist()}): {problem}")
    return boxes, scores


def _require_finite(network: str, values: np.ndarray) -> None:
    broken = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(1))
    if len(broken):
        raise FloatingPointError(f"{network} gave numbers that are not finite for person {broken[0]} of {len(values)}")


def _flags(joints_px: np.ndarray, joints_cam: np.ndarray, poses: np.ndarray, width: int, height: int) -> np.ndarray:
    """(N, J) flags from the picture's bounds, the crop's, the networks' confidence and the side of the camera."""
    in_picture = ((joints_px >= 0) & (joints_px < [width, height])).all(-1)
    seen = ((poses[..., :2] >= 0) & (poses[..., :2] <= 1)).all(-1) & (joints_cam[..., 2] > 0)
    if poses.shape[2] > 3:
        seen &= poses[..., 3] >= SEEN_CONFIDENCE
    return np.where(in_picture, np.where(seen, SEEN, UNCERTAIN), OUTSIDE).astype(np.uint8)
