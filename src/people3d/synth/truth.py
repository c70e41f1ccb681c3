"""A scene's truth in people3d's COCO-style schema (docs/formats.md)."""

from __future__ import annotations

from typing import Any

import numpy as np

from people3d.results import AXES, CATEGORY_ID, category
from people3d.skeleton import Skeleton, convert
from people3d.synth.scene import Scene


def _rounded(array: np.ndarray | list[float], decimals: int = 3) -> list:
    return np.round(np.asarray(array, np.float64), decimals).tolist()


def run_lengths(mask: np.ndarray) -> dict[str, Any]:
    """(H, W) bool as COCO's uncompressed RLE: lengths of runs of zeros and ones in turn, down the columns."""
    flat = np.concatenate([[False], mask.ravel(order="F"), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(np.concatenate([[0], edges, [mask.size]]))
    if len(edges) and edges[-1] == mask.size:  # the last run ends with the mask
        runs = runs[:-1]
    return {"size": list(mask.shape), "counts": [int(r) for r in runs]}


def image_record(scene: Scene, file_name: str, skeleton: Skeleton) -> dict[str, Any]:
    """``{"image": …, "annotations": […]}`` of one scene; ids are given when the set is put together.

    An annotation has ``bbox`` (tight, of the visible pixels), ``bbox_amodal`` (of the whole body, uncut),
    ``keypoints`` (x, y, flag: 2 seen, 1 hidden, 0 outside), ``keypoints_img``, ``keypoints_cam``,
    ``keypoints_visible``, ``root_cam``, the mask, and who it is. Somebody of whom no pixel is seen has ``is_valid`` 0.
    """
    height, width = scene.labels.shape
    camera, _ = convert(scene.joints_cam_mm, scene.skeleton, skeleton)
    _, visible = convert(scene.joints_cam_mm, scene.skeleton, skeleton, scene.joint_visible)
    pixels = scene.camera.project(camera)
    with np.errstate(invalid="ignore"):
        inside = ((pixels >= 0) & (pixels < [width, height])).all(-1)
    flags = np.where(visible & inside, 2, np.where(inside, 1, 0))
    rows = []
    for i, person in enumerate(scene.people):
        mask = scene.mask(i)
        seen = bool(mask.any())
        amodal = scene.amodal_xyxy[i]
        cut = np.clip(amodal, 0, [width, height, width, height])
        x1, y1, x2, y2 = scene.boxes_xyxy[i] if seen else cut
        keypoints = np.concatenate([np.nan_to_num(pixels[i]), flags[i][:, None]], 1)
        keypoints[flags[i] == 0] = 0
        rows.append(
            {
                "category_id": CATEGORY_ID,
                "bbox": _rounded([x1, y1, x2 - x1, y2 - y1], 2),
                "bbox_amodal": _rounded([*amodal[:2], *(amodal[2:] - amodal[:2])], 2),
                "area": int(mask.sum()),
                "iscrowd": 0,
                "segmentation": run_lengths(mask),
                "keypoints": [int(v) if k % 3 == 2 else round(float(v), 3) for k, v in enumerate(keypoints.ravel())],
                "num_keypoints": int((flags[i] > 0).sum()),
                "keypoints_img": _rounded(pixels[i]),
                "keypoints_cam": _rounded(camera[i]),
                "keypoints_visible": (flags[i] == 2).astype(int).tolist(),
                "root_cam": _rounded(camera[i, skeleton.root]),
                "is_valid": int(seen),
                "age": round(person.age, 2),
                "sex": person.sex,
                "height_mm": round(person.height_mm, 1),
                "weight_kg": round(person.weight_kg, 1),
                "posture": scene.postures[i],
                "truncated": bool((cut != amodal).any()),
            }
        )
    image = {
        "file_name": file_name,
        "width": width,
        "height": height,
        "intrinsic": _rounded(scene.camera.intrinsic, 6),
        "focal_source": "given",
        "scene_index": scene.index,
    }
    return {"image": image, "annotations": rows}


def document(records: list[dict[str, Any]], skeleton: Skeleton, settings: dict[str, Any]) -> dict[str, Any]:
    """The whole file from :func:`image_record`'s records, in their order; ids count from 1."""
    from people3d import __version__

    images, rows = [], []
    for image_id, record in enumerate(records, 1):
        images.append({"id": image_id, **{k: v for k, v in record["image"].items() if k != "id"}})
        for row in record["annotations"]:
            kept = {k: v for k, v in row.items() if k not in ("id", "image_id")}
            rows.append({"id": len(rows) + 1, "image_id": image_id, **kept})
    info = {
        "description": "synthetic people in camera space, by people3d synthesize",
        "version": __version__,
        "units": "mm",
        "axes": AXES,
        "skeleton": skeleton.name,
        "settings": settings,
    }
    return {"info": info, "images": images, "categories": [category(skeleton)], "annotations": rows}
