"""Snapshots of the released code become weights that give what the released code gave."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch

from people3d.commands.weights import main as weights_command
from people3d.runtime import load_weights

from .conftest import Malicious


@pytest.fixture(scope="module")
def snapshots(shared, tmp_path_factory):
    """The two snapshots of the reference data's formula; deleted after the module, they are large."""
    spec = importlib.util.spec_from_file_location("formula", shared / "parity" / "formula.py")
    assert spec is not None and spec.loader is not None
    formula = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(formula)
    folder = tmp_path_factory.mktemp("released")
    paths = {}
    for kind in ("rootnet", "posenet"):
        snapshot = formula.released_checkpoint(kind, 7)
        snapshot["network"] = {name: torch.as_tensor(array) for name, array in snapshot["network"].items()}
        paths[kind] = folder / f"{kind}.pth.tar"
        torch.save(snapshot, paths[kind])
    yield paths
    for path in paths.values():
        path.unlink()


def command(rootnet, posenet, output, *more: str) -> int:
    args = ["--rootnet", str(rootnet), "--posenet", str(posenet), "--output", str(output), *more]
    return weights_command(["import-released", *args])


def test_imported_weights_give_what_the_released_code_gave(shared, snapshots, tmp_path, capsys):
    output = tmp_path / "released"
    assert command(snapshots["rootnet"], snapshots["posenet"], output) == 0
    assert "--weights" in capsys.readouterr().out
    document = json.loads((output / "entry.json").read_text())
    assert document["skeleton"] == "muco21"  # read from the joint count
    assert document["networks"]["posenet"]["preprocessing"]["scale"] == 1.0  # 0..255, not divided
    assert document["networks"]["rootnet"]["arguments"] == {"backbone": "resnet50"}

    weights = load_weights(output, threads=1)
    case = np.load(shared / "parity" / "rootnet_seed7.npz")
    root, depth_std = weights.root(case["crops_rgb"], case["k"])
    assert depth_std is None
    np.testing.assert_allclose(root[:, :2] * 64, case["out"][:, :2], atol=2e-3, rtol=0)
    np.testing.assert_allclose(root[:, 2], case["out"][:, 2], rtol=1e-4)
    case = np.load(shared / "parity" / "posenet_seed7.npz")
    joints, std = weights.pose(case["crops_rgb"])
    assert std is None
    voxels = np.concatenate([joints[..., :2] * 64, (joints[..., 2:] / 1000 + 1) / 2 * 64], -1)
    np.testing.assert_allclose(voxels, case["out"], atol=2e-3, rtol=0)
    for path in output.glob("*.onnx"):
        path.unlink()  # large


@pytest.fixture
def refused(capsys, tmp_path):
    """Run the command; it must end with 2, one line on stderr and nothing written."""

    def run(rootnet, posenet, *more: str) -> str:
        assert command(rootnet, posenet, tmp_path / "out", *more) == 2
        error = capsys.readouterr().err
        assert error.startswith("people3d weights: ") and error.count("\n") == 1
        assert not (tmp_path / "out").exists()
        return error

    return run


def test_skeleton_of_another_joint_count(refused, snapshots):
    error = refused(snapshots["rootnet"], snapshots["posenet"], "--skeleton", "h36m18")
    assert "holds 21 joints, skeleton h36m18 has 18" in error


def test_unknown_skeleton(refused, snapshots):
    assert "unknown skeleton 'octopus'" in refused(snapshots["rootnet"], snapshots["posenet"], "--skeleton", "octopus")


def test_snapshots_in_the_wrong_order(refused, snapshots):
    assert "it has no head.final_layer" in refused(snapshots["posenet"], snapshots["rootnet"])


def test_missing_snapshot(refused, tmp_path):
    assert "found no such file" in refused(tmp_path / "no.tar", tmp_path / "neither.tar")


def small(folder, name, network) -> object:
    torch.save({"network": network}, folder / name)
    return folder / name


def test_joint_count_of_no_skeleton(refused, tmp_path):
    posenet = small(tmp_path, "p", {"module.head.final_layer.weight": torch.zeros(5 * 64, 256, 1, 1)})
    assert "expected 21 (muco21) or 18 (h36m18) joints, it holds 5" in refused(posenet, posenet)


def test_backbone_that_is_no_resnet(refused, tmp_path):
    posenet = small(tmp_path, "p", {"module.head.final_layer.weight": torch.zeros(21 * 64, 256, 1, 1)})
    assert "expected a ResNet of depth 18, 34, 50, 101 or 152" in refused(posenet, posenet)


@pytest.mark.parametrize("size", [0, 100, 3000])
def test_snapshot_that_is_cut_off(refused, tmp_path, size):
    whole = small(tmp_path, "whole", {"module.head.final_layer.weight": torch.zeros(21 * 64, 256, 1, 1)})
    cut = tmp_path / "cut.pth.tar"
    cut.write_bytes(whole.read_bytes()[:size])
    assert "damaged or unsafe" in refused(cut, cut)


@pytest.mark.parametrize("zipped", [True, False])
def test_malicious_snapshot_does_not_run(refused, tmp_path, zipped):
    trap, path = tmp_path / "trap", tmp_path / "bad.pth.tar"
    torch.save({"network": {"w": Malicious(trap)}}, path, _use_new_zipfile_serialization=zipped)
    assert "damaged or unsafe" in refused(path, path)
    assert not trap.exists()
    torch.load(path, weights_only=False)
    assert trap.exists()  # the trap is a real one
