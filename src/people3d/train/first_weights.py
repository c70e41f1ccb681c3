"""First weights of a network: ImageNet's backbone, a checkpoint or an export of ours, or a released snapshot."""

from __future__ import annotations

from pathlib import Path

import torch

from people3d.models.efficientnet_lite import EfficientNetLite0
from people3d.models.joint import JointNet
from people3d.models.posenet import PoseNet
from people3d.models.released import released_state
from people3d.models.rootnet import RootNet
from people3d.train.checkpoint import load_checkpoint, weights_of
from people3d.train.crop_task import PIXEL_SCALE
from people3d.train.exported import exported_state, find_exported, is_exported

RELEASED_SUFFIX = ".tar"  # snapshot_N.pth.tar
BACKBONE = "backbone."  # of the names of its tensors in a network


def give_first_weights(model: RootNet | PoseNet | JointNet, init: Path | None, random: bool = False) -> float:
    """Load ``init``, or ImageNet's backbone if None, or leave the weights ``random``.

    Returns:
        What pixels 0..255 are multiplied with before ImageNet's mean and standard deviation: as ``init`` had it.

    Raises:
        ValueError, FileNotFoundError: from :func:`start_from`.
        ImportError, OSError: ImageNet's weights are not installed or cannot be downloaded.
    """
    if init is not None:
        return start_from(model, init)
    if not random:
        try:
            model.backbone.load_imagenet()  # pyright: ignore[reportCallIssue, reportAttributeAccessIssue]
        except OSError as error:
            raise OSError(f"ImageNet's weights: {error}; --init FILE or --random starts without them") from error
    return PIXEL_SCALE


def start_from(model: torch.nn.Module, path: Path) -> float:
    """Copy every tensor that fits by name and shape from a checkpoint, a weights folder, an exported file or a released
    snapshot; returns its pixels' scale. After an export, :func:`people3d.train.exported.settle_norms` is due.

    A backbone that is deeper than the file's grows from it (``EfficientNetLite0.grown``).

    Raises:
        ValueError: it is damaged or unsafe, or its backbone does not fit.
        FileNotFoundError: no such file.
    """
    if path.suffix == RELEASED_SUFFIX:
        state, pixel_scale = released_state(path), 1.0
    elif is_exported(path):
        file, network = find_exported(path, "rootnet" if isinstance(model, RootNet) else "posenet")
        state, pixel_scale = exported_state(file, model), network.preprocessing.get("scale", PIXEL_SCALE)
    else:
        checkpoint = load_checkpoint(path)
        state, pixel_scale = weights_of(checkpoint), checkpoint["preprocessing"].get("scale", PIXEL_SCALE)
    if isinstance(model.backbone, EfficientNetLite0):
        state = model.backbone.grown(state, BACKBONE)
    own = model.state_dict()
    fitting = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    wanted = [k for k in own if k.startswith(BACKBONE) and not k.endswith(".num_batches_tracked")]
    missing = [k for k in wanted if k not in fitting]
    if missing:
        raise ValueError(f"{path}: its backbone does not fit, {missing[0]} is missing or of another shape")
    unused = [k for k in state if k.startswith(f"{BACKBONE}{EfficientNetLite0.added_prefix}") and k not in own]
    if unused:
        raise ValueError(f"{path}: its backbone does not fit, it is deeper: {unused[0]}")
    model.load_state_dict({**own, **fitting})
    return pixel_scale


def freeze_blocks(model: RootNet | PoseNet | JointNet, blocks: int) -> None:
    """Keep the first blocks of an EfficientNet-Lite0 as they are; ``ValueError`` for another backbone."""
    if not isinstance(model.backbone, EfficientNetLite0):
        raise ValueError(
            f"frozen_blocks: expected the backbone efficientnet_lite0, got {type(model.backbone).__name__}"
        )
    model.backbone.freeze(blocks)
