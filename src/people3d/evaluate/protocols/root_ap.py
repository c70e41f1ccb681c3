"""AP of the root's location on MuPoTS-3D (paper Table 2, AP_root_25), or on any set in our schema."""

from __future__ import annotations

import numpy as np

from people3d.evaluate.annotations import Annotations, pelvis
from people3d.evaluate.matching import match_images
from people3d.evaluate.report import Report, Table, provenance
from people3d.evaluate.root_ap import average_precision, nearest_people

THRESHOLD_MM = 250.0
_ALSO_MM = (100.0, 150.0, 200.0, 250.0, 300.0, 500.0)  # reported beside the one asked for


def evaluate(pred: Annotations, truth: Annotations, threshold_mm: float = THRESHOLD_MM) -> Report:
    """AP of ``root_cam``, RootNet's own root, against the pelvis of the true ``keypoints_cam`` (else ``root_cam``).

    Images without a valid person are skipped, predictions on images that the truth does not know too.

    Raises:
        ValueError: a prediction without ``root_cam``, or a valid person whose root is not known.
    """
    if not np.isfinite(threshold_mm) or threshold_mm <= 0:
        raise ValueError(f"threshold: expected millimetres above 0, got {threshold_mm}")
    if not np.isfinite(pred.root_cam_mm).all():
        raise ValueError(f"{pred.source}: protocol root-ap needs root_cam for every prediction")
    true_root = pelvis(truth.joints_cam_mm, truth.skeleton)
    true_root = np.where(np.isfinite(true_root), true_root, truth.root_cam_mm)
    valid = np.flatnonzero(truth.valid)
    if not np.isfinite(true_root[valid]).all():
        raise ValueError(f"{truth.source}: protocol root-ap needs keypoints_cam or root_cam for every valid person")

    image = match_images(pred, truth)
    counted = np.flatnonzero(np.isin(image, truth.image_index[valid]))
    person, distance = nearest_people(
        image[counted], pred.root_cam_mm[counted], truth.image_index[valid], true_root[valid]
    )
    scores = pred.scores[counted]
    ap = {t: average_precision(scores, person, distance, len(valid), t) for t in sorted({*_ALSO_MM, threshold_mm})}
    figures = {
        "threshold_mm": threshold_mm,
        "ap_root": ap[threshold_mm],
        "ap_root_by_threshold_mm": {f"{t:g}": value for t, value in ap.items()},
    }
    return Report(
        "root-ap",
        provenance(pred, truth, f"AP of the root at {threshold_mm:g} mm", predictions_counted=len(counted)),
        figures,
        [Table("AP of the root", ["threshold", "AP, %"], [[f"{t:g} mm", 100 * value] for t, value in ap.items()])],
        {
            "image": image[counted],
            "truth": np.where(person >= 0, valid[person] if len(valid) else -1, -1),
            "prediction": counted,
            "root_mm": distance,
        },
    )
