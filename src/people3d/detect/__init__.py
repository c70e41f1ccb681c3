"""Finding people: an image in, tight boxes and scores out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from people3d.detect.views import View, parse_views


class Detector(Protocol):
    """Finds people in one image.

    Takes an (H, W, 3) uint8 RGB image; gives tight boxes_xyxy (N, 4) float64 px inside the image and scores (N,) in
    0..1, best first; (0, 4) and (0,) where nobody is found.
    """

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


def _default(
    weights: str | Path | None, score_threshold: float | None, device: str, runtime: str, views: tuple[View, ...]
) -> Detector:
    from people3d.detect.default import OnnxDetector

    if weights is None:
        from people3d.runtime.weights import load_weights

        weights = load_weights(device=device).detector_path()
    return OnnxDetector(weights, score_threshold, device, views, runtime=runtime)


def _maskrcnn(
    weights: str | Path | None, score_threshold: float | None, device: str, runtime: str, views: tuple[View, ...]
) -> Detector:
    from people3d.detect.maskrcnn import MaskRcnn

    if views:
        raise ValueError(f"views: expected none for the detector maskrcnn, got {' '.join(map(str, views))}")
    return MaskRcnn(score_threshold, device, weights)


DETECTORS: dict[str, Callable[[str | Path | None, float | None, str, str, tuple[View, ...]], Detector]] = {
    "default": _default,  # ours
    "maskrcnn": _maskrcnn,  # the paper's
}


def get_detector(
    name: str = "default",
    weights: str | Path | None = None,
    score_threshold: float | None = None,
    device: str = "auto",
    runtime: str = "onnxruntime",
    views: Sequence[str] = (),
) -> Detector:
    """The detector called ``name``.

    Args:
        weights: a file of weights for it instead of its own (``default``: ONNX; ``maskrcnn``: a state dict).
        score_threshold: people with lower scores are left out; the detector's own threshold if None.
        device: ``auto``, ``cpu`` or ``cuda``.
        runtime: of ``default``: ``onnxruntime`` or ``openvino``; anything else runs it on onnxruntime.
        views: of ``default``: how it looks at an image, such as ``384`` or ``384m`` (:mod:`people3d.detect.views`); its
            own if empty.

    Raises:
        ValueError: no such detector, an impossible threshold or view, weights that are missing or damaged.
        ImportError: the detector needs an extra that is not installed.
    """
    if name not in DETECTORS:
        raise ValueError(f"detector: expected one of {', '.join(DETECTORS)}, got {name!r}")
    if score_threshold is not None and not 0 <= score_threshold <= 1:
        raise ValueError(f"score threshold: expected a number from 0 to 1, got {score_threshold}")
    return DETECTORS[name](weights, score_threshold, device, runtime, parse_views(views))
