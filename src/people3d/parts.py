"""RootNet of one and PoseNet of another: the paper's modules are exchangeable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from people3d.runtime import PoseOutput, RootOutput
from people3d.skeleton import Skeleton


class JudgedPose(PoseOutput):
    """The answer of a PoseNet that itself says which joints are seen, and whether there is anybody at all.

    Attributes:
        seen: (N, J) bool. A person whose joints are all NaN is not there.
    """

    seen: np.ndarray

    def __new__(cls, joints: np.ndarray, std: np.ndarray | None, seen: np.ndarray) -> JudgedPose:
        output = super().__new__(cls, joints, std)
        output.seen = seen
        return output


class RootPart(Protocol):
    """RootNet, and what comes with it; ``people3d.runtime.Weights`` is one."""

    @property
    def crop_size(self) -> int: ...

    @property
    def info(self) -> dict[str, Any]: ...

    def detector_path(self) -> Path: ...

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput: ...


class PosePart(Protocol):
    """PoseNet: crops of any size to joints about the root. ``people3d.mediapipe_pose`` has one.

    ``info`` says what it is, for files of results: ``{"id": …, "sha256": …}``. One whose z is not along the optical
    axis has ``depth_axis`` (:data:`people3d.lift.DEPTH_AXES`).
    """

    @property
    def skeleton(self) -> Skeleton: ...

    @property
    def info(self) -> dict[str, str]: ...

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput:
        """(N, S, S, 3) uint8 RGB crops → joints; a :class:`JudgedPose` where it knows more."""
        ...


@dataclass(frozen=True)
class Parts:
    """The networks of a ``Predictor``: ``rootnet`` says where roots are, ``posenet`` how the joints lie about them."""

    rootnet: RootPart
    posenet: PosePart

    @property
    def crop_size(self) -> int:
        return self.rootnet.crop_size

    @property
    def skeleton(self) -> Skeleton:
        return self.posenet.skeleton

    @property
    def info(self) -> dict[str, Any]:
        return {**self.rootnet.info, "posenet": self.posenet.info}

    @property
    def depth_axis(self) -> str:
        return getattr(self.posenet, "depth_axis", "optical")

    def detector_path(self) -> Path:
        return self.rootnet.detector_path()

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput:
        return self.rootnet.root(crops, k)

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput:
        return self.posenet.pose(crops, flip_test)
