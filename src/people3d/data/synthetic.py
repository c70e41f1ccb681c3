"""Rendered people as training data: everybody in a stream of synthetic crops, with exact joints and depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from people3d.data.pack import Person, depth_over_focal
from people3d.lift import depth_along_ray
from people3d.skeleton import get_skeleton

_SKELETON = get_skeleton("muco21")
MIN_BOX_PX = 48  # of the longer side; smaller neighbours in a crop of one person are not worth learning from
MIN_VISIBLE = 4  # joints
HIDDEN_WEIGHT = 0.5  # of a joint inside the picture that is not seen against one that is


def people(
    seed: int,
    start: int = 0,
    step: int = 1,
    *,
    mocap: Path | None = None,
    backgrounds: Path | None = None,
    postures: Sequence[str] = (),
) -> Iterator[Person]:
    """An endless stream; worker w of n takes ``start=w, step=n``. Needs the extra ``synth``.

    ``postures``: of the people in front, see :func:`people3d.synth.generate.crops`.
    """
    from people3d.synth.generate import crops

    for scene in crops(seed, start, step, mocap=mocap, backgrounds=backgrounds, postures=postures):
        height, width = scene.image.shape[:2]
        for i in range(len(scene)):
            box = scene.boxes_xyxy[i]
            visible = scene.joint_visible[i, : len(_SKELETON)]
            if not np.isfinite(box).all() or (box[2:] - box[:2]).max() < MIN_BOX_PX or visible.sum() < MIN_VISIBLE:
                continue
            if scene.index % 2:  # detectors box either what is seen or the whole body inside the picture
                amodal = scene.amodal_xyxy[i]
                box = np.concatenate([np.maximum(amodal[:2], 0), np.minimum(amodal[2:], [width, height])])
            joints = scene.joints_cam_mm[i, : len(_SKELETON)]
            px = scene.joints_px[i, : len(_SKELETON)]
            inside = (np.isfinite(px) & (px >= 0) & (px < [width, height])).all(1)
            weight = np.where(visible, 1.0, HIDDEN_WEIGHT) * inside
            yield Person(
                image=scene.image,
                box_xywh=np.concatenate([box[:2], box[2:] - box[:2]]),
                joints_px=px,
                joints_rel_mm=joints[:, 2] - joints[_SKELETON.root, 2],
                xy_weight=weight,
                z_weight=weight,
                depth_over_focal=depth_over_focal(scene.camera, joints[_SKELETON.root, 2]),
                joints_ray_mm=depth_along_ray(joints, joints[_SKELETON.root]),
            )
