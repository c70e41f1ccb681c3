"""C3D: everybody's joints as markers of one file; Z up, mm, float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from people3d.export.extras import need
from people3d.export.recording import is_known
from people3d.export.scenes import Scene
from people3d.files import whole_path

_MOST_FRAMES = 65535  # the header counts in 16 bits


def write(scene: Scene, path: Path) -> list[str]:
    """Markers are called by their joint, and where there are several people "person1:Pelvis". A marker without a place
    in a frame is invalid there (residual -1).

    Args:
        scene: joints with Y up.

    Raises:
        ValueError: more frames than the format can hold.
        ImportError: ezc3d is missing.
    """
    ezc3d = need("ezc3d", "C3D")
    if len(scene.times_s) > _MOST_FRAMES:
        raise ValueError(f"C3D: expected at most {_MOST_FRAMES} frames, got {len(scene.times_s)}")
    labels, columns = [], []
    for track in scene.tracks:
        known = np.asarray(is_known(track.joints_mm).any(0))
        prefix = f"{track.name}:" if len(scene.tracks) > 1 else ""
        labels += [prefix + name for name, k in zip(scene.skeleton.joints, known, strict=True) if k]
        columns.append(track.joints_mm[:, known])
    x, y, z = np.moveaxis(np.concatenate(columns, 1), -1, 0)
    file = ezc3d.c3d()
    point = file["parameters"]["POINT"]
    point["RATE"]["value"] = [scene.rate_hz]
    point["LABELS"]["value"] = labels
    point["UNITS"]["value"] = ["mm"]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    file["data"]["points"] = np.stack([x, -z, y, np.ones_like(x)]).transpose(0, 2, 1)
    file["data"]["meta_points"]["residuals"] = np.where(np.isnan(x), -1.0, 0.0).T[None]
    with whole_path(path) as temporary:
        file.write(str(temporary))
    return []
