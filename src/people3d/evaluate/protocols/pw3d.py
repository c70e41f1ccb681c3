"""3DPW: MRPE and its axes on the test split with ground-truth boxes, in mm (the released code prints metres)."""

from __future__ import annotations

import numpy as np

from people3d.evaluate.annotations import Annotations, pelvis
from people3d.evaluate.matching import match_people
from people3d.evaluate.pose_errors import depth_errors, means, pose_errors, root_localisation
from people3d.evaluate.report import Report, Table, provenance
from people3d.skeleton import convert

MINIMUM_IOU = 0.5


def evaluate(pred: Annotations, truth: Annotations) -> Report:
    """Root errors of every matched person, and pose errors over the joints that both skeletons have.

    Raises:
        ValueError: a valid person whose root is not known.
    """
    true_root = truth.root_or_pelvis_mm
    if not np.isfinite(true_root[truth.valid]).all():
        raise ValueError(f"{truth.source}: protocol pw3d needs root_cam or keypoints_cam for every valid person")
    match = match_people(pred, truth, MINIMUM_IOU)
    people = np.flatnonzero(match >= 0)
    matched = match[people]
    columns = root_localisation(pred.root_or_pelvis_mm[matched], true_root[people])
    columns |= depth_errors(pred.root_or_pelvis_mm[matched, 2], true_root[people, 2])
    if len(pred.skeleton) and len(truth.skeleton) and np.isfinite(pred.joints_cam_mm).any():
        p = convert(pred.joints_cam_mm[matched], pred.skeleton, truth.skeleton)[0]
        t = truth.joints_cam_mm[people]
        centred = (x - pelvis(x, truth.skeleton)[:, None] for x in (p, t))
        columns |= pose_errors(*centred)
    figures = means(columns) | {"matched": len(people), "recall": len(people) / max(1, int(truth.valid.sum()))}
    rows = [[name, value] for name, value in figures.items() if name.endswith("_mm")]
    return Report(
        "pw3d",
        provenance(pred, truth, "3DPW, root by MRPE in mm", matched=len(people)),
        figures,
        [Table("mm", ["", "mean"], rows)],
        {"image": truth.image_index[people], "truth": people, "prediction": matched, **columns},
    )
