"""What the trainings of RootNet, PoseNet and the joint network share: packed crops, preprocessing, held-out people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from people3d.data.augment import NONE, Batch, make_batch
from people3d.data.mixture import Mixture
from people3d.data.pack import Pack

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PIXEL_SCALE = 1 / 255  # the released networks take 0..255 as it is: 1
PICTURES = 12  # people on a picture of predictions


@dataclass
class CropTask:
    """The part of a :class:`people3d.train.loop.Task` that does not depend on the network."""

    model: Any
    arguments: dict[str, Any]
    mixture: Mixture
    held_out: dict[str, Pack]
    batch_size: int
    input_size: int
    pixel_scale: float = PIXEL_SCALE

    def __post_init__(self) -> None:
        self.preprocessing = preprocessing(self.input_size, self.pixel_scale)

    def batch(self, step: int, size: int) -> Batch:
        return self.mixture.batch(step, self.batch_size, size)

    def close(self) -> None:
        """End what makes people beside the training."""
        self.mixture.close()

    def inputs(self, batch: Batch, model: torch.nn.Module | None = None) -> torch.Tensor:
        """The batch's normalised images, on the device of ``model`` (the trained one if None)."""
        device = next((self.model if model is None else model).parameters()).device
        return to_input(batch.images, device, self.pixel_scale)

    def held_out_batches(self, pack: Pack, people: int | None = None) -> Iterator[Batch]:
        """Everybody in ``pack`` once, or the first ``people``, not augmented."""
        count = len(pack) if people is None else min(people, len(pack))
        for start in range(0, count, 64):
            indices = np.arange(start, min(start + 64, count))
            rng = np.random.default_rng(0)
            yield make_batch(pack, indices, self.input_size, self.mixture.skeleton, NONE, rng)


def to_input(images: np.ndarray, device: torch.device, pixel_scale: float = PIXEL_SCALE) -> torch.Tensor:
    """(N, S, S, 3) uint8 → (N, 3, S, S) normalised float, channels last."""
    x = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(IMAGENET_MEAN, device=device).reshape(1, 3, 1, 1) / pixel_scale
    std = torch.tensor(IMAGENET_STD, device=device).reshape(1, 3, 1, 1) / pixel_scale
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def preprocessing(size: int, pixel_scale: float = PIXEL_SCALE) -> dict[str, Any]:
    """How an exported network must prepare crops of ``size`` px: times ``pixel_scale``, then mean and std."""
    return {"input_size": size, "scale": pixel_scale, "mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)}


def laplace_nll(error: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of an absolute error under a Laplace distribution, up to a constant."""
    log_scale = log_scale.clamp(-8, 4)
    return error * torch.exp(-log_scale) + log_scale
