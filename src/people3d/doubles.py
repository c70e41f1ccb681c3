"""One person found twice: boxes that overlap too little for the detector to see it, but poses at one place in space."""

from __future__ import annotations

import numpy as np

from people3d.people import People

# Of a double all joints lie as far apart as the networks are wrong; of two people who embrace, half a body's width.
SAME_POSE = 0.06  # mean distance of the joints in the picture, over the diagonal of the larger box
TRUNK = ("Head", "Neck", "Thorax", "Spine", "Torso", "Pelvis", "Shoulder", "Hip")
SAME_TRUNK = 0.02  # the same of these alone: of a box that shows half a body, the other half's joints are anywhere
SAME_DEPTH = 0.25  # relative difference of the roots' depths: two boxes of one person differ in size, and k with them


def distinct(people: People) -> np.ndarray:
    """(N,) bool: False for whoever is a better scored person over again.

    Two are one where their joints, or those of head and trunk more closely, lie on top of each other in the picture and
    their roots at one depth. Neither alone will do: somebody may stand exactly behind another, and side by side at one
    depth.
    """
    px, depth = people.joints_px, people.root_cam_mm[:, 2]
    size = np.linalg.norm(people.boxes_xyxy[:, 2:] - people.boxes_xyxy[:, :2], axis=1)
    trunk = [n for n, joint in enumerate(people.skeleton.joints) if joint.split("_")[-1] in TRUNK]
    kept = np.ones(len(people), bool)
    for n in np.argsort(-people.scores, kind="stable"):
        if not kept[n]:
            continue
        apart = np.linalg.norm(px - px[n], axis=-1) / np.maximum(size, size[n])[:, None]
        same_pose = apart.mean(-1) < SAME_POSE
        if trunk:
            same_pose |= apart[:, trunk].mean(-1) < SAME_TRUNK
        same = same_pose & (np.abs(depth - depth[n]) < SAME_DEPTH * np.maximum(depth, depth[n]))
        worse = (people.scores < people.scores[n]) | ((people.scores == people.scores[n]) & (np.arange(len(kept)) > n))
        kept &= ~(same & worse)
    return kept
