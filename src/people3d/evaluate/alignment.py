"""Least-squares alignment of predicted joints to true ones: Procrustes with and without scale, and scale alone.

A joint that is NaN on either side takes no part in the alignment.
"""

from __future__ import annotations

import numpy as np


def check_joints(pred: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64; raises ``ValueError`` where they are not two (N, J, D) arrays of the same shape."""
    pred, truth = np.asarray(pred, np.float64), np.asarray(truth, np.float64)
    if pred.ndim != 3 or pred.shape != truth.shape:
        raise ValueError(f"expected two (N, J, 3) arrays of one shape, got {pred.shape} and {truth.shape}")
    return pred, truth


def procrustes_align(pred: np.ndarray, truth: np.ndarray, scale: bool) -> np.ndarray:
    """``pred`` moved onto ``truth`` by the best rotation and translation and, if ``scale``, scale of each person.

    Reflections are not allowed (Kabsch, Umeyama). Most of the literature scales; the paper's released code does not
    (facts of the released code).

    Args:
        pred, truth: (N, J, 3), any one unit; NaN joints are left out.

    Returns:
        (N, J, 3) aligned prediction; a person without a common joint is NaN.
    """
    pred, truth = check_joints(pred, truth)
    if not pred.size:
        return pred.copy()
    mask = (np.isfinite(pred) & np.isfinite(truth)).all(-1, keepdims=True)  # (N, J, 1)
    count = mask.sum(1, keepdims=True)
    weight = mask / np.where(count, count, np.nan)
    pred_centre = (weight * np.where(mask, pred, 0)).sum(1, keepdims=True)
    truth_centre = (weight * np.where(mask, truth, 0)).sum(1, keepdims=True)
    a, b = np.where(mask, pred - pred_centre, 0), np.where(mask, truth - truth_centre, 0)
    u, s, vt = np.linalg.svd(np.swapaxes(a, 1, 2) @ b)  # covariance = u s vt
    # A reflection fits better where the determinant is -1: turn the weakest axis round instead.
    sign = np.ones_like(s)
    sign[:, -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None]) @ vt  # row vectors: a @ rotation ≈ b
    size = (a**2).sum((1, 2))
    factor = (s * sign).sum(-1) / np.where(size > 0, size, 1) if scale else np.ones(len(pred))
    return factor[:, None, None] * (pred - pred_centre) @ rotation + truth_centre


def scale_align(pred: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """``pred`` times the factor of each person that brings it closest to ``truth``; both (N, J, 3), centred before."""
    pred, truth = check_joints(pred, truth)
    mask = (np.isfinite(pred) & np.isfinite(truth)).all(-1, keepdims=True)
    a, b = np.where(mask, pred, 0), np.where(mask, truth, 0)
    size = (a**2).sum((1, 2))
    factor = (a * b).sum((1, 2)) / np.where(size > 0, size, 1)
    return factor[:, None, None] * pred
