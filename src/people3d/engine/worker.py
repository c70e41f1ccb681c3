"""What each worker does: one shard of pictures, written whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from people3d.camera import Camera, UnsizedCamera
from people3d.crop import box_problems, xywh_from_xyxy
from people3d.detect.boxes_file import BoxesFile
from people3d.engine import storage
from people3d.engine.attempts import Attempts
from people3d.engine.shards import Row, bad_row, good_row, shard_path, write_shard
from people3d.image_cameras import ImageCameras
from people3d.predictor import Predictor
from people3d.sources import UnreadableImage, decode_image


@dataclass(frozen=True)
class Job:
    """What is the same for all shards; travels to the workers.

    Attributes:
        output: folder or address of the results.
        form: ``parquet`` or ``jsonl``.
        predictor: arguments of :class:`Predictor`.
        camera, boxes: as ``people3d predict`` has them.
        make_predictor: called in the worker.
    """

    output: str
    form: str
    predictor: dict[str, Any] = field(default_factory=dict)
    camera: Camera | UnsizedCamera | ImageCameras | None = None
    boxes: BoxesFile | None = None
    make_predictor: Callable[..., Predictor] = Predictor


class ShardWorker:
    """Made once in each worker; called with a row ``{"shard", "pictures"}``, the pictures as JSON."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.predictor = job.make_predictor(**job.predictor)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Make a shard unless it is there. Gives how many pictures, people and bad pictures it has."""
        path = shard_path(self.job.output, row["shard"], self.job.form)
        pictures = json.loads(row["pictures"])
        if storage.exists(path):  # the worker that wrote it died before it could say so
            return {"shard": row["shard"], "pictures": len(pictures)}
        attempts = Attempts(self.job.output, row["shard"])
        rows = []
        for where, file_name in pictures:
            if attempts.gave_up(where):
                rows.append(bad_row(where, file_name, f"{where}: workers died of this picture"))
                continue
            attempts.begin(where)
            rows.append(self._picture(where, file_name))
        write_shard(path, rows)
        attempts.finish()
        return {"shard": row["shard"], "pictures": len(pictures)}

    def _picture(self, where: str, file_name: str) -> Row:
        try:
            picture = decode_image(storage.read(where), where)
            camera = self.job.camera
            if isinstance(camera, ImageCameras):
                camera = camera.of(file_name)
            boxes, scores, problems = None, None, []
            if self.job.boxes is not None:
                boxes, scores = self.job.boxes.of(file_name)
                xywh = xywh_from_xyxy(boxes)
                found = box_problems(xywh, *picture.rgb.shape[1::-1])
                named = zip(xywh, found, strict=True)
                problems = [f"box {box.tolist()} of {file_name}: {problem}" for box, problem in named if problem]
                good = np.array([problem is None for problem in found], bool)
                boxes, scores = boxes[good], scores[good]
            people = self.predictor(picture.rgb, camera or picture.camera, boxes, scores)
            return good_row(where, file_name, people, problems, picture.notes)
        except UnreadableImage as error:
            return bad_row(where, file_name, str(error))
        except (ValueError, ArithmeticError, OSError, MemoryError) as error:
            return bad_row(where, file_name, f"{where}: {error or type(error).__name__}")
