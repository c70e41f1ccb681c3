"""Backbones: image → features of stride 32. A backbone has ``out_channels`` and no classifier."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from people3d.models.efficientnet_lite import DEEPER, DEEPEST, EfficientNetLite0


class ResNet(nn.Module):
    """torchvision's ResNet up to the last stage, with its parameter names, which the released snapshots use."""

    def __init__(self, depth: int):
        super().__init__()
        import torchvision

        full = getattr(torchvision.models, f"resnet{depth}")(weights=None)
        self.out_channels: int = full.fc.in_features
        self.depth = depth
        for name, module in full.named_children():
            if name not in ("avgpool", "fc"):
                self.add_module(name, module)

    def forward(self, x):
        for module in self.children():
            x = module(x)
        return x

    def load_imagenet(self) -> None:
        """Load torchvision's ImageNet weights (its own download into torch's cache)."""
        import torchvision

        state = torchvision.models.get_model(f"resnet{self.depth}", weights="IMAGENET1K_V1").state_dict()
        self.load_state_dict({k: v for k, v in state.items() if not k.startswith("fc.")})


class Features(nn.Identity):
    """Stands where a network's backbone would, for one that is given features: shared backbones (Table 1)."""

    def __init__(self, channels: int):
        super().__init__()
        self.out_channels = channels


BACKBONES: dict[str, Callable[[], ResNet | EfficientNetLite0]] = {
    "resnet18": lambda: ResNet(18),
    "resnet34": lambda: ResNet(34),
    "resnet50": lambda: ResNet(50),  # the paper's
    "resnet101": lambda: ResNet(101),
    "resnet152": lambda: ResNet(152),
    "efficientnet_lite0": EfficientNetLite0,
    "efficientnet_lite0_deeper": lambda: EfficientNetLite0(DEEPER),  # goes on from weights of efficientnet_lite0
    "efficientnet_lite0_deepest": lambda: EfficientNetLite0(DEEPEST),  # goes on from either
}


def build_backbone(name: str | Features) -> ResNet | EfficientNetLite0 | Features:
    """The backbone called ``name``, randomly initialised; raises ``ValueError`` listing the known ones."""
    if isinstance(name, Features):
        return name
    if name not in BACKBONES:
        raise ValueError(f"unknown backbone {name!r}; known: {', '.join(BACKBONES)}")
    return BACKBONES[name]()
