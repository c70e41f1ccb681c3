"""Detectors by name, and their messages where one cannot be had."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.detect import DETECTORS, get_detector
from people3d.runtime.entry import WeightsError


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"expected one of default, maskrcnn, got 'yolo'"):
        get_detector("yolo")
    assert list(DETECTORS) == ["default", "maskrcnn"]


def test_an_impossible_threshold_is_refused():
    with pytest.raises(ValueError, match=r"score threshold: expected a number from 0 to 1, got 1\.5"):
        get_detector("default", score_threshold=1.5)
    with pytest.raises(ValueError, match="score threshold"):
        get_detector("default", score_threshold=float("nan"))


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.onnx: expected the detector's ONNX file"):
        get_detector("default", tmp_path / "none.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(WeightsError, match=r"broken\.onnx: expected an ONNX network"):
        get_detector("default", tmp_path / "broken.onnx")


def test_maskrcnn_says_what_to_do_without_its_weights(monkeypatch):
    pytest.importorskip("torchvision")
    from torchvision.models.detection import MaskRCNN_ResNet50_FPN_Weights

    def offline(self, *args, **kwargs):
        raise OSError("the network cannot be reached")

    monkeypatch.setattr(MaskRCNN_ResNet50_FPN_Weights, "get_state_dict", offline)
    with pytest.raises(ValueError, match=r"weights could not be had.*cannot be reached.*default detector") as caught:
        get_detector("maskrcnn")
    assert "\n" not in str(caught.value)


def test_maskrcnn_gives_people_only(monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchvision")
    from people3d.detect.maskrcnn import MaskRcnn

    detector = MaskRcnn.__new__(MaskRcnn)
    detector.score_threshold = 0.5
    detector._device = torch.device("cpu")
    boxes = torch.tensor([[0.0, 0, 5, 5], [1, 1, 9, 9], [2, 2, 8, 8]])
    answer = {"boxes": boxes, "labels": torch.tensor([1, 18, 1]), "scores": torch.tensor([0.9, 0.8, 0.3])}
    detector._model = lambda images: [answer]
    found, scores = detector(np.zeros((10, 10, 3), np.uint8))
    assert found.tolist() == [[0, 0, 5, 5]] and scores.tolist() == [pytest.approx(0.9)]
