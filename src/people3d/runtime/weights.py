"""Weights that can be called: crops in, numbers in sides of the crop and millimetres out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from people3d.camera import REAL_SIDE_MM
from people3d.runtime.entry import Entry, WeightsError
from people3d.runtime.registry import DEFAULT, find_entry, packaged_entries
from people3d.skeleton import Skeleton

# Named input arrays → named output arrays, all with the batch as the first axis (names: graphs.py).
Run = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]

CONFIDENT_WITHIN = 0.05  # of the crop's side, about 10 cm: a joint's confidence is the probability of being so close


@dataclass(frozen=True)
class RootNetwork:
    """RootNet: where roots are and how far away.

    Attributes:
        input_size: side of the crops, px.
        batch_size: crops that go through at a time; more are done in chunks.
    """

    run: Run
    input_size: int
    batch_size: int = 32

    def __call__(self, crops: np.ndarray, k: np.ndarray) -> np.ndarray:
        """(N, 3): x, y in sides of the crop (0..1), depth in mm; (N, 4) with the depth's standard deviation in mm where
        the weights estimate it.

        Args:
            crops: (N, S, S, 3) uint8 RGB with S = ``input_size``.
            k: (N,) the paper's distance measure of each crop's box, mm (Eq. 1).
        """
        crops = _checked(crops, self.input_size)
        k = np.asarray(k, np.float32).reshape(-1)
        if len(k) != len(crops):
            raise ValueError(f"k: expected one a crop ({len(crops)}), got {len(k)}")
        if not len(crops):
            return np.zeros((0, 3), np.float32)
        out = _batched(self.run, {"crops": crops, "k": k}, self.batch_size)
        return np.concatenate([out["root"], out["depth_std_mm"][:, None]], 1) if "depth_std_mm" in out else out["root"]


@dataclass(frozen=True)
class PoseNetwork:
    """PoseNet: the pose relative to the root.

    Attributes:
        input_size: side of the crops, px.
        skeleton: of the joints.
        mirror_sum: x of a joint and x of its mirror image add up to this, in sides of the crop.
        batch_size: crops that go through at a time; more are done in chunks.
    """

    run: Run
    input_size: int
    skeleton: Skeleton
    mirror_sum: float
    batch_size: int = 32

    def __call__(self, crops: np.ndarray, flip_test: bool = False) -> np.ndarray:
        """(N, J, 3): x, y in sides of the crop (0..1), z in mm relative to the root.

        Where the weights estimate their error, (N, J, 5): also the joint's confidence (the probability that it is
        within ``CONFIDENT_WITHIN`` in x, and in y) and the standard deviation of its place in mm, taking the crop's side
        to be the paper's 2 m.

        Args:
            crops: (N, S, S, 3) uint8 RGB with S = ``input_size``.
            flip_test: average with the mirrored crops' joints, mirrored back (as the released code does); twice the time.
        """
        crops = _checked(crops, self.input_size)
        if not len(crops):
            return np.zeros((0, len(self.skeleton), 3), np.float32)
        joints = self._read(crops)
        if flip_test:
            back = self._read(np.ascontiguousarray(crops[:, :, ::-1]))[:, self.skeleton.mirror]
            back[..., 0] = self.mirror_sum - back[..., 0]
            joints = (joints + back) / 2
        return joints

    def _read(self, crops: np.ndarray) -> np.ndarray:
        out = _batched(self.run, {"crops": crops}, self.batch_size)
        if "std" not in out:
            return out["joints"]
        std_xy, std_z = out["std"][..., 0], out["std"][..., 1]
        confidence = 1 - np.exp(-CONFIDENT_WITHIN * np.sqrt(2) / std_xy)  # of a Laplace distribution
        std_mm = np.sqrt(2 * (std_xy * REAL_SIDE_MM) ** 2 + std_z**2)
        return np.concatenate([out["joints"], confidence[..., None], std_mm[..., None]], -1)


class Weights:
    """The networks of an entry, each opened when it is first asked for.

    Args:
        entry: RootNet and PoseNet.
        detector_entry: where the detector comes from, if the entry itself has none.
        device: ``cpu``, ``cuda`` or ``auto``.
        runtime: ``onnxruntime`` or ``torch``.
        threads: of onnxruntime for one call; None lets it choose.
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
        if runtime not in ("onnxruntime", "torch"):
            raise ValueError(f"runtime: expected onnxruntime or torch, got {runtime!r}")
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
    def info(self) -> dict[str, dict[str, str]]:
        """``{kind: {"id", "sha256"}}``, as written to ``people3d.json``."""
        entries = {"detector": self.detector_entry, "rootnet": self.entry, "posenet": self.entry}
        return {
            kind: {"id": f"{entry.name}/{kind}", "sha256": entry.networks[kind].sha256}
            for kind, entry in entries.items()
            if entry is not None and kind in entry.networks
        }

    @cached_property
    def root(self) -> RootNetwork:
        network = self.entry.network("rootnet")
        return RootNetwork(self._open("rootnet"), network.input_size, self.batch_size)

    @cached_property
    def pose(self) -> PoseNetwork:
        network = self.entry.network("posenet")
        run = self._open("posenet")
        return PoseNetwork(run, network.input_size, self.skeleton, network.coordinates["mirror_sum"], self.batch_size)

    def detector_path(self) -> Path:
        """The detector's ONNX file, its hash checked."""
        if self.detector_entry is None:
            raise WeightsError(f"{self.entry.folder}: expected a detector; neither these nor the default weights hold one")
        return self.detector_entry.verified_path("detector")

    def _open(self, kind: str) -> Run:
        if self.runtime == "torch":
            from people3d.runtime.torch_network import open_torch

            return open_torch(self.entry, kind, self.device)
        from people3d.runtime.onnx_network import open_onnx

        return open_onnx(self.entry, kind, self.device, self.threads)


def load_weights(name_or_folder: str | Path = DEFAULT, **options: Any) -> Weights:
    """Weights by name or folder; every file's hash is checked here, a network is opened when it is first asked for.

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


def _checked(crops: np.ndarray, size: int) -> np.ndarray:
    crops = np.asarray(crops)
    if crops.shape[1:] != (size, size, 3) or crops.dtype != np.uint8:
        raise ValueError(f"crops: expected (N, {size}, {size}, 3) uint8, got {crops.shape} {crops.dtype}")
    return crops


def _batched(run: Run, inputs: dict[str, np.ndarray], batch_size: int) -> dict[str, np.ndarray]:
    count = len(inputs["crops"])
    parts = [
        run({name: value[start : start + batch_size] for name, value in inputs.items()})
        for start in range(0, count, batch_size)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
