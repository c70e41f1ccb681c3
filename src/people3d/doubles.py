"""One person found twice: boxes that overlap too little for the detector to see it, but poses at one place in space."""

from __future__ import annotations

import numpy as np

from people3d.people import People

# Of a double all joints lie as far apart as the networks are wrong; of two people who embrace, half a body's width.
SAME_POSE = 0.06  # mean distance of the joints in the picture, over the diagonal of the larger box
SAME_DEPTH = 0.25  # relative difference of the roots' depths: two boxes of one person differ in size, and k with them


def distinct(people: People) -> np.ndarray:
    """(N,) bool: False for whoever is a better scored person over again.

    Two are one where their joints lie on top of each other in the picture and their roots at one depth. Neither alone
    will do: somebody may stand exactly behind another, and side by side at one depth.
    """
    px, depth = people.joints_px, people.root_cam_mm[:, 2]
    size = np.linalg.norm(people.boxes_xyxy[:, 2:] - people.boxes_xyxy[:, :2], axis=1)
    kept = np.ones(len(people), bool)
    for n in np.argsort(-people.scores, kind="stable"):
        if not kept[n]:
            continue
        apart = np.linalg.norm(px - px[n], axis=-1).mean(-1) / np.maximum(size, size[n])
        same = (apart < SAME_POSE) & (np.abs(depth - depth[n]) < SAME_DEPTH * np.maximum(depth, depth[n]))
        worse = (people.scores < people.scores[n]) | ((people.scores == people.scores[n]) & (np.arange(len(kept)) > n))
        kept &= ~(same & worse)
    return kept
