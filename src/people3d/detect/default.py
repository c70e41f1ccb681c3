"""The default detector: one ONNX file, onnxruntime, no torch.

The file takes ``images`` (N, H, W, 3) uint8 RGB, H and W multiples of 32, and gives ``boxes`` (N, P, 4) xyxy px and
``scores`` (N, P) of its P candidates; preprocessing is in the graph. Its metadata says at which sizes and score
threshold it works best.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from people3d.detect.letterbox import letterbox, to_detections
from people3d.runtime.entry import WeightsError
from people3d.runtime.onnx_network import open_session, runner
from people3d.runtime.openvino_network import open_openvino_file

LONG_SIDE_KEY, THRESHOLD_KEY = "people3d.long_side", "people3d.score_threshold"
SIZE_MULTIPLE = 32  # sides of the input, the network's largest stride


class OnnxDetector:
    """A :class:`people3d.detect.Detector`.

    Args:
        path: the ONNX file.
        score_threshold: people with lower scores are left out; the file's own threshold if None.
        long_sides: px of the longer side at which the network may see the image; the file's own if empty. Of several it
            is the largest that the image has: a larger view finds more people, a blown-up one fewer.
        runtime: ``onnxruntime`` or ``openvino``.

    Raises:
        WeightsError: the file is missing or holds something else.
    """

    def __init__(
        self,
        path: str | Path,
        score_threshold: float | None = None,
        device: str = "auto",
        long_sides: Sequence[int] = (),
        threads: int | None = None,
        runtime: str = "onnxruntime",
    ):
        if not Path(path).is_file():
            raise WeightsError(f"{path}: expected the detector's ONNX file, found no such file")
        session = open_session(path, device, threads)
        metadata = session.get_modelmeta().custom_metadata_map
        names = {i.name for i in session.get_inputs()}, {o.name for o in session.get_outputs()}
        if names != ({"images"}, {"boxes", "scores"}) or not {LONG_SIDE_KEY, THRESHOLD_KEY} <= set(metadata):
            raise WeightsError(f"{path}: expected a people3d detector, the network in it is another")
        self.long_sides = tuple(long_sides) or tuple(map(int, metadata[LONG_SIDE_KEY].split(",")))
        self._run = open_openvino_file(path, threads) if runtime == "openvino" else runner(session)
        self.score_threshold = float(metadata[THRESHOLD_KEY]) if score_threshold is None else score_threshold

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        image, factors = letterbox(image_rgb, self._long_side(image_rgb), SIZE_MULTIPLE)
        found = self._run({"images": image[None]})
        return to_detections(found["boxes"][0], found["scores"][0], factors, image_rgb.shape[:2], self.score_threshold)

    def _long_side(self, image_rgb: np.ndarray) -> int:
        longer = max(image_rgb.shape[:2])
        return max((side for side in self.long_sides if side <= longer), default=min(self.long_sides))
