"""Mixing sources: every batch takes a fixed share from each, as the paper's take half 3D and half 2D data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from people3d.data.augment import Augmentation, Batch, make_batch
from people3d.data.pack import Pack
from people3d.skeleton import Skeleton

Picked = tuple[Pack, np.ndarray]  # a pack and (K,) entries of it


class Endless(Protocol):
    """A source that is no pack: people who are made as they are asked for."""

    def pick(self, start: int, count: int, seed: tuple[int, ...]) -> list[Picked]:
        """Entries ``start`` to ``start + count`` of the stream, the same whenever they are asked for."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


@dataclass(frozen=True)
class Mixture:
    """Packs or endless sources, and their shares of a batch.

    A batch depends on nothing but (seed, step), so that a resumed run sees what an unbroken one would have seen.
    """

    packs: tuple[Pack | Endless, ...]
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
                rng = np.random.default_rng((self.seed, n, step))
                for part, indices in _pick(pack, step * count, count, (self.seed, n)):
                    parts.append(make_batch(part, indices, size, self.skeleton, self.augmentation, rng))
        return Batch.cat(parts)

    def close(self) -> None:
        """Close the endless sources."""
        for source in self.packs:
            if not isinstance(source, Pack):
                source.close()


def _pick(source: Pack | Endless, start: int, count: int, seed: tuple[int, ...]) -> list[Picked]:
    if isinstance(source, Pack):
        return [(source, epoch_order(len(source), start, count, seed))]
    return source.pick(start, count, seed)


def epoch_order(length: int, start: int, count: int, seed: tuple[int, ...]) -> np.ndarray:
    """Entries ``start`` … of an endless stream of shuffled epochs."""
    positions = np.arange(start, start + count)
    orders = {e: np.random.default_rng((*seed, 1 << 20, int(e))).permutation(length) for e in set(positions // length)}
    return np.array([orders[p // length][p % length] for p in positions])
