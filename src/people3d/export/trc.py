"""TRC: the marker trajectories that OpenSim reads; Y up, mm, one person a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from people3d.export.recording import is_known
from people3d.export.scenes import Scene
from people3d.files import write_whole


def write(scene: Scene, path: Path) -> list[str]:
    """The one person of ``scene``, whose joints have Y up; a marker without a place in a frame is NaN there."""
    (track,) = scene.tracks
    known = np.asarray(is_known(track.joints_mm).any(0))
    joints = track.joints_mm[:, known]
    names = [name for name, k in zip(scene.skeleton.joints, known, strict=True) if k]
    rate = f"{scene.rate_hz:.6g}"
    first = int(scene.frame_indices[0]) + 1
    head = {
        "DataRate": rate,
        "CameraRate": rate,
        "NumFrames": len(joints),
        "NumMarkers": len(names),
        "Units": "mm",
        "OrigDataRate": rate,
        "OrigDataStartFrame": first,
        "OrigNumFrames": len(joints),
    }
    axes = [f"{axis}{i}" for i in range(1, len(names) + 1) for axis in "XYZ"]
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(head),
        "\t".join(map(str, head.values())),
        "\t".join(["Frame#", "Time", *(part for name in names for part in (name, "", ""))]),
        "\t".join(["", "", *axes]),
        "",
    ]
    for frame, time, pose in zip(scene.frame_indices, scene.times_s, joints, strict=True):
        # "NaN", as OpenSim itself writes: it takes empty cells too, but loses the last of a line and refuses the file.
        cells = ["NaN" if np.isnan(v) else f"{v:.4f}" for v in pose.ravel()]
        lines.append("\t".join([str(frame + 1), f"{time:.6f}", *cells]))
    write_whole(path, "\n".join(lines) + "\n")
    return []
