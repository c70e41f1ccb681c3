"""People whom the weights get right and wrong, in one picture for their card: chosen by rank, not by hand.

Each row holds the people whose PA-MPJPE is nearest to one percentile of all, truth green, prediction orange.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from people3d.evaluate.annotations import Annotations
from people3d.evaluate.error_page import CROP_PX, person_picture
from people3d.evaluate.protocols import generic

ERROR = "pa_mpjpe_with_scale_mm_limb_joints"
PERCENTILES = (10, 50, 90, 99)
COLUMNS = 6
MIN_HEIGHT_PX = 100  # of whom something can be seen in the picture
_TEXT_PX, _CELL_PX = 22, 240


def gallery(pred: Annotations, truth: Annotations, images: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB: a row for each of :data:`PERCENTILES`, in each ``COLUMNS`` people.

    Args:
        images: folder that the truth's file names are relative to.

    Raises:
        ValueError: fewer people were matched than the picture holds.
    """
    people = generic.evaluate(pred, truth).people
    error, depth = people[ERROR], people["relative_depth_error"]
    tall = truth.boxes_or_extent_xywh[people["truth"], 3] >= MIN_HEIGHT_PX
    scored = np.flatnonzero(np.isfinite(error) & np.isfinite(depth) & tall)
    if len(scored) < len(PERCENTILES) * COLUMNS:
        raise ValueError(f"gallery: expected {len(PERCENTILES) * COLUMNS} matched people or more, got {len(scored)}")
    scored = scored[np.argsort(error[scored], kind="stable")]
    rows, taken = [], set()
    for percentile in PERCENTILES:
        middle = percentile / 100 * (len(scored) - 1)
        near = [k for k in np.argsort(np.abs(np.arange(len(scored)) - middle), kind="stable") if k not in taken]
        taken |= set(near[:COLUMNS])
        cells = []
        for k in scored[near[:COLUMNS]]:
            p, t = int(people["prediction"][k]), int(people["truth"][k])
            path = images / truth.images[truth.image_index[t]]["file_name"]
            text = f"{error[k]:.0f} mm, depth {100 * depth[k]:.0f} %"
            cells.append(_cell(person_picture(pred, truth, p, t, path), text))
        rows.append(np.concatenate(cells, 1))
    return np.concatenate(rows)


def _cell(picture: np.ndarray | None, text: str) -> np.ndarray:
    shown = np.zeros((CROP_PX, CROP_PX, 3), np.uint8) if picture is None else picture
    cell = np.full((_CELL_PX + _TEXT_PX, _CELL_PX, 3), 255, np.uint8)
    cell[:_CELL_PX] = cv2.resize(shown, (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_AREA)
    cv2.putText(cell, text, (4, _CELL_PX + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (40, 40, 40), 1, cv2.LINE_AA)
    return cell
