"""The mean of networks that were trained from one another (Wortsman et al., Model soups, 2022).

It is often better than each, and costs nothing when it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from people3d.train.checkpoint import load_checkpoint, weights_of


def average_checkpoints(paths: Sequence[str | Path]) -> dict:
    """A checkpoint of the mean of the weights to use; a run cannot be resumed from it.

    ``config`` and ``metrics`` hold those of each; ``step`` is the sum.

    Raises:
        FileNotFoundError, ValueError: no such checkpoint; fewer than two; not all of the same network.
    """
    if len(paths) < 2:
        raise ValueError(f"expected two checkpoints or more, got {len(paths)}")
    first, *others = (load_checkpoint(path) for path in paths)
    for path, other in zip(paths[1:], others, strict=True):
        for name in ("network", "arguments", "preprocessing"):
            if _compared(other, name) != _compared(first, name):
                raise ValueError(f"{path}: {name}: expected {first[name]} as in {paths[0]}, got {other[name]}")
    checkpoints = [first, *others]
    states = [weights_of(checkpoint) for checkpoint in checkpoints]
    return {
        **{name: first[name] for name in ("network", "arguments", "preprocessing")},
        "model": {name: _mean([state[name] for state in states]) for name in states[0]},
        "ema": None,
        "step": sum(checkpoint["step"] for checkpoint in checkpoints),
        "config": {"mean_of": [checkpoint.get("config") for checkpoint in checkpoints]},
        "metrics": {"mean_of": [checkpoint.get("metrics") for checkpoint in checkpoints]},
    }


def _compared(checkpoint: dict[str, Any], name: str) -> Any:
    """What must be the same; how a detector looks at pictures is not among what its weights learned."""
    value = checkpoint[name]
    if (name, checkpoint["network"]) == ("preprocessing", "detector"):
        return {key: kept for key, kept in value.items() if key not in ("input_size", "views")}
    return value


def _mean(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Counters (of batch norms) are the first's."""
    if not tensors[0].is_floating_point():
        return tensors[0]
    return torch.stack([tensor.double() for tensor in tensors]).mean(0).to(tensors[0].dtype)
