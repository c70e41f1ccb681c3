"""AP of the person boxes by COCO's rules, computed by faster-coco-eval."""

from __future__ import annotations

import numpy as np

from people3d.evaluate.annotations import Annotations
from people3d.evaluate.matching import match_images
from people3d.evaluate.report import Report, Table, provenance

_STATS: tuple[str, ...] = (
    "ap",
    "ap_50",
    "ap_75",
    "ap_small",
    "ap_medium",
    "ap_large",
    "ar_1",
    "ar_10",
    "ar_100",
)  # COCO's order


def evaluate(pred: Annotations, truth: Annotations) -> Report:
    """AP and AR in percent, as COCO defines them; people that are not valid are crowds, which count neither way.

    Raises:
        ValueError: a box is missing, or faster-coco-eval is (extra ``evaluate``).
    """
    try:
        from faster_coco_eval import COCO, COCOeval_faster
    except ImportError:
        raise ValueError("protocol box-ap needs faster-coco-eval: pip install people3d[evaluate]") from None
    for people in (pred, truth):
        without = ~np.isfinite(people.boxes_xywh).all(1)
        if without.any():
            raise ValueError(f"{people.source}: annotation {people.ids[without][0]} has no bbox")
    images = [{"id": n + 1} for n in range(len(truth.images))]
    annotations = [
        {
            "id": n + 1,
            "image_id": int(truth.image_index[n]) + 1,
            "category_id": 1,
            "bbox": box.tolist(),
            "area": float(box[2] * box[3]),
            "iscrowd": int(not truth.valid[n]),
        }
        for n, box in enumerate(truth.boxes_xywh)
    ]
    image = match_images(pred, truth)
    detections = [
        {"image_id": int(i) + 1, "category_id": 1, "bbox": box.tolist(), "score": float(s)}
        for i, box, s in zip(image, pred.boxes_xywh, pred.scores, strict=True)
        if i >= 0
    ]
    figures: dict[str, float] = dict.fromkeys(_STATS, 0.0 if truth.valid.any() else float("nan"))
    if detections and truth.valid.any():
        coco = COCO({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]})
        evaluation = COCOeval_faster(coco, coco.loadRes(detections), "bbox", print_function=lambda *_: None)
        evaluation.run()
        figures = {k: 100 * v if v >= 0 else float("nan") for k, v in zip(_STATS, evaluation.stats[:9], strict=True)}
    return Report(
        "box-ap",
        provenance(pred, truth, "COCO's AP of person boxes, IoU 0.50:0.95", predictions_counted=len(detections)),
        figures,
        [Table("%", ["", "person"], [[k.replace("_", " ").upper(), v] for k, v in figures.items()])],
        {},
    )
