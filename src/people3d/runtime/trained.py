"""Trained networks from files: our checkpoints and the released snapshots. Needs torch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from people3d.detect.views import View, parse_views
from people3d.models.joint import JointNet
from people3d.models.posenet import PoseNet
from people3d.models.released import released_state
from people3d.models.rootnet import RootNet
from people3d.runtime.entry import KINDS, WeightsError
from people3d.runtime.export import Trained
from people3d.skeleton import SKELETONS, Skeleton, get_skeleton
from people3d.train.checkpoint import load_checkpoint, weights_of

# The released networks take crops of 256 px in 0..255, normalised without division by 255 (measured on the released
# code: its inputs go from -2.1 to 1136).
RELEASED_PREPROCESSING: dict[str, Any] = {
    "input_size": 256,
    "scale": 1.0,
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}
RELEASED_DEPTH_CELLS = 64
# Blocks of the third stage, and whether blocks are bottlenecks, tell the ResNets apart.
_RESNETS = {(2, False): 18, (6, False): 34, (6, True): 50, (23, True): 101, (36, True): 152}


def read_checkpoint(
    path: str | Path, score_threshold: float | None = None, detector_views: tuple[View, ...] = ()
) -> Trained:
    """A checkpoint of ``people3d train``; the running average of its weights where it has one.

    Args:
        score_threshold: of a detector; that of its last evaluation if None.
        detector_views: how a detector looks at a picture; as in its training's evaluation if empty.

    Raises:
        FileNotFoundError, ValueError: no such file; damaged, unsafe, or not a checkpoint.
    """
    checkpoint = load_checkpoint(path)
    kind, preprocessing = checkpoint["network"], checkpoint["preprocessing"]
    if kind not in KINDS:
        raise WeightsError(f"{path}: expected a checkpoint of {', '.join(KINDS)}, got one of {kind!r}")
    missing = {"input_size", "scale", "mean", "std"} - set(preprocessing)
    if missing:
        raise WeightsError(f"{path}: the checkpoint's preprocessing lacks {', '.join(sorted(missing))}")
    views = detector_views or parse_views(preprocessing.get("views", ()))
    metrics = checkpoint.get("metrics") or {}
    threshold = metrics.get("threshold", 0.5) if score_threshold is None else score_threshold
    training = {"step": checkpoint["step"], "config": checkpoint.get("config"), "metrics": metrics}
    return Trained(
        kind,
        checkpoint["arguments"],
        preprocessing,
        weights_of(checkpoint),
        _plain(training),
        float(threshold),
        views if kind == "detector" else (),
    )


def read_checkpoints(
    paths: Iterable[str | Path], score_threshold: float | None = None, detector_views: tuple[View, ...] = ()
) -> list[Trained]:
    """:func:`read_checkpoint` of each; a joint network (Table 1) gives a RootNet and a PoseNet of one backbone."""
    networks = []
    for path in paths:
        checkpoint = load_checkpoint(path)
        if checkpoint["network"] == "jointnet":
            networks += _parts(checkpoint, path)
        else:
            networks.append(read_checkpoint(path, score_threshold, detector_views))
    return networks


def _parts(checkpoint: dict[str, Any], path: str | Path) -> list[Trained]:
    try:
        parts = JointNet(**checkpoint["arguments"]).parts(weights_of(checkpoint))
    except TypeError as error:
        raise WeightsError(f"{path}: arguments do not fit the joint network: {error}") from error
    training = _plain({n: checkpoint.get(n) for n in ("step", "config", "metrics")} | {"joint": True})
    return [
        Trained(kind, arguments, checkpoint["preprocessing"], state, training)
        for kind, (arguments, state) in parts.items()
    ]


def read_released(rootnet: str | Path, posenet: str | Path, skeleton: str | None = None) -> list[Trained]:
    """The released code's two snapshots (``.pth.tar``); joint count and depth of the ResNet are read from them.

    Args:
        skeleton: name of PoseNet's skeleton; muco21 or h36m18, whichever has the file's joint count, if None.

    Raises:
        FileNotFoundError, ValueError: no such file; damaged, unsafe, of another network or joint count.
    """
    skeleton = (get_skeleton(skeleton) if skeleton is not None else _skeleton_of(posenet)).name
    root_arguments: dict[str, Any] = {"backbone": _backbone_of(rootnet)}
    pose_arguments: dict[str, Any] = {"backbone": _backbone_of(posenet), "skeleton": skeleton}
    networks = (
        ("rootnet", root_arguments, RootNet(**root_arguments).load_released(rootnet), rootnet),
        ("posenet", pose_arguments, PoseNet(**pose_arguments).load_released(posenet), posenet),
    )
    return [
        Trained(kind, arguments, RELEASED_PREPROCESSING, network.state_dict(), {"imported_from": Path(path).name})
        for kind, arguments, network, path in networks
    ]


def _skeleton_of(posenet: str | Path) -> Skeleton:
    final = released_state(posenet).get("head.final_layer.weight")
    if not isinstance(final, torch.Tensor):
        raise WeightsError(f"{posenet}: expected a PoseNet snapshot, it has no head.final_layer")
    joints = final.shape[0] / RELEASED_DEPTH_CELLS
    for name in ("muco21", "h36m18"):
        if joints == len(SKELETONS[name]):
            return SKELETONS[name]
    raise WeightsError(
        f"{posenet}: expected 21 (muco21) or 18 (h36m18) joints, it holds {joints:g}; give its --skeleton"
    )


def _backbone_of(path: str | Path) -> str:
    state = released_state(path)
    blocks = {k.split(".")[2] for k in state if k.startswith("backbone.layer3.")}
    shape = (len(blocks), "backbone.layer1.0.conv3.weight" in state)
    if shape not in _RESNETS:
        raise WeightsError(f"{path}: expected a ResNet of depth 18, 34, 50, 101 or 152 as backbone, it has another")
    return f"resnet{_RESNETS[shape]}"


def _plain(value: Any) -> Any:
    """As JSON can hold it: numbers that are not finite become None."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
