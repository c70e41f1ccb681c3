"""The default person detector: one class, no anchor boxes, small enough for a processor.

EfficientNet-Lite0 → feature pyramid (Lin et al., CVPR 2017) of strides 8, 16, 32 → one small head, shared by the
levels, that gives at each point a score and the distances to the four sides of the box, as in FCOS (Tian et al., ICCV
2019). The pyramid and the box losses are torchvision's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torchvision.ops import FeaturePyramidNetwork

from people3d.models.efficientnet_lite import NOTHING_ADDED, EfficientNetLite0

STRIDES = (8, 16, 32)
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, of values 0..1
_PRIOR = 0.01  # score of a point before training, so that the many empty points do not drown the first steps
_START = 2.0  # distance to each side before training, in strides
_EARLY_BLOCKS = 3  # of the backbone: those of strides 2 and 4
_MAX_EXPONENT = 5.0  # 300 strides: no box is larger, and exp stays finite


class Head(nn.Module):
    """One layer for both tasks, one for the score and one for the box; the levels share all but their batch norms."""

    def __init__(self, width: int):
        super().__init__()
        self.shared, self.score_layer, self.box_layer = (_Layer(width) for _ in range(3))
        self.score = nn.Conv2d(width, 1, 1)
        self.box = nn.Conv2d(width, 4, 1)
        # One parameter each: an export would fold the elements of a vector into constants without a name.
        self.scales = nn.ParameterList(torch.ones(1) for _ in STRIDES)
        for layer, bias in ((self.score, -math.log((1 - _PRIOR) / _PRIOR)), (self.box, 0.0)):
            assert layer.bias is not None
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.constant_(layer.bias, bias)

    def forward(self, x: torch.Tensor, level: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, width, h, w) → logits (N, h·w) and distances left, top, right, bottom in strides (N, h·w, 4)."""
        x = self.shared(x, level)
        logits = self.score(self.score_layer(x, level)).flatten(1)
        exponents = (self.box(self.box_layer(x, level)) * self.scales[level]).clamp(max=_MAX_EXPONENT)
        return logits, _START * torch.exp(exponents).flatten(2).transpose(1, 2)


class _Layer(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in STRIDES)

    def forward(self, x: torch.Tensor, level: int) -> torch.Tensor:
        return torch.relu(self.norms[level](self.conv(x)))


class PersonDetector(nn.Module):
    """Images → a box and a score at each of P points.

    In training the backbone's batch norms keep ImageNet's statistics: batches of pictures are small.

    Args:
        width: channels of the pyramid and the head.
        added: blocks more in the stages of the backbone (:class:`EfficientNetLite0`).
    """

    def __init__(self, width: int = 64, added: Sequence[int] = NOTHING_ADDED):
        super().__init__()
        self.backbone = EfficientNetLite0(added)
        self.pyramid = FeaturePyramidNetwork(list(EfficientNetLite0.pyramid_channels), width, norm_layer=nn.BatchNorm2d)
        self.head = Head(width)
        self.mean: torch.Tensor
        self.std: torch.Tensor
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1) * 255, persistent=False)

    def train(self, mode: bool = True) -> PersonDetector:
        super().train(mode)
        self.backbone.eval()
        return self

    def freeze_early_layers(self) -> None:
        """Keep the stem and the layers of stride 4 as they are: they cost most of the time and learn least."""
        for module in (self.backbone.stem, *self.backbone.blocks[:_EARLY_BLOCKS]):
            module.requires_grad_(False)

    def forward(self, images_rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Candidates at all points of all levels.

        Args:
            images_rgb: (N, H, W, 3) uint8 or float 0..255; H and W multiples of the largest stride.

        Returns:
            logits (N, P) and boxes_xyxy (N, P, 4) in px of the input.
        """
        x = (images_rgb.permute(0, 3, 1, 2).float() - self.mean) / self.std
        x = x.contiguous(memory_format=torch.channels_last)
        features = self.pyramid(dict(enumerate(self.backbone.pyramid(x))))
        logits, boxes = [], []
        for level, stride in enumerate(STRIDES):
            score, distances = self.head(features[level], level)
            points = grid_points(features[level].shape[-2], features[level].shape[-1], stride).to(score)
            logits.append(score)
            boxes.append(torch.cat([points - distances[..., :2] * stride, points + distances[..., 2:] * stride], -1))
        return torch.cat(logits, 1), torch.cat(boxes, 1)


class DetectorGraph(nn.Module):
    """What the ONNX file holds: images (N, H, W, 3) uint8 → boxes_xyxy (N, P, 4) px, scores (N, P) 0..1."""

    def __init__(self, detector: PersonDetector):
        super().__init__()
        self.detector = detector

    def forward(self, images_rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, boxes = self.detector(images_rgb)
        return boxes, logits.sigmoid()


def grid_points(height: int, width: int, stride: int) -> torch.Tensor:
    """(height·width, 2) x, y in px of the points of one level.

    All layers of stride 2 pad both sides, so that cell i looks at pixel i·stride: no half-pixel offset.
    """
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2) * stride
