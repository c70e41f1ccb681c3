"""Mixing packs: every batch takes a fixed share from each, as the paper's take half 3D and half 2D data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from people3d.data.augment import Augmentation, Batch, make_batch
from people3d.data.pack import Pack
from people3d.skeleton import Skeleton


@dataclass(frozen=True)
class Mixture:
    """Packs and their shares of a batch.

    A batch depends on nothing but (seed, step), so that a resumed run sees what an unbroken one would have seen.
    """

    packs: tuple[Pack, ...]
    shares: tuple[float, ...]
    skeleton: Skeleton
    augmentation: Augmentation
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.packs) != len(self.shares) or not self.packs or min(self.shares) <= 0:
            raise ValueError(f"expected one positive share a pack, got {len(self.packs)} packs, shares {self.shares}")

    def counts(self, batch_size: int) -> np.ndarray:
        """How many of each pack a batch holds."""
        ends = np.round(np.cumsum(self.shares) / np.sum(self.shares) * batch_size).astype(int)
        return np.diff(ends, prepend=0)

    def batch(self, step: int, batch_size: int, size: int) -> Batch:
        """The batch of step ``step`` (0, 1, …): ``batch_size`` crops of ``size`` px."""
        parts = []
        for n, (pack, count) in enumerate(zip(self.packs, self.counts(batch_size), strict=True)):
            if count:
                indices = _epoch_order(len(pack), step * count, count, (self.seed, n))
                rng = np.random.default_rng((self.seed, n, step))
                parts.append(make_batch(pack, indices, size, self.skeleton, self.augmentation, rng))
        return Batch.cat(parts)


def _epoch_order(length: int, start: int, count: int, seed: tuple[int, ...]) -> np.ndarray:
    """Entries ``start`` … of an endless stream of shuffled epochs."""
    positions = np.arange(start, start + count)
    orders = {e: np.random.default_rng((*seed, 1 << 20, int(e))).permutation(length) for e in set(positions // length)}
    return np.array([orders[p // length][p % length] for p in positions])
