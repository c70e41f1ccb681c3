"""Where hips lie: the one joint that sets of people do not agree about.

The length of the trunk (mid-hips to mid-shoulders) over that of the leg (hip to ankle) is 0.61 by BlazePose, whose hips
are COCO's, 0.56 by the rig of the rendered people, 0.55 in MPI-INF-3DHP, 0.47 in Human3.6M and in the motion capture of
CMU (docs/synthetic.md). Ours, of muco21, lie between the paper's two sets: :func:`raised_hips` takes them there from
where pictures and rig have them.
"""

from __future__ import annotations

import numpy as np

from people3d.skeleton import Skeleton

HIP_RISE = 0.08  # of the trunk


def raised_hips(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """COCO's or the rig's hips → ours.

    (..., J, D) joints in any unit → the same with hips and, where there is one, pelvis moved; NaN without shoulders.
    """
    return _moved(joints, skeleton, HIP_RISE)


def lowered_hips(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Ours → the rig's: what :func:`raised_hips` does, undone."""
    return _moved(joints, skeleton, -HIP_RISE / (1 - HIP_RISE))


def _moved(joints: np.ndarray, skeleton: Skeleton, rise: float) -> np.ndarray:
    hips, shoulders = ([skeleton.index(f"{side}_{name}") for side in "LR"] for name in ("Hip", "Shoulder"))
    trunk = joints[..., shoulders, :].mean(-2) - joints[..., hips, :].mean(-2)
    pelvis = [n for n, name in enumerate(skeleton.joints) if name == "Pelvis"]
    moved = joints.copy()
    moved[..., [*hips, *pelvis], :] += rise * trunk[..., None, :]
    return moved
