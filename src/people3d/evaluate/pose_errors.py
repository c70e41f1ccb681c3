"""The errors that several protocols share, in columns of one figure a matched person, and their means."""

from __future__ import annotations

import numpy as np

from people3d.evaluate.metrics import mean_or_nan, mpjpe, n_mpjpe, pa_mpjpe, relative_depth_errors, root_errors


def pose_errors(pred_mm: np.ndarray, truth_mm: np.ndarray, scored: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """(N, J, 3) poses in mm, each already centred on its root → every pose error by name, (N,) mm."""
    return {
        "mpjpe_mm": mpjpe(pred_mm, truth_mm, scored=scored),
        "pa_mpjpe_rigid_mm": pa_mpjpe(pred_mm, truth_mm, scale=False, scored=scored),
        "pa_mpjpe_with_scale_mm": pa_mpjpe(pred_mm, truth_mm, scale=True, scored=scored),
        "n_mpjpe_mm": n_mpjpe(pred_mm, truth_mm, scored=scored),
    }


def root_localisation(pred_root_mm: np.ndarray, true_root_mm: np.ndarray) -> dict[str, np.ndarray]:
    """(N, 3) roots in mm → their distance and |Δ| of each axis by name, (N,) mm. The means are MRPE and its axes."""
    names = ("mrpe_mm", "mrpe_x_mm", "mrpe_y_mm", "mrpe_z_mm")
    return dict(zip(names, root_errors(pred_root_mm, true_root_mm).T, strict=True))


def depth_errors(pred_depth_mm: np.ndarray, true_depth_mm: np.ndarray) -> dict[str, np.ndarray]:
    """(N,) depths of the root → |ΔZ| / Z and predicted / true Z by name, (N,) fractions."""
    return {
        "relative_depth_error": relative_depth_errors(pred_depth_mm, true_depth_mm),
        "depth_ratio": np.asarray(pred_depth_mm, np.float64) / true_depth_mm,
    }


def means(columns: dict[str, np.ndarray]) -> dict[str, float]:
    """Mean of each column over the people who have it."""
    return {name: mean_or_nan(values) for name, values in columns.items()}
