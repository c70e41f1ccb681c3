"""MediaPipe's landmarks as PoseNet (https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker).

The model is a ``.task`` file of the user's (``pose_landmarker_lite``, ``_full`` or ``_heavy``), the package an optional
one: ``pip install mediapipe``. Of its 33 landmarks those are taken that COCO's skeleton has; thorax and pelvis are the
middles of shoulders and hips, and the hips are raised to where ours lie (``people3d.hips``). x and y are the landmarks'
places in the crop; z is that of the world landmarks, which are metric, about the middle of the hips, and turn with the
ray to the person
(``benchmarks/mediapipe_pose.py``: MPJPE is lower that way on every set).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from people3d.hips import raised_hips
from people3d.parts import JudgedPose
from people3d.skeleton import SKELETONS, Skeleton

MEDIAPIPE_EXTRA = "MediaPipe's landmarks need its package: pip install mediapipe"
SEEN_FROM = 0.5  # of visibility, MediaPipe's probability that a landmark is in the picture and not hidden
_COCO = SKELETONS["coco19"]
# Index of each of COCO's joints among the landmarks.
_LANDMARKS = {
    **{"Nose": 0, "L_Eye": 2, "R_Eye": 5, "L_Ear": 7, "R_Ear": 8},
    **{"L_Shoulder": 11, "R_Shoulder": 12, "L_Elbow": 13, "R_Elbow": 14, "L_Wrist": 15, "R_Wrist": 16},
    **{"L_Hip": 23, "R_Hip": 24, "L_Knee": 25, "R_Knee": 26, "L_Ankle": 27, "R_Ankle": 28},
}
_MEANS = {"Thorax": ("L_Shoulder", "R_Shoulder"), "Pelvis": ("L_Hip", "R_Hip")}
_LANDMARK_COUNT = 33


class MediaPipePose:
    """A PoseNet for :class:`people3d.parts.Parts` and ``Predictor(posenet=…)``.

    Args:
        task: the ``.task`` file.

    Raises:
        ValueError: the file is missing, or MediaPipe cannot use it.
        ImportError: MediaPipe is missing.
    """

    skeleton: Skeleton = _COCO
    depth_axis = "ray"

    def __init__(self, task: str | Path) -> None:
        self.task = Path(task)
        if not self.task.is_file():
            raise ValueError(f"{self.task}: expected MediaPipe's .task file, found none")
        try:
            import mediapipe  # pyright: ignore[reportMissingImports]
            from mediapipe.tasks.python import BaseOptions, vision  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise ImportError(f"{MEDIAPIPE_EXTRA} ({error})") from error
        self._mediapipe: Any = mediapipe
        try:
            model = self.task.read_bytes()
            options = vision.PoseLandmarkerOptions(BaseOptions(model_asset_buffer=model))
            self._landmarker: Any = vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ValueError(f"{self.task}: expected a .task file of a pose landmarker, got {reason}") from error
        self.info = {"id": f"mediapipe/{self.task.stem}", "sha256": hashlib.sha256(model).hexdigest()}

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> JudgedPose:
        """(N, S, S, 3) uint8 RGB → (N, 19, 3) joints and (N, 19) whether they are seen; NaN where it finds nobody."""
        joints, seen = self._pose(crops)
        if flip_test:
            swap = _COCO.mirror
            mirrored, mirrored_seen = self._pose(crops[:, :, ::-1])
            back = mirrored[:, swap]
            back[..., 0] = (crops.shape[2] - 1) / crops.shape[2] - back[..., 0]
            one = np.where(np.isnan(joints), back, joints)
            joints = (one + np.where(np.isnan(back), one, back)) / 2
            seen = seen | mirrored_seen[:, swap]
        return JudgedPose(joints, None, seen)

    def _pose(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = [self._person(crop) for crop in crops]
        joints = np.array([row[0] for row in rows]).reshape(-1, len(_COCO), 3)
        return joints, np.array([row[1] for row in rows], bool).reshape(-1, len(_COCO))

    def _person(self, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(crop))
        found = self._landmarker.detect(image)
        if not found.pose_landmarks:
            return np.full((len(_COCO), 3), np.nan), np.zeros(len(_COCO), bool)
        return joints_of(found.pose_landmarks[0], found.pose_world_landmarks[0])


def joints_of(landmarks: Sequence[Any], world_landmarks: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """MediaPipe's answer for one person as PoseNet's.

    Args:
        landmarks: 33 with ``x``, ``y`` in sides of the picture and ``visibility``.
        world_landmarks: 33 with ``z`` in metres.

    Returns:
        (19, 3) x, y in sides of the crop, z in mm relative to the pelvis; (19,) bool, whether it is seen.

    Raises:
        ValueError: another number of landmarks.
    """
    if len(landmarks) != _LANDMARK_COUNT or len(world_landmarks) != _LANDMARK_COUNT:
        raise ValueError(f"expected {_LANDMARK_COUNT} landmarks, got {len(landmarks)} and {len(world_landmarks)}")
    joints, seen = np.zeros((len(_COCO), 3)), np.zeros(len(_COCO), bool)
    for name, index in _LANDMARKS.items():
        place, world = landmarks[index], world_landmarks[index]
        joints[_COCO.index(name)] = place.x, place.y, 1000 * world.z
        seen[_COCO.index(name)] = (place.visibility or 0) >= SEEN_FROM
    for name, ends in _MEANS.items():
        both = [_COCO.index(end) for end in ends]
        joints[_COCO.index(name)], seen[_COCO.index(name)] = joints[both].mean(0), seen[both].all()
    joints = raised_hips(joints, _COCO)
    joints[:, 2] -= joints[_COCO.root, 2]
    return joints, seen
