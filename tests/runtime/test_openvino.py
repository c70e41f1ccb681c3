"""OpenVINO gives what onnxruntime gives."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.runtime import WeightsError, load_weights
from people3d.runtime.openvino_network import open_openvino_file

from .conftest import noise


def test_the_same_answers_for_any_batch(entry_folder):
    pytest.importorskip("openvino")
    ours, theirs = (load_weights(entry_folder, runtime=r, threads=1) for r in ("onnxruntime", "openvino"))
    for count in (1, 3, 2):
        crops, k = noise(count), np.full(count, 2000.0)
        a, b = ours.pose(crops), theirs.pose(crops)
        # Single precision, in another order; bf16 where the processor has it, which keeps two to three digits.
        np.testing.assert_allclose(b.joints[..., :2], a.joints[..., :2], atol=0.02)  # sides of the crop
        np.testing.assert_allclose(b.joints[..., 2], a.joints[..., 2], atol=20)  # mm, of a range of 2,000
        np.testing.assert_allclose(theirs.root(crops, k).root, ours.root(crops, k).root, rtol=0.05, atol=0.02)
        assert b.std is not None and b.std.shape == (count, 21, 2)


def test_a_damaged_file_is_one_line(tmp_path):
    pytest.importorskip("openvino")
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"broken\.onnx: expected an ONNX network, OpenVINO says: .+") as error:
        open_openvino_file(tmp_path / "broken.onnx")
    assert "\n" not in str(error.value)


def test_it_runs_on_the_processor_only(entry_folder):
    with pytest.raises(ValueError, match="runtime openvino: expected the device cpu, got cuda"):
        load_weights(entry_folder, runtime="openvino", device="cuda")
    with pytest.raises(ValueError, match="runtime: expected one of onnxruntime, openvino, torch, got 'tflite'"):
        load_weights(entry_folder, runtime="tflite")
