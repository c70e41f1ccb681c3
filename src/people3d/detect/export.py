"""From a trained detector to the ONNX file of the default detector. Needs the extra ``train``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from people3d.detect.default import THRESHOLD_KEY, VIEWS_KEY
from people3d.detect.views import SIZE_MULTIPLE, View
from people3d.models.detector import DetectorGraph, PersonDetector
from people3d.runtime.export import save_onnx
from people3d.runtime.storage import Storage

INPUT, OUTPUTS = "images", ("boxes", "scores")


def export_detector(
    path: str | Path,
    arguments: dict[str, Any],
    state: dict[str, torch.Tensor],
    views: Sequence[View],
    score_threshold: float,
    storage: Storage = "float16",
) -> None:
    """Write the ONNX file: any number of images of any size whose sides are multiples of 32.

    Args:
        arguments, state: of :class:`PersonDetector`.
        views: how the detector looks at an image.
        score_threshold: below which a candidate is nobody.
        storage: of the large tensors; the network computes in single precision either way.
    """
    model = PersonDetector(**arguments)
    model.load_state_dict(state)
    graph = DetectorGraph(model)
    images = torch.zeros((2, 2 * SIZE_MULTIPLE, 3 * SIZE_MULTIPLE, 3), dtype=torch.uint8)
    rows, columns = torch.export.Dim("rows", min=1, max=128), torch.export.Dim("columns", min=1, max=128)
    dynamic = ({0: torch.export.Dim("batch"), 1: SIZE_MULTIPLE * rows, 2: SIZE_MULTIPLE * columns},)
    metadata = {
        "people3d.kind": "detector",
        "people3d.images": f"(N, H, W, 3) uint8 RGB, sides multiples of {SIZE_MULTIPLE}; preprocessing is in the graph",
        VIEWS_KEY: ",".join(map(str, views)),
        THRESHOLD_KEY: f"{score_threshold:.4f}",
    }
    save_onnx(graph, (images,), (INPUT,), OUTPUTS, path, metadata, storage, dynamic)
