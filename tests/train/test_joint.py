"""The joint network learns both tasks, and becomes weights of two networks."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.data.augment import NONE, Batch  # noqa: E402
from people3d.models import JointNet, PoseNet, RootNet  # noqa: E402
from people3d.runtime.trained import read_checkpoints  # noqa: E402
from people3d.skeleton import get_skeleton  # noqa: E402
from people3d.train.checkpoint import save_checkpoint  # noqa: E402
from people3d.train.crop_task import preprocessing  # noqa: E402
from people3d.train.first_weights import start_from  # noqa: E402
from people3d.train.joint import JointTask  # noqa: E402
from people3d.train.pose import pose_loss  # noqa: E402
from people3d.train.root import NOMINAL_FOCAL_PX, root_loss  # noqa: E402

MUCO = get_skeleton("muco21")
ARGUMENTS = {"backbone": "resnet18", "deconv_widths": (8,), "depth_cells": 4}


def batch(count: int = 3) -> Batch:
    rng = np.random.default_rng(0)
    return Batch(
        images=rng.integers(0, 256, (count, 64, 64, 3), dtype=np.uint8),
        joints=np.concatenate([rng.random((count, 21, 2)), rng.normal(0, 200, (count, 21, 1))], -1).astype(np.float32),
        weights=np.ones((count, 21, 2), np.float32),
        gamma=np.linspace(0.9, 1.4, count).astype(np.float32),
        depth_over_focal=np.linspace(2, 4, count).astype(np.float32),
    )


class _OnePack:
    """Enough of a mixture for a loss."""

    skeleton, augmentation = MUCO, NONE


@pytest.mark.parametrize(("depth_loss", "heatmap_weight"), [("log", 0.1), ("mm", 0.0)])
def test_its_loss_is_the_sum_of_both(depth_loss, heatmap_weight):
    torch.manual_seed(0)
    model = JointNet(**ARGUMENTS).eval()
    task = JointTask(model, ARGUMENTS, _OnePack(), {}, 3, 64, 1 / 255, heatmap_weight, depth_loss)  # type: ignore[arg-type]
    loss, figures = task.loss(batch())
    features = model.backbone(task.inputs(batch()))
    root, _ = root_loss(model.root, features, batch(), MUCO.root, depth_loss)
    pose, _ = pose_loss(model.pose, features, batch(), heatmap_weight)
    torch.testing.assert_close(loss, root + pose)
    assert {"root_depth", "pose_z_mm"} <= set(figures) and ("pose_ce" in figures) == bool(heatmap_weight)
    loss.backward()
    assert model.backbone.conv1.weight.grad.abs().max() > 0


def test_the_papers_root_loss_is_in_cells_and_millimetres():
    """Eq. 3 as in the released code, against numbers by hand."""

    class Knows:
        def read(self, images):
            return torch.full((3, 2), 8.0), torch.tensor([1.0, 1.2, 1.4]), None

        def cells(self, size):
            return 16

    b = batch()
    loss, figures = root_loss(Knows(), torch.zeros(3, 3, 64, 64), b, MUCO.root, "mm")  # type: ignore[arg-type]
    xy = 64 * np.abs(0.5 - b.joints[:, MUCO.root, :2]).sum(1)
    z_true = b.depth_over_focal * NOMINAL_FOCAL_PX
    z = np.abs(np.array([1.0, 1.2, 1.4]) / b.gamma * z_true - z_true)
    assert loss.item() == pytest.approx(np.mean(xy + z) / 3, rel=1e-5)
    assert "nll" not in figures


def saved(tmp_path, kind, arguments, network, **more):
    state = {"network": kind, "arguments": arguments, "preprocessing": preprocessing(64), "model": network.state_dict()}
    save_checkpoint(tmp_path / "c.pt", {**state, "ema": None, "step": 1, **more})
    return tmp_path / "c.pt"


def test_its_checkpoint_gives_two_networks(tmp_path):
    torch.manual_seed(0)
    joint = JointNet(**ARGUMENTS)
    networks = read_checkpoints([saved(tmp_path, "jointnet", {**ARGUMENTS, "deconv_widths": [8]}, joint)])
    assert [n.kind for n in networks] == ["rootnet", "posenet"]
    for trained, build in zip(networks, (RootNet, PoseNet), strict=True):
        network = build(**trained.arguments)
        network.load_state_dict(trained.state)
        assert torch.equal(network.backbone.conv1.weight, joint.backbone.conv1.weight)
    with pytest.raises(ValueError, match="arguments do not fit the joint network"):
        read_checkpoints([saved(tmp_path, "jointnet", {"colour": "red"}, joint)])


def test_training_goes_on_from_released_weights_with_their_pixels(tmp_path):
    torch.manual_seed(0)
    theirs, mine = (RootNet("resnet18", deconv_widths=(8,)) for _ in range(2))
    torch.save({"network": {f"module.{k}": v for k, v in theirs.state_dict().items()}}, tmp_path / "snapshot.pth.tar")
    assert start_from(mine, tmp_path / "snapshot.pth.tar") == 1.0  # crops in 0..255, not divided by 255
    assert all(torch.equal(v, theirs.state_dict()[k]) for k, v in mine.state_dict().items())
    assert start_from(mine, saved(tmp_path, "rootnet", {}, theirs)) == pytest.approx(1 / 255)
