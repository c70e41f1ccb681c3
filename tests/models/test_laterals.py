"""PoseNet's finer features: they change nothing at first, and matter once they are trained."""

from __future__ import annotations

import pytest
import torch

from people3d.models import PoseNet

SMALL = {"backbone": "efficientnet_lite0", "deconv_widths": (8, 8), "depth_cells": 4, "uncertainty": True}


def networks() -> tuple[PoseNet, PoseNet]:
    torch.manual_seed(0)
    plain = PoseNet(**SMALL).eval()
    lateral = PoseNet(**SMALL, laterals=True).eval()
    left_out = lateral.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert left_out == ["head.laterals.0.weight", "head.laterals.1.weight"]
    return plain, lateral


@pytest.mark.parametrize("size", [64, 96])
def test_a_network_trained_without_goes_on_unchanged(size):
    plain, lateral = networks()
    images = torch.randn(2, 3, size, size)
    for mine, theirs in zip(lateral.forward_with_scale(images), plain.forward_with_scale(images), strict=True):
        assert torch.equal(mine, theirs)


def test_both_levels_learn_and_are_read():
    _, lateral = networks()
    torch.nn.init.normal_(lateral.head.final_layer.weight)  # the paper's small weights hide all behind them
    images = torch.randn(2, 3, 64, 64)
    before = lateral.volume(images)
    before.square().sum().backward()
    for layer in lateral.head.laterals:
        assert layer.weight.grad.abs().max() > 0
        with torch.no_grad():
            layer.weight += 0.1
        after = lateral.volume(images)
        assert (after - before).abs().max() > 1e-6
        before = after


def test_a_backbone_without_a_pyramid_is_refused():
    with pytest.raises(ValueError, match="laterals: expected the backbone efficientnet_lite0"):
        PoseNet("resnet18", deconv_widths=(8,), depth_cells=4, laterals=True)
