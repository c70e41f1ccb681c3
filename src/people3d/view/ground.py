"""Where the floor may be: a plane under people's feet."""

from __future__ import annotations

import numpy as np

from people3d.people import OUTSIDE, People

_FOOT_STD_MM = 120.0  # how far a lowest joint lies off the floor: steps, jumps, errors of the estimate
_TILT_STD = 0.15  # slope of the floor in camera space expected before anybody is seen: a camera held about level


def ground_plane(people: People) -> np.ndarray | None:
    """(3,) ``a, b, c`` of the floor y = a + b·x + c·z in camera mm, or None where nobody is there.

    A hint, not a measurement: the plane that best explains everybody's lowest joint, drawn towards a level one the
    less people there are (ridge regression). Whoever's lowest joint is outside the picture counts only where nobody's
    is inside.
    """
    joints = people.joints_cam_mm
    usable = np.isfinite(joints).all(-1)
    usable = usable & usable.any() & (usable.any(-1, keepdims=True))
    people_there = usable.any(-1)
    if not people_there.any():
        return None
    y = np.where(usable, joints[..., 1], -np.inf)[people_there]
    lowest = y.argmax(-1)
    rows = np.arange(len(lowest))
    feet = joints[people_there][rows, lowest]
    inside = people.joint_flags[people_there][rows, lowest] != OUTSIDE
    if inside.any():
        feet = feet[inside]
    centre = feet.mean(0)
    slopes_from = feet[:, [0, 2]] - centre[[0, 2]]
    normal = slopes_from.T @ slopes_from + np.eye(2) * (_FOOT_STD_MM / _TILT_STD) ** 2
    b, c = np.linalg.solve(normal, slopes_from.T @ (feet[:, 1] - centre[1]))
    return np.array([centre[1] - b * centre[0] - c * centre[2], b, c])
