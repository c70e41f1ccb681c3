"""Weights stored smaller than they compute."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

from people3d.commands.weights import main as weights_command  # noqa: E402
from people3d.runtime import load_weights  # noqa: E402
from people3d.runtime.entry import read_entry  # noqa: E402
from people3d.runtime.storage import restore, store  # noqa: E402


def arrays_of(model) -> dict[str, np.ndarray]:
    return {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}


@pytest.mark.parametrize(("storage", "size", "px", "mm"), [("float16", 0.55, 2e-3, 4), ("int8", 0.32, 2e-2, 40)])
def test_smaller_storage_moves_joints_little(entry_folder, tmp_path, storage, size, px, mm):
    plain, stored = entry_folder / "posenet.onnx", tmp_path / "stored.onnx"
    model = onnx.load(plain)
    store(model, storage)
    onnx.checker.check_model(model)
    onnx.save(model, stored)
    assert stored.stat().st_size < size * plain.stat().st_size
    small, full = (ort.InferenceSession(str(p)) for p in (stored, plain))
    crops = {"crops": np.random.default_rng(4).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)}
    difference = np.abs(small.run(["joints"], crops)[0] - full.run(["joints"], crops)[0])
    assert 0 < difference[..., :2].max() < px  # sides of the crop
    assert 0 < difference[..., 2].max() < mm


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_restored_tensors_are_the_stored_ones_but_for_rounding(entry_folder, storage):
    plain, model = (onnx.load(entry_folder / "posenet.onnx") for _ in range(2))
    store(model, storage)
    assert not set(arrays_of(plain)) <= set(arrays_of(model))
    restore(model)
    onnx.checker.check_model(model)
    assert [n.op_type for n in model.graph.node] == [n.op_type for n in plain.graph.node]
    before, after = arrays_of(plain), arrays_of(model)
    assert set(before) == set(after)
    for name, value in before.items():
        assert after[name].dtype == value.dtype and after[name].shape == value.shape
        largest = np.abs(value).max(initial=0)
        assert np.abs(after[name] - value).max(initial=0) <= largest * (2**-11 if storage == "float16" else 0.5 / 127)


def test_each_filter_of_a_convolution_has_a_scale_of_its_own():
    """Those of a transposed one are along the second axis of its weights."""
    rng = np.random.default_rng(0)
    loud = np.array([1, 1000], np.float32)
    weights = {
        "Conv": rng.normal(size=(2, 64, 3, 3)).astype(np.float32) * loud[:, None, None, None],
        "ConvTranspose": rng.normal(size=(64, 2, 4, 4)).astype(np.float32) * loud[:, None, None],
    }
    for op, value in weights.items():
        shape = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in "xy"]
        node = onnx.helper.make_node(op, ["x", "w"], ["y"])
        tensor = onnx.numpy_helper.from_array(value, "w")
        model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", shape[:1], shape[1:], [tensor]))
        store(model, "int8")
        assert arrays_of(model)["w_int8"].dtype == np.int8 and arrays_of(model)["w_scale"].size == 2
        restore(model)
        error = np.abs(arrays_of(model)["w"] - value)
        quiet = error[0] if op == "Conv" else error[:, 0]
        assert 0 < quiet.max() < 5 / 127


@pytest.mark.parametrize(
    ("storage", "op", "value"),
    [("float16", "Add", 1e6), ("int8", "Add", 1e6), ("float16", "Conv", np.nan), ("int8", "Conv", np.nan)],
)
def test_what_cannot_be_stored_smaller_stays(storage, op, value):
    tensor = onnx.numpy_helper.from_array(np.full((16, 16, 3, 3), value, np.float32), "b")
    node = onnx.helper.make_node(op, ["x", "b"], ["y"])
    shape = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in "xy"]
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", shape[:1], shape[1:], [tensor]))
    store(model, storage)
    assert arrays_of(model)["b"].dtype == np.float32 and len(model.graph.node) == 1


def test_the_command_stores_weights_anew_in_their_folder(entry_folder, tmp_path, capsys):
    folder = shutil.copytree(entry_folder, tmp_path / "weights")
    crops = np.random.default_rng(4).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    before, full = read_entry(folder), load_weights(folder, threads=1).pose(crops).joints
    assert weights_command(["store", str(folder)]) == 0
    after, small = read_entry(folder), load_weights(folder, threads=1).pose(crops).joints
    assert "posenet  ok" in capsys.readouterr().out
    for kind, network in after.networks.items():
        assert network.sha256 != before.networks[kind].sha256
        assert (folder / network.file).stat().st_size < 0.5 * (entry_folder / network.file).stat().st_size
        assert network.state_sha256 == before.networks[kind].state_sha256
    assert 0 < np.abs(small - full)[..., :2].max() < 2e-2
    assert weights_command(["store", str(folder), "--storage", "float32"]) == 0
    np.testing.assert_allclose(load_weights(folder, threads=1).pose(crops).joints, small, atol=1e-3)


def test_damaged_weights_are_not_stored(entry_folder, tmp_path, capsys):
    folder = shutil.copytree(entry_folder, tmp_path / "weights")
    (folder / "rootnet.onnx").write_bytes(b"cut off")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert weights_command(["store", str(folder)]) == 2
    error = capsys.readouterr().err.strip()
    assert "rootnet.onnx: expected sha256" in error and "\n" not in error
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files and len(list(tmp_path.iterdir())) == 1
