"""The method, in one object: detect → crop → root → pose → lift."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from people3d.camera import Camera, UnsizedCamera, k_value
from people3d.crop import box_problems, crop_affine, crop_boxes, warp_crop, xywh_from_xyxy
from people3d.detect import Detector, get_detector
from people3d.detect.views import parse_views
from people3d.doubles import distinct
from people3d.lift import crop_to_image, depth_along_axis, lift_joints, lift_root
from people3d.parts import JudgedPose, Parts, PosePart
from people3d.people import OUTSIDE, SEEN, UNCERTAIN, People
from people3d.root_depth import Poses, RootDepth
from people3d.runtime import PoseOutput, RootOutput, load_weights
from people3d.runtime.calibration import NEAR_SIDES
from people3d.skeleton import Skeleton, get_skeleton
from people3d.sources import as_picture


class Networks(Protocol):
    """RootNet and PoseNet; ``people3d.runtime.Weights`` is one, anything of this shape will do.

    ``info`` (ids and hashes) goes into files of results; ``detector_path`` is asked only where no detector is given.
    One whose standard deviations are calibrated also has ``seen_std`` (``Weights.seen_std``), one whose depths are not
    along the optical axis ``depth_axis`` (``Weights.depth_axis``).
    """

    @property
    def crop_size(self) -> int: ...

    @property
    def skeleton(self) -> Skeleton: ...

    @property
    def info(self) -> dict[str, Any]: ...

    def detector_path(self) -> Path: ...

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput: ...

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput: ...


class Predictor:
    """Everybody in an image, in camera space: ``Predictor()(image)``.

    Args:
        weights: a name of the weights registry, the folder of an entry, or any :class:`Networks`.
        detector: a name (``people3d.detect``) or any :class:`Detector`; the weights' own if None.
        device: ``auto``, ``cpu`` or ``cuda``.
        score_threshold: of a detector by name: detections below are left out; its own threshold if None.
        batch_size: how many people go through a network at once.
        flip_test: average each pose with that of the mirrored crop; twice the time.
        skeleton: convert the results to this skeleton; that of the weights if None.
        runtime: ``onnxruntime``, ``openvino`` (extra ``openvino``) or ``torch``: what the networks run on.
        posenet: instead of the weights' PoseNet: any :class:`people3d.parts.PosePart`, or the path of a ``.task`` file
            with MediaPipe's landmarks (``people3d.mediapipe_pose``).
        detector_views: how the default detector looks at an image (:mod:`people3d.detect.views`); its own way if empty.
            One view, such as ``("384",)``, takes a third of the time and errs more often.

    Raises:
        ValueError: weights that are missing or damaged, a skeleton that they cannot give.
        ImportError: MediaPipe is asked for, but missing.
    """

    def __init__(
        self,
        weights: str | Path | Networks = "default",
        detector: str | Detector | None = None,
        *,
        device: str = "auto",
        score_threshold: float | None = None,
        batch_size: int = 32,
        flip_test: bool = False,
        skeleton: str | Skeleton | None = None,
        runtime: str = "onnxruntime",
        posenet: str | Path | PosePart | None = None,
        detector_views: Sequence[str] = (),
    ) -> None:
        if isinstance(weights, str | Path):
            weights = load_weights(weights, device=device, batch_size=batch_size, runtime=runtime).open()
        if isinstance(posenet, str | Path):
            from people3d.mediapipe_pose import MediaPipePose

            posenet = MediaPipePose(posenet)
        if posenet is not None:
            weights = Parts(weights, posenet)
        self.networks: Networks = weights
        self.skeleton = get_skeleton(skeleton or weights.skeleton)
        # Raises here, not after the first image, where the skeleton cannot be had.
        People.empty(weights.skeleton, Camera.default(2, 2), 2, 2).with_skeleton(self.skeleton)
        self.flip_test = flip_test
        self._detector, self._score_threshold, self._device = detector or "default", score_threshold, device
        parse_views(detector_views)  # raises here as well
        self._runtime, self._detector_views = runtime, tuple(detector_views)
        if self._detector_views and self._detector != "default":
            raise ValueError("detector_views: expected none beside a detector other than the default")

    @cached_property
    def detector(self) -> Detector:
        """Opened when it is first asked for; boxes from elsewhere need none."""
        if not isinstance(self._detector, str):
            return self._detector
        path = self.networks.detector_path() if self._detector == "default" else None
        return get_detector(
            self._detector, path, self._score_threshold, self._device, self._runtime, self._detector_views
        )

    def __call__(
        self,
        image: np.ndarray | Image.Image | str | Path,
        camera: Camera | UnsizedCamera | None = None,
        boxes: ArrayLike | None = None,
        scores: ArrayLike | None = None,
        root_depth: RootDepth | None = None,
    ) -> People:
        """Everybody in ``image``, but for those in whose crop PoseNet says that there is nobody.

        Args:
            image: an (H, W, 3) uint8 RGB array, a Pillow image or a path.
            camera: from EXIF data where None, else 55 degrees across the longer side.
            boxes: (N, 4) tight boxes xyxy px instead of the detector's; their order is kept.
            scores: (N,) of ``boxes``; 1 if None.
            root_depth: instead of RootNet, whose answer counts only where this answers NaN: a
                :class:`people3d.depth_map.DepthMap` or any callable (:class:`people3d.root_depth.RootDepth`).

        Raises:
            ValueError: an image that cannot be read, an impossible box, depths that cannot be.
            FloatingPointError: a network gave numbers that are not finite.
        """
        picture = as_picture(image)
        height, width = picture.rgb.shape[:2]
        camera = (camera or picture.camera or Camera.default(width, height)).for_image(width, height)

        detected = boxes is None
        boxes, scores = self.detector(picture.rgb) if boxes is None else _given(boxes, scores, width, height)
        crop_xywh, valid = crop_boxes(xywh_from_xyxy(boxes), width, height)
        boxes, scores, crop_xywh = boxes[valid], scores[valid], crop_xywh[valid]
        if not len(boxes):
            return self._nobody(camera, width, height)

        size = self.networks.crop_size
        crops = np.stack([warp_crop(picture.rgb, crop_affine(box, size), size) for box in crop_xywh])
        output = self.networks.pose(crops, self.flip_test)
        pose, pose_std = output
        if isinstance(output, JudgedPose):
            there = ~np.isnan(pose).all((1, 2))
            boxes, scores, crop_xywh, crops = boxes[there], scores[there], crop_xywh[there], crops[there]
            pose, pose_std, seen = pose[there], None if pose_std is None else pose_std[there], output.seen[there]
            if not len(boxes):
                return self._nobody(camera, width, height)
        else:
            seen = True if pose_std is None else pose_std[..., 0] <= getattr(self.networks, "seen_std", NEAR_SIDES)
        _require_finite("PoseNet", pose)

        joints_px, z = crop_to_image(pose[..., :2], crop_xywh), pose[..., 2]
        depth_axis = getattr(self.networks, "depth_axis", "optical")
        is_ray = depth_axis == "ray"
        root_cam, depth_std = self._rootnet(crops, crop_xywh, camera)
        given = None
        if root_depth is not None:
            # Along the optical axis, as far as RootNet's distance tells.
            optical = depth_along_axis(z, joints_px, root_cam, camera) if is_ray else z
            poses = Poses(boxes, joints_px, optical, self.networks.skeleton, camera)
            depth = _checked_depth(root_depth(picture.rgb, poses), len(poses))
            given, depth_std = np.isfinite(depth), None
            elsewhere = camera.unproject(joints_px[:, self.networks.skeleton.root], depth)
            root_cam = np.where(given[:, None], elsewhere, root_cam)
        if is_ray:
            optical = depth_along_axis(z, joints_px, root_cam, camera)
            pose = np.concatenate([pose[..., :2], optical[..., None]], -1)
        joints_px, joints_cam = lift_joints(pose, crop_xywh, root_cam[:, 2], camera)
        people = People(
            boxes_xyxy=boxes,
            scores=scores,
            joints_cam_mm=joints_cam,
            joints_px=joints_px,
            joint_flags=_flags(joints_px, joints_cam, seen, width, height),
            root_cam_mm=root_cam,
            skeleton=self.networks.skeleton,
            camera=camera,
            width=width,
            height=height,
            root_depth_std_mm=depth_std,
            joints_std_mm=_std_mm(pose_std, root_cam, crop_xywh, camera),
            root_depth_given=given,
            depth_axis=depth_axis,
        )
        if detected:  # whoever gives boxes gets an answer for each
            people = people[distinct(people)]
        return people.with_skeleton(self.skeleton)

    def _nobody(self, camera: Camera, width: int, height: int) -> People:
        return People.empty(self.networks.skeleton, camera, width, height).with_skeleton(self.skeleton)

    def _rootnet(
        self, crops: np.ndarray, crop_xywh: np.ndarray, camera: Camera
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """(N, 3) roots in camera mm, and (N,) standard deviations of their depths where RootNet estimates them."""
        root, std = self.networks.root(crops, k_value(crop_xywh[:, 2], camera.fx, camera.fy))
        _require_finite("RootNet", root)
        return lift_root(root, crop_xywh, camera), std


def _checked_depth(depth: ArrayLike, count: int) -> np.ndarray:
    """Depths that a caller's source gave."""
    depth = np.asarray(depth, np.float64)
    if depth.shape != (count,):
        raise ValueError(f"root depth: expected shape ({count},), one a person, got {depth.shape}")
    if not (np.isnan(depth) | ((depth > 0) & (depth < np.inf))).all():
        raise ValueError(f"root depth: expected positive mm, or NaN where it is not known, got {depth.tolist()}")
    return depth


