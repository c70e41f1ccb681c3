"""What the training of RootNet and of PoseNet share: batches of packed crops, their preprocessing, held-out people."""

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


@dataclass
class CropTask:
    """The part of a :class:`people3d.train.loop.Task` that does not depend on the network."""

    model: Any
    arguments: dict[str, Any]
    mixture: Mixture
    held_out: dict[str, Pack]
    batch_size: int
    input_size: int

    def __post_init__(self) -> None:
        self.preprocessing = preprocessing(self.input_size)

    def batch(self, step: int, size: int) -> Batch:
        return self.mixture.batch(step, self.batch_size, size)

    def held_out_batches(self, pack: Pack) -> Iterator[Batch]:
        """Everybody in ``pack`` once, not augmented."""
        for start in range(0, len(pack), 64):
            indices = np.arange(start, min(start + 64, len(pack)))
            rng = np.random.default_rng(0)
            yield make_batch(pack, indices, self.input_size, self.mixture.skeleton, NONE, rng)


def to_input(images: np.ndarray, device: torch.device) -> torch.Tensor:
    """(N, S, S, 3) uint8 → (N, 3, S, S) normalised float, channels last."""
    x = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(IMAGENET_MEAN, device=device).reshape(1, 3, 1, 1) * 255
    std = torch.tensor(IMAGENET_STD, device=device).reshape(1, 3, 1, 1) * 255
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def preprocessing(size: int) -> dict[str, Any]:
    """How an exported network must prepare crops of ``size`` px: divided by 255, then mean and std."""
    return {"input_size": size, "scale": 1 / 255, "mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)}


def laplace_nll(error: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of an absolute error under a Laplace distribution, up to a constant."""
    log_scale = log_scale.clamp(-8, 4)
    return error * torch.exp(-log_scale) + log_scale
