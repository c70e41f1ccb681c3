"""3DPCK and its area under the curve, and the bone re-scaling that MuPoTS-3D's public evaluation does first."""

from __future__ import annotations

import numpy as np

PCK_THRESHOLD_MM = 150.0
AUC_THRESHOLDS_MM = np.arange(0.0, 151.0, 5.0)  # 31 values


def pck(distances_mm: np.ndarray, counted: np.ndarray, threshold_mm: float = PCK_THRESHOLD_MM) -> np.ndarray:
    """Share of people whose joint is nearer than the threshold (strict), joint by joint.

    Args:
        distances_mm: (N, J); a NaN or infinite one is wrong.
        counted: (N, J) bool: who counts.

    Returns:
        (J,) percent; NaN where nobody counts.
    """
    people = counted.sum(0)
    return 100 * ((distances_mm < threshold_mm) & counted).sum(0) / np.where(people, people, np.nan)


def pck_auc(distances_mm: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """(J,) percent: mean of :func:`pck` over thresholds of 0, 5, …, 150 mm. Arguments as there."""
    return np.mean([pck(distances_mm, counted, t) for t in AUC_THRESHOLDS_MM], axis=0)


def rescale_bones(pred: np.ndarray, truth: np.ndarray, order: tuple[int, ...], parents: tuple[int, ...]) -> np.ndarray:
    """``pred`` with the bone lengths of ``truth`` and its own bone directions; the joint ``order[0]`` stays.

    Args:
        pred, truth: (N, J, 3), one unit.
        order: joints, every one after its parent; parents: (J,) parent of each joint.

    Returns:
        (N, J, 3); a predicted bone without length has no direction: it and what hangs on it are NaN.
    """
    out = np.array(pred, np.float64)
    for joint in order[1:]:
        parent = parents[joint]
        bone = pred[:, joint] - pred[:, parent]
        length = np.linalg.norm(bone, axis=1, keepdims=True)
        true_length = np.linalg.norm(truth[:, joint] - truth[:, parent], axis=1, keepdims=True)
        out[:, joint] = out[:, parent] + bone * true_length / np.where(length > 0, length, np.nan)
    return out