def _given(boxes: ArrayLike, scores: ArrayLike | None, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes that a caller gave, checked."""
    boxes = np.asarray(boxes, np.float64)
    if boxes.size and (boxes.ndim != 2 or boxes.shape[1] != 4):
        raise ValueError(f"boxes: expected (N, 4) x1 y1 x2 y2, got shape {boxes.shape}")
    boxes = boxes.reshape(-1, 4)
    scores = np.ones(len(boxes)) if scores is None else np.asarray(scores, np.float64)
    if scores.shape != (len(boxes),):
        raise ValueError(f"scores: expected shape ({len(boxes)},), got {scores.shape}")
    for i, problem in enumerate(box_problems(xywh_from_xyxy(boxes), width, height)):
        if problem:
            raise ValueError(f"box {i} (x1 y1 x2 y2 {boxes[i].tolist()}): {problem}")
    return boxes, scores


def _require_finite(network: str, values: np.ndarray) -> None:
    broken = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(1))
    if len(broken):
        raise FloatingPointError(f"{network} gave numbers that are not finite for person {broken[0]} of {len(values)}")


def _flags(
    joints_px: np.ndarray, joints_cam_mm: np.ndarray, seen: np.ndarray | bool, width: int, height: int
) -> np.ndarray:
    """(N, J) flags from the picture's bounds, PoseNet's own doubt, and the side of the camera a joint is on."""
    in_picture = ((joints_px >= 0) & (joints_px < [width, height])).all(-1)
    seen = seen & (joints_cam_mm[..., 2] > 0)
    return np.where(in_picture, np.where(seen, SEEN, UNCERTAIN), OUTSIDE).astype(np.uint8)


def _std_mm(
    std: np.ndarray | None, root_cam_mm: np.ndarray, crop_boxes_xywh: np.ndarray, camera: Camera
) -> np.ndarray | None:
    """(N, J) standard deviation of a joint's distance from its true place relative to the root, mm."""
    if std is None:
        return None
    mm_per_side = root_cam_mm[:, 2] * crop_boxes_xywh[:, 2] / np.sqrt(camera.fx * camera.fy)
    return np.sqrt(2 * (std[..., 0] * mm_per_side[:, None]) ** 2 + std[..., 1] ** 2)
