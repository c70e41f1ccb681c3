"""CSV: one row a joint, in camera space, mm; for pandas, R, a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from people3d.export.recording import Recording
from people3d.files import write_whole

COLUMNS = (
    *("file_name", "frame", "time_s", "person", "track_id", "score"),
    *("joint", "x_mm", "y_mm", "z_mm", "x_px", "y_px", "flag", "filled"),
)


def write(recording: Recording, path: Path) -> list[str]:
    """``person`` counts the people of an image from 1; what is not known is empty."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    people, count = recording.people, {}
    for i, image in enumerate(people.image_index.tolist()):
        count[image] = count.get(image, 0) + 1
        frame = int(recording.frame_indices[image])
        head = [
            recording.file_names[image],
            "" if frame < 0 else frame,
            cell(float(recording.times_s[image]), 6),
            count[image],
            int(recording.track_ids[i]) or "",
            cell(float(people.scores[i]), 6),
        ]
        for j, joint in enumerate(people.skeleton.joints):
            numbers = [cell(v, 4) for v in (*people.joints_cam_mm[i, j], *people.joints_px[i, j])]
            table.writerow([*head, joint, *numbers, cell(people.joint_flags[i, j], 0), int(recording.filled[i])])
    write_whole(path, out.getvalue())
    return []


def cell(value: float, decimals: int) -> str:
    """A number of a table; empty where it is not finite."""
    if not np.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
