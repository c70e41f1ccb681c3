"""The default detector: one ONNX file, onnxruntime, no torch.

The file takes ``images`` (N, H, W, 3) uint8 RGB, H and W multiples of 32, and gives ``boxes`` (N, P, 4) xyxy px and
``scores`` (N, P) of its P candidates; preprocessing is in the graph. Its metadata says from which views and score
threshold it works best.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from people3d.detect.views import View, look, parse_views
from people3d.runtime.entry import WeightsError
from people3d.runtime.lanes import Lanes
from people3d.runtime.onnx_network import on_cuda, open_session, runner
from people3d.runtime.openvino_network import open_openvino_file

VIEWS_KEY, THRESHOLD_KEY = "people3d.views", "people3d.score_threshold"


class OnnxDetector:
    """A :class:`people3d.detect.Detector`.

    Args:
        path: the ONNX file.
        score_threshold: people with lower scores are left out; the file's own threshold if None.
        views: how it looks at an image (:mod:`people3d.detect.views`); the file's own if empty.
        runtime: ``onnxruntime`` or ``openvino``.

    Raises:
        WeightsError: the file is missing or holds something else.
    """

    def __init__(
        self,
        path: str | Path,
        score_threshold: float | None = None,
        device: str = "auto",
        views: Sequence[View] = (),
        threads: int | None = None,
        runtime: str = "onnxruntime",
    ):
        if not Path(path).is_file():
            raise WeightsError(f"{path}: expected the detector's ONNX file, found no such file")
        lanes = Lanes(threads)
        session = open_session(path, device, lanes.threads)
        metadata = session.get_modelmeta().custom_metadata_map
        names = {i.name for i in session.get_inputs()}, {o.name for o in session.get_outputs()}
        if names != ({"images"}, {"boxes", "scores"}) or THRESHOLD_KEY not in metadata:
            raise WeightsError(f"{path}: expected a people3d detector, the network in it is another")
        if VIEWS_KEY not in metadata:
            raise WeightsError(
                f"{path}: expected a detector that says its views, this one was exported before they did: export its "
                "checkpoint again (people3d weights export)"
            )
        try:
            self.views = tuple(views) or parse_views(metadata[VIEWS_KEY].split(","))
        except ValueError as error:
            raise WeightsError(f"{path}: {error}") from error
        self._map = map
        if runtime == "openvino":
            self._run = open_openvino_file(path, threads)
        elif len(self.views) > 1 and not on_cuda(session):
            self._run, self._map = runner(session), lanes.map
        else:
            same = lanes.threads == lanes.all_threads
            self._run = runner(session if same else open_session(path, device, lanes.all_threads))
        self.score_threshold = float(metadata[THRESHOLD_KEY]) if score_threshold is None else score_threshold

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return look(self.candidates, image_rgb, self.views, self.score_threshold, self._map)

    def candidates(self, images_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The network alone: (N, H, W, 3) uint8 → boxes_xyxy (N, P, 4) px of the input, scores (N, P)."""
        found = self._run({"images": images_rgb})
        return found["boxes"], found["scores"]
