"""The released snapshots: equal answers, strict loading, nothing that runs."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.models import PoseNet, RootNet  # noqa: E402
from people3d.models.released import released_state  # noqa: E402


@pytest.fixture(scope="module")
def formula(shared):
    spec = importlib.util.spec_from_file_location("formula", shared / "parity" / "formula.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def released_input(crops: np.ndarray) -> torch.Tensor:
    """0..255, not divided by 255 (the released code's own quirk)."""
    images = (crops.astype(np.float32) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return torch.from_numpy(images.transpose(0, 3, 1, 2)).float()


@pytest.mark.parametrize(("kind", "network"), [("rootnet", RootNet), ("posenet", PoseNet)])
@torch.no_grad()
def test_the_released_code_gave_the_same(shared, formula, tmp_path, kind, network):
    snapshot = formula.released_checkpoint(kind, 7)
    snapshot["network"] = {name: torch.as_tensor(array) for name, array in snapshot["network"].items()}
    path = tmp_path / "snapshot.pth.tar"
    torch.save(snapshot, path)
    loaded = network("resnet50").load_released(path).eval()
    path.unlink()  # 130 MB
    case = np.load(shared / "parity" / f"{kind}_seed7.npz")
    images = released_input(case["crops_rgb"])
    np.testing.assert_allclose(images[:, :, ::16, ::16], case["inputs_small"], atol=1e-3)
    out = (loaded(images, torch.from_numpy(case["k"])) if kind == "rootnet" else loaded(images)).numpy()
    if kind == "rootnet":
        np.testing.assert_allclose(out[:, 2], case["out"][:, 2], rtol=1e-4)
        out = out[:, :2]
    np.testing.assert_allclose(out, case["out"][..., : out.shape[-1]], atol=2e-3, rtol=0)


def snapshot_of(network, path, prefix="module."):
    torch.save({"epoch": 1, "network": {prefix + k: v for k, v in network.state_dict().items()}, "optimizer": {}}, path)
    return path


SMALL = {"backbone": "resnet18", "deconv_widths": (8, 8, 8)}


def small_pose(skeleton="muco21", **more):
    return PoseNet(skeleton=skeleton, **SMALL | {"depth_cells": 64} | more)


@pytest.mark.parametrize("prefix", ["module.", ""])
def test_every_tensor_is_loaded_with_and_without_the_prefix(tmp_path, prefix):
    saved = small_pose()
    loaded = small_pose().load_released(snapshot_of(saved, tmp_path / "s", prefix))
    assert all(
        torch.equal(a, b) for a, b in zip(saved.state_dict().values(), loaded.state_dict().values(), strict=True)
    )


def test_another_joint_count(tmp_path):
    path = snapshot_of(small_pose("h36m18"), tmp_path / "s")
    with pytest.raises(ValueError, match="holds 18 joints, skeleton muco21 has 21") as error:
        small_pose().load_released(path)
    assert "\n" not in str(error.value)


def test_a_missing_tensor(tmp_path):
    network = small_pose()
    state = network.state_dict()
    del state["backbone.layer3.0.conv1.weight"]
    torch.save({"network": state}, tmp_path / "s")
    with pytest.raises(ValueError, match=r"does not fit this PoseNet: .*layer3\.0\.conv1\.weight") as error:
        small_pose().load_released(tmp_path / "s")
    assert "\n" not in str(error.value)


def test_a_tensor_too_many(tmp_path):
    torch.save({"network": RootNet(**SMALL).state_dict() | {"root.fc.weight": torch.zeros(1)}}, tmp_path / "s")
    with pytest.raises(ValueError, match=r"does not fit this RootNet: .*root\.fc\.weight"):
        RootNet(**SMALL).load_released(tmp_path / "s")


def test_another_backbone(tmp_path):
    path = snapshot_of(RootNet("resnet34", (8, 8, 8)), tmp_path / "s")
    with pytest.raises(ValueError, match="does not fit this RootNet"):
        RootNet(**SMALL).load_released(path)


def test_the_other_network(tmp_path):
    root, pose = snapshot_of(RootNet(**SMALL), tmp_path / "r"), snapshot_of(small_pose(), tmp_path / "p")
    with pytest.raises(ValueError, match="expected a PoseNet snapshot"):
        small_pose().load_released(root)
    with pytest.raises(ValueError, match="expected a RootNet snapshot"):
        RootNet(**SMALL).load_released(pose)


@pytest.mark.parametrize("content", [{}, {"network": {}}, {"network": 3}, {"state_dict": {}}, [1], 3])
def test_a_file_that_is_no_snapshot(tmp_path, content):
    torch.save(content, tmp_path / "s")
    with pytest.raises(ValueError, match="state dict"):
        released_state(tmp_path / "s")


@pytest.mark.parametrize("size", [0, 10, 2000])
def test_a_snapshot_that_is_cut_off(tmp_path, size):
    path = snapshot_of(RootNet(**SMALL), tmp_path / "s")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="damaged or unsafe") as error:
        released_state(path)
    assert "\n" not in str(error.value)


def test_no_such_snapshot(tmp_path):
    with pytest.raises(FileNotFoundError, match="found no such file"):
        released_state(tmp_path / "s")


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_malicious_snapshot_does_not_run(tmp_path, zipped):
    trap = tmp_path / "trap"
    torch.save({"network": {"w": Malicious(trap)}}, tmp_path / "s", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match="damaged or unsafe"):
        released_state(tmp_path / "s")
    assert not trap.exists()
    torch.load(tmp_path / "s", weights_only=False)
    assert trap.exists()  # the trap is a real one
