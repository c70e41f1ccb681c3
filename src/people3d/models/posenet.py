"""PoseNet: the pose relative to the root, from one crop (paper section 6; the network of Sun et al., 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from people3d.lift import DEPTH_AXES
from people3d.models.backbones import Features, build_backbone
from people3d.models.efficientnet_lite import EfficientNetLite0
from people3d.models.heatmap import deconv_layers, heatmap_cells, init_head, soft_argmax
from people3d.models.released import released_state
from people3d.skeleton import Skeleton, get_skeleton

DEPTH_RANGE_MM = 1000.0  # the volume spans ±1000 mm about the root


class VolumeHead(nn.Module):
    """Features → J volumes of logits (N, J * depth_cells, H, W).

    Args:
        finer: channels of the backbone's finer features, coarse to fine, that join at the first deconvolutions (ours;
            none in the paper): small crops leave 5×5 cells at stride 32, too few to say where a wrist is.
    """

    def __init__(
        self, inputs: int, joints: int, depth_cells: int, deconv_widths: tuple[int, ...], finer: Sequence[int] = ()
    ):
        super().__init__()
        self.deconv_layers = deconv_layers(inputs, deconv_widths)
        self.final_layer = nn.Conv2d(deconv_widths[-1] if deconv_widths else inputs, joints * depth_cells, 1)
        pairs = zip(finer, deconv_widths, strict=False)
        self.laterals = nn.ModuleList(nn.Conv2d(c, width, 3, padding=1, bias=False) for c, width in pairs)

    def forward(self, features: torch.Tensor, finer: Sequence[torch.Tensor] = ()) -> torch.Tensor:
        for index, layer in enumerate(self.deconv_layers):
            features = layer(features)
            level, kind = divmod(index, 3)  # deconvolution, batch norm, ReLU
            if kind == 0 and level < len(self.laterals):
                features = features + self.laterals[level](finer[level])
        return self.final_layer(features)

    def init_laterals(self) -> None:
        """Zero: a network that was trained without goes on from where it was."""
        for lateral in self.laterals:
            nn.init.zeros_(lateral.weight)  # pyright: ignore[reportArgumentType]


class PoseNet(nn.Module):
    """Backbone, deconvolutions, 1×1 convolution to J volumes, soft-argmax.

    The defaults are the paper's: 256 px crops give 64×64×64 cells.

    Args:
        backbone: a name of ``BACKBONES``; or ``Features``, where ``images`` below are another network's features.
        skeleton: a skeleton's name; its joints are the network's.
        deconv_widths: channels of each ×2 deconvolution.
        depth_cells: cells over ±1000 mm.
        cell_offset: where in its cell a logit lies: 0 as in the released code, 0.5 (the middle) for coarse maps, whose
            last cell would otherwise be out of reach.
        uncertainty: also learn the Laplace scale of each joint's error (:meth:`forward_with_scale`).
        depth_axis: along what z is measured, one of ``people3d.lift.DEPTH_AXES``: the optical axis as in the paper, or
            the ray to the root. It changes nothing here; training and lifting ask for it.
        laterals: features of strides 16 and 8 join at the deconvolutions (``efficientnet_lite0`` alone has them).

    Raises:
        ValueError: unknown backbone or skeleton; ``laterals`` of a backbone without a pyramid.
    """

    def __init__(
        self,
        backbone: str | Features = "resnet50",
        skeleton: str | Skeleton = "muco21",
        deconv_widths: tuple[int, ...] = (256, 256, 256),
        depth_cells: int = 64,
        cell_offset: float = 0.0,
        uncertainty: bool = False,
        laterals: bool = False,
        depth_axis: str = "optical",
    ):
        super().__init__()
        if depth_axis not in DEPTH_AXES:
            raise ValueError(f"depth_axis: expected one of {', '.join(DEPTH_AXES)}, got {depth_axis!r}")
        self.depth_axis = depth_axis
        self.skeleton = get_skeleton(skeleton)
        self.depth_cells = depth_cells
        self.cell_offset = cell_offset
        self.backbone = build_backbone(backbone)
        finer: tuple[int, ...] = ()
        if laterals:
            if not isinstance(self.backbone, EfficientNetLite0):
                raise ValueError(f"laterals: expected the backbone efficientnet_lite0, got {backbone!r}")
            finer = self.backbone.pyramid_channels[-2::-1]
        self.head = VolumeHead(self.backbone.out_channels, len(self.skeleton), depth_cells, tuple(deconv_widths), finer)
        self.scale_layer = nn.Linear(self.backbone.out_channels, len(self.skeleton) * 2) if uncertainty else None
        init_head(self.head)
        self.head.init_laterals()
        if self.scale_layer is not None:
            init_head(self.scale_layer)
            nn.init.constant_(self.scale_layer.bias, -3.0)  # 5 % of a side and 5 cm: where training soon gets to

    def volume(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, S, S) normalised images → (N, J * depth_cells, H, W) logits."""
        return self.head(*self._features(images))

    def _features(self, images: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Features of stride 32, and the finer ones where they are used, coarse to fine."""
        if not self.head.laterals:
            return self.backbone(images), []
        *finer, features = self.backbone.pyramid(images)  # pyright: ignore[reportCallIssue]
        return features, finer[::-1]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, S, S) normalised images → (N, J, 3) x, y, z in voxel units (``depth_mm`` turns z into mm)."""
        return soft_argmax(self.volume(images), self.depth_cells, self.cell_offset)

    def read(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Joints (N, J, 3) as ``forward``, logits, and (N, J, 2) log Laplace scales: of x, y in crop sides, of z in m;
        None where they are not learned.

        The scale is read from the features without a gradient into them: it describes the error, it does not shape it.
        """
        features, finer = self._features(images)
        logits = self.head(features, finer)
        scale = None
        if self.scale_layer is not None:
            scale = self.scale_layer(features.detach().float().mean((2, 3))).reshape(features.shape[0], -1, 2).float()
        return soft_argmax(logits, self.depth_cells, self.cell_offset), logits, scale

    def forward_with_scale(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """:meth:`read` of a network that learns its scale; ``ValueError`` from one that does not."""
        joints, logits, scale = self.read(images)
        if scale is None:
            raise ValueError("this PoseNet was built with uncertainty=False")
        return joints, logits, scale

    def depth_mm(self, z_voxel: torch.Tensor) -> torch.Tensor:
        """z in voxels → mm relative to the root."""
        return (z_voxel / self.depth_cells * 2 - 1) * DEPTH_RANGE_MM

    @torch.no_grad()
    def flip_test(self, images: torch.Tensor) -> torch.Tensor:
        """``forward`` averaged with the mirrored crop's, mirrored back with left and right joints swapped."""
        joints = self(images)
        mirrored = self(images.flip(3))[:, torch.as_tensor(self.skeleton.mirror)]
        mirrored[..., 0] = self.mirror_sum(images.shape[3]) - mirrored[..., 0]
        return (joints + mirrored) / 2

    def cells(self, input_size: int) -> int:
        """Cells a side of the heatmaps of crops of ``input_size`` px."""
        return heatmap_cells(input_size, len(self.head.deconv_layers) // 3)

    def mirror_sum(self, input_size: int) -> float:
        """What x of a joint and x of its mirror image add up to, in cells.

        A mirrored crop holds px x at S - 1 - x, so that a network with crop px x at x / S * W cells gives W - W / S.
        The released code (whose logits lie at whole cells) uses W - 1.
        """
        cells = self.cells(input_size)
        return cells - (1 if self.cell_offset == 0 else cells / input_size)

    def load_released(self, path: str | Path) -> PoseNet:
        """Load a released snapshot, strictly. Its joint count must be this skeleton's.

        Raises ``ValueError`` for a damaged or unsafe file or one of another joint count or backbone. The released
        weights expect crops in 0..255 normalised without division by 255 (facts of the released code).
        """
        state = released_state(path)
        final = state.get("head.final_layer.weight")
        if final is None:
            raise ValueError(f"{path}: expected a PoseNet snapshot, it has no head.final_layer")
        if final.shape[0] != len(self.skeleton) * self.depth_cells:
            raise ValueError(
                f"{path}: holds {final.shape[0] / self.depth_cells:g} joints, "
                f"skeleton {self.skeleton.name} has {len(self.skeleton)}"
            )
        return load_strict(self, state, path)


def load_strict(network, state: dict[str, torch.Tensor], path: str | Path):
    """Load every tensor of ``state``, no more and no fewer; one line of error otherwise."""
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise ValueError(f"{path}: does not fit this {type(network).__name__}: {first[:200]}") from error
    return network
