"""Errors of matched people, person by person: row n of the prediction is the same person as row n of the truth.

Every function returns one figure a person and leaves means to the caller, since protocols differ in what they average
over. A joint that is NaN on either side (a skeleton that lacks it) is left out of that person's mean.
"""

from __future__ import annotations

import numpy as np

from people3d.evaluate.alignment import check_joints, procrustes_align, scale_align


def joint_distances(pred: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N, J, D) and (N, J, D) → (N, J) Euclidean distances, NaN where a joint is missing."""
    pred, truth = check_joints(pred, truth)
    return np.sqrt(((pred - truth) ** 2).sum(-1))


def _mean_over_joints(distances: np.ndarray, scored: np.ndarray | None) -> np.ndarray:
    distances = distances if scored is None else distances[:, scored]
    known = np.isfinite(distances)
    count = known.sum(1)
    return np.where(known, distances, 0).sum(1) / np.where(count, count, np.nan)


def centre_on(joints: np.ndarray, root: int | None) -> np.ndarray:
    """(N, J, 3) joints relative to joint ``root``; unchanged if None."""
    joints = np.asarray(joints, np.float64)
    return joints if root is None else joints - joints[:, root : root + 1]


def mpjpe(pred: np.ndarray, truth: np.ndarray, root: int | None = None, scored: np.ndarray | None = None) -> np.ndarray:
    """Mean per joint position error of each person, in the unit of the input (paper section 6.2).

    Args:
        pred, truth: (N, J, 3).
        root: joint on which both are centred first; None compares them where they are.
        scored: indices of the joints that count; all if None.

    Returns:
        (N,); NaN for a person without a common joint.
    """
    pred, truth = check_joints(pred, truth)
    return _mean_over_joints(joint_distances(centre_on(pred, root), centre_on(truth, root)), scored)


def pa_mpjpe(pred: np.ndarray, truth: np.ndarray, scale: bool = True, scored: np.ndarray | None = None) -> np.ndarray:
    """MPJPE after Procrustes: with scale as in the literature; rigid (``scale=False``) as in the released code.

    Args:
        pred, truth: (N, J, 3), any one unit. All joints are aligned.
        scored: indices of the joints that count after alignment; all if None.

    Returns:
        (N,) in the unit of the input.
    """
    return _mean_over_joints(joint_distances(procrustes_align(pred, truth, scale), truth), scored)


def n_mpjpe(
    pred: np.ndarray, truth: np.ndarray, root: int | None = None, scored: np.ndarray | None = None
) -> np.ndarray:
    """Normalised MPJPE: both (N, J, 3) centred on ``root`` (None: they are), each prediction scaled to fit; (N,)."""
    pred, truth = check_joints(pred, truth)
    pred, truth = centre_on(pred, root), centre_on(truth, root)
    return _mean_over_joints(joint_distances(scale_align(pred, truth), truth), scored)


def root_errors(pred_root: np.ndarray, true_root: np.ndarray) -> np.ndarray:
    """(N, 3) and (N, 3) roots → (N, 4): the distance, |Δx|, |Δy|, |Δz|. Their means are MRPE and its axes (Eq. 5)."""
    pred_root, true_root = np.asarray(pred_root, np.float64), np.asarray(true_root, np.float64)
    if pred_root.ndim != 2 or pred_root.shape != true_root.shape or pred_root.shape[1] != 3:
        raise ValueError(f"expected two (N, 3) arrays of roots, got {pred_root.shape} and {true_root.shape}")
    delta = np.abs(pred_root - true_root)
    return np.concatenate([np.linalg.norm(delta, axis=1)[:, None], delta], 1)


def relative_depth_errors(pred_depth: np.ndarray, true_depth: np.ndarray) -> np.ndarray:
    """(N,) and (N,) depths of the root in one unit → (N,) |ΔZ| / Z, a fraction."""
    true_depth = np.asarray(true_depth, np.float64)
    return np.abs(np.asarray(pred_depth, np.float64) - true_depth) / true_depth


def mean_or_nan(values: np.ndarray) -> float:
    """Mean of the finite values; NaN, without a warning, where there is none."""
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")
