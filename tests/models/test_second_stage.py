"""The second stage of PoseNet's head."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.data.augment import Batch  # noqa: E402
from people3d.models import PoseNet  # noqa: E402
from people3d.models.second_stage import SecondStage  # noqa: E402
from people3d.train.pose import pose_loss  # noqa: E402

SMALL = {"backbone": "resnet18", "deconv_widths": (16, 16), "depth_cells": 4, "uncertainty": True}


def batch_of(people: int, size: int) -> Batch:
    rng = np.random.default_rng(0)
    joints = rng.uniform(0.2, 0.8, (people, 21, 3)).astype(np.float32)
    return Batch(
        images=rng.integers(0, 256, (people, size, size, 3), dtype=np.uint8),
        joints=joints,
        weights=np.ones((people, 21, 2), np.float32),
        gamma=np.ones(people, np.float32),
        depth_over_focal=np.ones(people, np.float32),
    )


@torch.no_grad()
def test_at_first_it_changes_nothing():
    torch.manual_seed(0)
    pose = PoseNet(**SMALL, second_stage=8).eval()
    images = torch.randn(2, 3, 64, 64)
    (first, second), _ = pose.read_stages(images)
    torch.testing.assert_close(first, second)
    torch.testing.assert_close(pose.volume(images), second)
    pose.second_stage.final_layer.weight.normal_()
    (again, second), _ = pose.read_stages(images)
    torch.testing.assert_close(again, first)
    assert (second - first).abs().mean() > 1e-3
    torch.testing.assert_close(pose.volume(images), second)
    assert len(PoseNet(**SMALL).read_stages(images)[0]) == 1


@pytest.mark.parametrize("cells", [4, 5])
@torch.no_grad()
def test_it_keeps_odd_and_even_maps(cells):
    stage = SecondStage(16, 3, 2, 8)
    logits = torch.randn(2, 6, cells, cells)
    assert stage(torch.randn(2, 16, cells, cells), logits).shape == logits.shape


@torch.no_grad()
def test_it_is_told_where_every_joint_is_and_how_deep():
    stage = SecondStage(16, 2, 4, 8)
    logits = torch.full((1, 2, 4, 5, 5), -30.0)
    logits[0, 0, 3, 1, 2] = logits[0, 1, 0, 4, 0] = 30.0
    seen = stage._joints_seen(logits.flatten(1, 2))[0]
    place, depth = seen[:2] / seen[:2].sum((1, 2), keepdim=True), seen[2:] / seen[:2].sum((1, 2), keepdim=True)
    assert place[0, 1, 2] > 0.999 and place[1, 4, 0] > 0.999
    assert depth[0, 1, 2].item() == pytest.approx(0.75, abs=1e-3)
    assert depth[1, 4, 0].item() == pytest.approx(-0.75, abs=1e-3)


def test_what_one_joint_does_moves_others():
    """What the stage is for: the answer for one leg depends on where the other is thought to be."""
    torch.manual_seed(0)
    stage = SecondStage(16, 2, 2, 8).eval()
    torch.nn.init.normal_(stage.final_layer.weight)
    logits = torch.zeros(1, 4, 12, 12, requires_grad=True)
    answer = stage(torch.randn(1, 16, 12, 12), logits)
    (gradient,) = torch.autograd.grad(answer[0, :2, 2, 2].sum(), logits)
    assert gradient[0, 2:].abs().sum() > 0


def test_both_stages_learn():
    torch.manual_seed(0)
    pose = PoseNet(**SMALL, second_stage=8)
    batch = batch_of(4, 64)
    images = torch.randn(4, 3, 64, 64)
    torch.nn.init.normal_(pose.second_stage.final_layer.weight, std=0.01)
    loss, figures = pose_loss(pose, images, batch, 0.5)
    loss.backward()
    for layer in (pose.head.final_layer, pose.second_stage.final_layer, pose.second_stage.down[0]):
        assert layer.weight.grad.abs().sum() > 0
    # The figures are those of the last stage, the answer.
    joints = pose.read(images)[0]
    error = np.linalg.norm(joints[..., :2].detach().numpy() / 8 - batch.joints[..., :2], axis=-1).mean()
    assert figures["px256"] == pytest.approx(256 * error, rel=0.1)
    alone, _ = pose_loss(PoseNet(**SMALL), images, batch, 0.5)
    assert loss > 1.2 * alone  # half of the first stage's is added
