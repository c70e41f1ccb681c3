"""The joint network: one backbone, two heads, and the two networks that it splits into."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from people3d.models import JointNet, PoseNet, RootNet  # noqa: E402

SMALL = {"backbone": "resnet18", "deconv_widths": (16,), "depth_cells": 4, "uncertainty": True}


@pytest.fixture
def joint():
    torch.manual_seed(0)
    network = JointNet(**SMALL, root_deconv_widths=(8, 8))
    for name, parameter in network.named_parameters():
        if not name.startswith("backbone") and parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.1)
    return network


@torch.no_grad()
def test_its_parts_answer_as_it_does(joint):
    images, k = torch.randn(2, 3, 64, 64), torch.tensor([1000.0, 3000.0])
    root, pose = joint.eval()(images, k)
    assert root.shape == (2, 3) and pose.shape == (2, 21, 3) and pose.std(0).max() > 1e-3
    for kind, build, expected in (("rootnet", RootNet, root), ("posenet", PoseNet, pose)):
        arguments, state = joint.parts(joint.state_dict())[kind]
        network = build(**arguments).eval()
        network.load_state_dict(state)
        torch.testing.assert_close(network(images, k) if kind == "rootnet" else network(images), expected)


def test_both_heads_teach_the_backbone(joint):
    images = torch.randn(2, 3, 64, 64)
    gradients = []
    for head in (0, 1):
        joint.zero_grad()
        joint(images, torch.ones(2))[head].square().sum().backward()
        gradients.append(joint.backbone.conv1.weight.grad.clone())
    assert all(g.abs().max() > 0 for g in gradients) and not torch.allclose(*gradients)


def test_the_defaults_are_the_papers():
    with torch.device("meta"):
        joint = JointNet()
    assert joint.backbone.out_channels == 2048 and joint.pose.depth_cells == 64
    assert joint.root.cells(256) == joint.pose.cells(256) == 64
    assert sum(k.startswith("backbone.") for k in joint.state_dict()) == sum(
        "backbone." in k for k in joint.state_dict()
    )
