"""The training of the person detector: a :class:`people3d.train.loop.Task`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from people3d.data.box_augment import BoxAugmentation, BoxBatch, LabelledPicture, make_box_batch
from people3d.data.boxes import BoxImage, read_box_folder, read_picture, split_held_out
from people3d.detect.scores import MatchedDetections, match_detections
from people3d.detect.views import View, look
from people3d.models.detector import IMAGENET_MEAN, IMAGENET_STD, PersonDetector
from people3d.train.checkpoint import load_checkpoint, weights_of
from people3d.train.detector_loss import detector_loss
from people3d.train.exported import exported_state, find_exported, is_exported, settle_norms
from people3d.train.first_weights import BACKBONE
from people3d.train.loop import LoopConfig
from people3d.train.recipes.detector import DETECTOR

MAX_SIDE = 400  # px of the pictures kept in memory: 3 GB for 7,500
_LOW_SCORE = 0.05  # detections below do not matter for average precision


@dataclass
class DetectorTask:
    """Everything that the loop needs; pictures are decoded and in memory."""

    model: PersonDetector
    arguments: dict[str, Any]
    pictures: Sequence[LabelledPicture]
    held_out: Sequence[LabelledPicture]
    batch_size: int
    views: Sequence[View]  # how it looks at a picture, in evaluation and in use
    seed: int = 0
    augmentation: BoxAugmentation = field(default_factory=BoxAugmentation)
    network: str = "detector"

    def __post_init__(self) -> None:
        self.preprocessing = {
            "input_size": max(view.long_side for view in self.views),
            "views": [str(view) for view in self.views],
            "scale": 1 / 255,
            "mean": list(IMAGENET_MEAN),
            "std": list(IMAGENET_STD),
        }

    def batch(self, step: int, size: int) -> BoxBatch:
        """The batch of a step: the same for the same seed."""
        rng = np.random.default_rng((self.seed, step))
        return make_box_batch(self.pictures, self.batch_size, size, self.augmentation, rng)

    def loss(self, batch: BoxBatch) -> tuple[torch.Tensor, dict[str, float]]:
        device = next(self.model.parameters()).device
        logits, boxes = self.model(torch.from_numpy(batch.images).to(device))
        score_loss, box_loss = detector_loss(
            logits,
            boxes,
            batch.images.shape[1:3],
            [torch.from_numpy(b) for b in batch.boxes_xyxy],
            [torch.from_numpy(i) for i in batch.ignore],
        )
        return score_loss + box_loss, {"score_loss": score_loss.item(), "box_loss": box_loss.item()}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Average precision at IoU 0.5 on the held-out pictures, and the best score threshold with what it gives."""
        matched = self.match(model)
        threshold = matched.best_threshold()
        return {
            "AP50": matched.average_precision(),
            "threshold": threshold,
            "recall": matched.recall(threshold),
            "precision": matched.precision(threshold),
        }

    def match(self, model: nn.Module) -> MatchedDetections:
        """Detections of the held-out pictures against their labels."""
        found = [detect(model, picture.image, self.views) for picture in self.held_out]
        return match_detections(found, [(p.boxes_xyxy, p.ignore) for p in self.held_out])


@torch.no_grad()
def detect(
    model: nn.Module, image_rgb: np.ndarray, views: Sequence[View], threshold: float = _LOW_SCORE
) -> tuple[np.ndarray, np.ndarray]:
    """The torch network on one (H, W, 3) uint8 image, in eval mode → boxes_xyxy (N, 4) px, scores (N,)."""
    model.eval()
    device = next(model.parameters()).device

    def network(images_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits, boxes = model(torch.from_numpy(images_rgb).to(device))
        return boxes.cpu().numpy(), logits.sigmoid().cpu().numpy()

    return look(network, image_rgb, views, threshold)


def load_pictures(images: Sequence[BoxImage], max_side: int = MAX_SIDE) -> list[LabelledPicture]:
    """Decode all pictures; raises ``ValueError`` where one cannot be read."""
    out = []
    for image in tqdm(images, desc="pictures", unit="", leave=False, disable=None):
        picture, boxes = read_picture(image, max_side)
        out.append(LabelledPicture(picture, boxes, image.ignore, image.true_aspect))
    return out


def detector_task(
    recipe: str,
    detection: Path | None,
    photos: Path | None,
    init: Path | None = None,
    seed: int = 0,
    batch_size: int | None = None,
) -> tuple[DetectorTask, LoopConfig]:
    """The task and the loop of a recipe; every 20th picture is held out.

    Args:
        recipe: a name in :data:`people3d.train.recipes.detector.DETECTOR`.
        detection, photos: folders of pictures (see :mod:`people3d.data.boxes`); at least one.
        init: a checkpoint or an export of a detector to start from instead of ImageNet's weights; it may be of fewer
            blocks.
        seed: of the pictures of every batch. Going on with ``init``, take another: the same draws the same again.
        batch_size: pictures a step; the recipe's if not given.

    Raises:
        ValueError: no such recipe, no folder, a picture that cannot be read.
        FileNotFoundError: no such checkpoint.
    """
    if recipe not in DETECTOR:
        raise ValueError(f"recipe: expected one of {', '.join(DETECTOR)} for the detector, got {recipe!r}")
    folders = [folder for folder in (detection, photos) if folder is not None]
    if not folders:
        raise ValueError("the detector: expected a folder of pictures with boxes (--detection, --photos), got none")
    chosen = DETECTOR[recipe]
    train, held_out = [], []
    for folder in folders:
        its_train, its_held_out = split_held_out(read_box_folder(folder))
        train += its_train
        held_out += its_held_out
    model = PersonDetector(**chosen.model)
    if init is None:
        model.backbone.load_imagenet()
    elif is_exported(init):
        _start_from(model, exported_state(find_exported(init, "detector")[0], model), init)
    else:
        _start_from(model, weights_of(load_checkpoint(init)), init)
    model.freeze_early_layers()
    task = DetectorTask(
        model,
        chosen.model,
        load_pictures(train),
        load_pictures(held_out),
        batch_size or chosen.loop.batch_size,
        chosen.views,
        seed,
        chosen.augmentation,
    )
    if init is not None and is_exported(init):
        settle_norms(task, chosen.loop.sizes[0][0])
    return task, chosen.loop


def _start_from(model: PersonDetector, state: dict[str, torch.Tensor], path: Path) -> None:
    """Load all of ``state``; a backbone that is deeper than its grows from it."""
    own, state = model.state_dict(), model.backbone.grown(state, BACKBONE)
    unfit = [name for name, value in state.items() if name not in own or own[name].shape != value.shape]
    unfit += [name for name in own if name not in state and not name.endswith(".num_batches_tracked")]
    if unfit:
        raise ValueError(f"{path}: its detector does not fit, {unfit[0]} is missing, of another shape or too many")
    model.load_state_dict(own | state)
