"""3D poses lifted from 2D ones by a network of their own, as the paper's Table 7 does for the methods it compares with.

Needs the extra ``train``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from people3d.evaluate.annotations import Annotations
from people3d.skeleton import Skeleton, convert

MIN_JOINTS = 6  # that the predictions and the network must have in common


def lift_poses(people: Annotations, checkpoint: str | Path) -> Annotations:
    """``people`` with their 3D joints replaced by root-relative ones lifted from their 2D joints.

    Only the joints that the file and the network have in common stay.

    Args:
        checkpoint: of ``people3d train lifting``.

    Raises:
        ValueError: torch is not installed, the checkpoint is of another network, too few joints are shared.
        FileNotFoundError: there is no such checkpoint.
    """
    try:
        import torch
    except ImportError as error:
        raise ValueError("lifting 2D poses needs torch: pip install 'people3d[train]'") from error
    from people3d.models.lifting import LiftingNet
    from people3d.train.checkpoint import load_checkpoint, weights_of

    state = load_checkpoint(checkpoint)
    if state["network"] != "lifting":
        raise ValueError(f"{checkpoint}: expected a checkpoint of the network lifting, got one of {state['network']}")
    network = LiftingNet(**state["arguments"]).eval()
    network.load_state_dict(weights_of(state))
    px, _ = convert(people.joints_px, people.skeleton, network.skeleton)
    shared = np.asarray(np.isfinite(px).all((0, 2)))
    if shared.sum() < MIN_JOINTS:
        raise ValueError(
            f"{people.source}: expected 2D joints of at least {MIN_JOINTS} joints of {network.skeleton.name} "
            f"for everybody, got {shared.sum()}"
        )
    px[:, ~shared] = np.nan
    with torch.no_grad():
        lifted = network(torch.from_numpy(px.astype(np.float32))).numpy().astype(np.float64)
    names = tuple(name for name, kept in zip(network.skeleton.joints, shared, strict=True) if kept)
    skeleton = Skeleton(f"{network.skeleton.name} lifted", names, (), 0)
    blank = np.full((len(people), len(names)), np.nan)
    return replace(
        people,
        skeleton=skeleton,
        joints_px=px[:, shared],
        joint_flags=np.ones(blank.shape),
        joints_cam_mm=lifted[:, shared],
        joints_univ_mm=np.repeat(blank[..., None], 3, 2),
        occluded=blank,
        root_cam_mm=np.full((len(people), 3), np.nan),
        root_depth_mm=np.full(len(people), np.nan),
    )
