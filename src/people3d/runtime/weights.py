"""Weights that can be called: crops in, numbers in sides of the crop and millimetres out."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from people3d.crop import resized_crops
from people3d.runtime.calibration import NEAR_SIDES, Calibration, read_calibration
from people3d.runtime.entry import Entry, WeightsError
from people3d.runtime.lanes import Run
from people3d.runtime.registry import DEFAULT, find_entry, packaged_entries
from people3d.skeleton import Skeleton

RUNTIMES = ("onnxruntime", "openvino", "torch")


class RootOutput(NamedTuple):
    """RootNet's answer for N crops.

    Attributes:
        root: (N, 3) x, y in sides of the crop (0..1), depth in mm.
        depth_std_mm: (N,) standard deviation of the depth, or None where the weights do not estimate it.
    """

    root: np.ndarray
    depth_std_mm: np.ndarray | None


class PoseOutput(NamedTuple):
    """PoseNet's answer for N crops.

    Attributes:
        joints: (N, J, 3) x, y in sides of the crop (0..1), z in mm relative to the root, along the optical axis
            (``Weights.depth_axis`` may say otherwise).
        std: (N, J, 2) standard deviations: of x and of y, each, in sides of the crop; of z in mm. None where the
            weights do not estimate them.
    """

    joints: np.ndarray
    std: np.ndarray | None


class Weights:
    """The networks of an entry, each opened when it is first called.

    Args:
        entry: RootNet and PoseNet.
        detector_entry: where the detector comes from, if the entry itself has none.
        device: ``cpu``, ``cuda``, or ``auto``: CUDA where the runtime has it.
        runtime: ``onnxruntime``, ``openvino`` (extra of that name) or ``torch`` (extra ``train``).
        batch_size: crops that go through a network at a time; more are done in chunks.
        threads: of onnxruntime or OpenVINO in all; None takes one a core.
    """

    def __init__(
        self,
        entry: Entry,
        detector_entry: Entry | None = None,
        device: str = "auto",
        runtime: str = "onnxruntime",
        batch_size: int = 32,
        threads: int | None = None,
    ):
        if runtime not in RUNTIMES:
            raise ValueError(f"runtime: expected one of {', '.join(RUNTIMES)}, got {runtime!r}")
        if runtime == "openvino" and device == "cuda":
            raise ValueError("runtime openvino: expected the device cpu, got cuda")
        if batch_size < 1:
            raise ValueError(f"batch size: expected at least 1, got {batch_size}")
        self.entry = entry
        self.detector_entry = entry if "detector" in entry.networks else detector_entry
        self.device = device
        self.runtime = runtime
        self.batch_size = batch_size
        self.threads = threads

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def skeleton(self) -> Skeleton:
        return self.entry.skeleton

    @property
    def crop_size(self) -> int:
        """Side in px of the crops that RootNet and PoseNet are given; one that takes smaller ones shrinks them."""
        return self.entry.crop_size

    @property
    def info(self) -> dict[str, dict[str, str]]:
        """``{kind: {"id", "sha256"}}``, as written to ``people3d.json``."""
        entries = {"detector": self.detector_entry, "rootnet": self.entry, "posenet": self.entry}
        return {
            kind: {"id": f"{entry.name}/{kind}", "sha256": entry.networks[kind].sha256}
            for kind, entry in entries.items()
            if entry is not None and kind in entry.networks
        }

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput:
        """Where roots are and how far away.

        Args:
            crops: (N, S, S, 3) uint8 RGB with S = ``crop_size``.
            k: (N,) the paper's distance measure of each crop's box, mm (Eq. 1).
        """
        crops, k = self._checked(crops, "rootnet"), np.asarray(k, np.float32).reshape(-1)
        if len(k) != len(crops):
            raise ValueError(f"k: expected one a crop ({len(crops)}), got {len(k)}")
        if not len(crops):
            return RootOutput(np.zeros((0, 3), np.float32), None)
        out = self._batched(self._rootnet, {"crops": crops, "k": k})
        root, std = out["root"], out.get("depth_std_mm")
        calibration = self._calibration("rootnet")
        if std is not None and calibration is not None:
            depth = np.maximum(np.abs(root[:, 2]), 1e-6)
            std = calibration.corrections["depth"](std / depth) * depth
        return RootOutput(root, std)

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput:
        """Joints relative to the root.

        Args:
            crops: (N, S, S, 3) uint8 RGB with S = ``crop_size``.
            flip_test: average with the mirrored crops' joints, mirrored back, as in the released code; twice the time.
        """
        crops = self._checked(crops, "posenet")
        if not len(crops):
            return PoseOutput(np.zeros((0, len(self.skeleton), 3), np.float32), None)
        out = self._batched(self._posenet, {"crops": crops})
        joints, std = out["joints"], out.get("std")
        if flip_test:
            swap = self.skeleton.mirror
            mirrored = self._batched(self._posenet, {"crops": np.ascontiguousarray(crops[:, :, ::-1])})
            back = mirrored["joints"][:, swap]
            back[..., 0] = self.entry.network("posenet").coordinates["mirror_sum"] - back[..., 0]
            joints = (joints + back) / 2
            std = None if std is None else (std + mirrored["std"][:, swap]) / 2
        calibration = self._calibration("posenet")
        if std is None or calibration is None:
            return PoseOutput(joints, std)
        corrected = [calibration.corrections[name](std[..., n]) for n, name in enumerate(("xy", "z"))]
        return PoseOutput(joints, np.stack(corrected, -1))

    @property
    def seen_std(self) -> float:
        """A joint whose x and y deviate by more than this, in sides of the crop, is uncertain."""
        calibration = self._calibration("posenet")
        return NEAR_SIDES if calibration is None or calibration.seen_std is None else calibration.seen_std

    @property
    def depth_axis(self) -> str:
        """What PoseNet's z is measured along: one of :data:`people3d.lift.DEPTH_AXES`."""
        return self.entry.network("posenet").coordinates.get("depth_axis", "optical")

    def detector_path(self) -> Path:
        """The detector's ONNX file, its hash checked."""
        if self.detector_entry is None:
            raise WeightsError(
                f"{self.entry.folder}: expected a detector; neither these nor the default weights have one"
            )
        return self.detector_entry.verified_path("detector")

    def open(self) -> Weights:
        """Open both networks now instead of at the first person.

        Raises:
            WeightsError: a file is not the network that the entry promises.
        """
        _ = self._rootnet, self._posenet
        return self

    @cached_property
    def _rootnet(self) -> Run:
        return self._open("rootnet")

    @cached_property
    def _posenet(self) -> Run:
        return self._open("posenet")

    def _calibration(self, kind: str) -> Calibration | None:
        return read_calibration(self.entry.network(kind).calibration, kind)

    def _open(self, kind: str) -> Run:
        if self.runtime == "torch":
            from people3d.runtime.torch_network import open_torch

            return open_torch(self.entry, kind, self.device)
        if self.runtime == "openvino":
            from people3d.runtime.openvino_network import open_openvino

            return open_openvino(self.entry, kind, self.threads)
        from people3d.runtime.onnx_network import open_onnx

        return open_onnx(self.entry, kind, self.device, self.threads)

    def _checked(self, crops: np.ndarray, kind: str) -> np.ndarray:
        """Crops of ``crop_size`` as the network of this kind takes them."""
        crops, size = np.asarray(crops), self.crop_size
        if crops.shape[1:] != (size, size, 3) or crops.dtype != np.uint8:
            raise ValueError(f"crops: expected (N, {size}, {size}, 3) uint8, got {crops.shape} {crops.dtype}")
        return resized_crops(crops, self.entry.network(kind).input_size)

    def _batched(self, run: Run, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        parts = [
            run({name: value[start : start + self.batch_size] for name, value in inputs.items()})
            for start in range(0, len(inputs["crops"]), self.batch_size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def load_weights(name_or_folder: str | Path = DEFAULT, **options: Any) -> Weights:
    """Weights by name or folder; every file's hash is checked here, a network is opened when it is first called.

    An entry without a detector takes the default entry's. ``options`` are those of :class:`Weights`: device, runtime,
    batch_size, threads.

    Raises:
        WeightsError: missing, cut-off or contradictory weights, in one line.
    """
    entry = find_entry(name_or_folder)
    for kind in ("rootnet", "posenet"):
        entry.network(kind)
    entry.verify()
    detector_entry = None
    if "detector" not in entry.networks and DEFAULT in packaged_entries():
        default = find_entry(DEFAULT)
        detector_entry = default if "detector" in default.networks else None
    return Weights(entry, detector_entry, **options)
