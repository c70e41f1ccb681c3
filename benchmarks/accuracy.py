"""How accurate a set of weights is on pictures with truth: one Markdown row a set and source of boxes.

    python benchmarks/accuracy.py SET/ground_truth.json ... [--weights NAME] [--boxes detector true]

Pictures lie in ``images`` beside each file, else beside the file itself. Every set is measured twice: with the
weights' own detector, and with the true boxes. The camera is the truth's where it has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from tqdm import tqdm

from people3d import results
from people3d.camera import Camera
from people3d.crop import box_problems
from people3d.evaluate.annotations import Annotations, annotations_from_coco
from people3d.evaluate.inputs import open_ground_truth, pictures_of
from people3d.evaluate.protocols import generic
from people3d.evaluate.report import Table
from people3d.evaluate.timing import TimedPredictor
from people3d.files import write_whole
from people3d.people import People
from people3d.predictor import Predictor

COLUMNS = {
    "people": "people",
    "found, %": "recall",
    "MPJPE limbs, mm": "limb_joints.mpjpe_mm",
    "PA-MPJPE limbs (with scale), mm": "limb_joints.pa_mpjpe_with_scale_mm",
    "MRPE, mm": "mrpe_mm",
    "depth error, %": "relative_depth_error",
    "depth / true, %": "median_depth_ratio",
    "2D limbs, px of 256": "crop_px_error_limb_joints",
}


@dataclass(frozen=True)
class Config:
    """Accuracy of weights on pictures with truth."""

    truth: tyro.conf.Positional[tuple[Path, ...]]
    """ground truth files"""
    weights: str = "default"
    """name or folder of the weights"""
    flip_test: bool = False
    """average each pose with that of the mirrored crop"""
    boxes: tuple[Literal["detector", "true"], ...] = ("detector", "true")
    """where the boxes come from"""
    limit: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """only the first so many pictures of each set"""
    output: Path | None = None
    """folder for the predictions, with the seconds that tables 1 and 8 show"""


def predict(predictor: Predictor, truth: Annotations, folder: Path, true_boxes: bool) -> Iterator[tuple[str, People]]:
    """Everybody in every picture of the truth."""
    for n, image in enumerate(tqdm(truth.images, "true boxes" if true_boxes else "detector", disable=None)):
        xywh = truth.boxes_or_extent_xywh[(truth.image_index == n) & truth.valid]
        if true_boxes:  # whoever is smaller than two pixels cannot be looked at, and is not found
            width, height = (int(image.get(side) or 1e6) for side in ("width", "height"))
            xywh = xywh[[problem is None for problem in box_problems(xywh, width, height)]]
        boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1) if true_boxes else None
        camera = Camera(*image["intrinsic"]) if image.get("intrinsic") else None
        yield image["file_name"], predictor(folder / image["file_name"], camera=camera, boxes=boxes)


def predicted_set(
    predictor: Predictor,
    path: Path,
    true_boxes: bool,
    limit: int = 0,
    output: Path | None = None,
    reuse: bool = False,
) -> tuple[Annotations, Annotations]:
    """Predictions and truth of a set.

    The predictions' ``info`` has the mean seconds of each stage, reading included, and ``implausible`` of each person.

    Args:
        output: folder for the predictions as SET-BOXES.json.
        reuse: take them from there, if they are there and by these very files of weights.
    """
    truth = open_ground_truth(path)
    folder = pictures_of(path)
    folder = folder if (folder / truth.images[0]["file_name"]).is_file() else path.parent
    if limit:
        chosen = truth.image_index < limit
        columns = {k: v[chosen] for k, v in vars(truth).items() if isinstance(v, np.ndarray)}
        truth = Annotations(**{**vars(truth), **columns, "images": truth.images[:limit]})
    boxes = "true" if true_boxes else "detector"
    file = None if output is None else output / f"{path.parent.name}-{boxes}.json"
    if reuse and file is not None and file.is_file():
        document = json.loads(file.read_text())
        if document["info"]["weights"] == predictor.networks.info and len(document["images"]) == len(truth.images):
            document["info"]["implausible"] = [row["implausible"] for row in document["annotations"]]
            return annotations_from_coco(document, str(file)), truth
    timed = TimedPredictor(predictor)
    found = list(predict(timed, truth, folder, true_boxes))
    provenance = {"weights": predictor.networks.info, "boxes": f"{boxes} boxes", **timed.provenance()}
    document = results.document(found, predictor.skeleton, provenance)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(document, allow_nan=False))
    document["info"]["implausible"] = [row["implausible"] for row in document["annotations"]]
    return annotations_from_coco(document, predictor.skeleton.name), truth


def cells_of(figures: dict) -> list[float]:
    """The figures of ``generic`` in the order of :data:`COLUMNS`."""
    cells = []
    for label, name in COLUMNS.items():
        block, _, key = name.rpartition(".")
        value = figures.get(block, {}).get(key) if block else figures.get(name)
        value = float("nan") if value is None else value
        cells.append(100 * value if "%" in label else value)
    return cells


def row(predictor: Predictor, path: Path, true_boxes: bool, limit: int, output: Path | None) -> list:
    """The figures of one set as a row of the table."""
    figures = generic.evaluate(*predicted_set(predictor, path, true_boxes, limit, output)).figures
    return [path.parent.name, "true" if true_boxes else "detector", *cells_of(figures)]


def main() -> None:
    config = tyro.cli(Config)
    predictor = Predictor(config.weights, flip_test=config.flip_test)
    rows = [
        row(predictor, path, boxes == "true", config.limit, config.output)
        for path in config.truth
        for boxes in config.boxes
    ]
    table = Table(config.weights, ["set", "boxes", *COLUMNS], rows)
    print("\n".join(table.to_markdown()))
    print(f"\nweights: {json.dumps(predictor.networks.info)}")


if __name__ == "__main__":
    main()
