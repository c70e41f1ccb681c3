"""Small made-up data sets in the project's schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from people3d.skeleton import SKELETONS

FOCAL_PX, CENTRE_PX = 1500.0, 1024.0
# A standing person in the order of muco17, mm about the pelvis, y down.
STANDING = np.array(
    [
        *(
            [0, -700, 0],
            [0, -500, 0],
            [-180, -480, 0],
            [-220, -220, 20],
            [-230, 20, 0],
            [180, -480, 0],
            [220, -220, 20],
        ),
        *([230, 20, 0], [-100, 0, 0], [-110, 420, -20], [-110, 850, 30], [100, 0, 0], [110, 420, -20], [110, 850, 30]),
        *([0, 0, 0], [0, -250, 10], [0, -600, 20]),
    ],
    float,
)


def standing_at(x: float, y: float, z: float) -> np.ndarray:
    """(17, 3) mm: that person with the pelvis there."""
    return STANDING + np.array([x, y, z])


def project(joints_mm: np.ndarray) -> np.ndarray:
    return FOCAL_PX * joints_mm[..., :2] / joints_mm[..., 2:] + CENTRE_PX


def person(joints_mm: np.ndarray, image_id: int, number: int = 0, **more: Any) -> dict:
    """An annotation of one person; ground truth and prediction have the same fields here."""
    px = project(joints_mm)
    low, size = px.min(0), np.ptp(px, axis=0)
    return {
        "id": number,
        "image_id": image_id,
        "category_id": 1,
        "bbox": [*low.tolist(), *size.tolist()],
        "keypoints": np.concatenate([px, np.full((len(px), 1), 2)], 1).reshape(-1).tolist(),
        "keypoints_cam": joints_mm.tolist(),
        **more,
    }


def image(number: int, **more: Any) -> dict:
    return {"id": number, "file_name": f"img_{number:06d}.jpg", "width": 2048, "height": 2048, **more}


def document(images: list[dict], people: list[dict], skeleton: str = "muco17", **more: Any) -> dict:
    names = list(SKELETONS[skeleton].joints)
    return {
        "images": images,
        "annotations": people,
        "categories": [{"id": 1, "name": "person", "keypoints": names}],
        **more,
    }


def write(folder: Path, name: str, content: Any) -> Path:
    """The document as a JSON file of that name."""
    path = folder / name
    path.write_text(json.dumps(content))
    return path
