"""Checkpoints: everything that a run needs to go on exactly where it stopped, and that an export needs."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import torch


def save_checkpoint(path: str | Path, state: dict) -> None:
    """Write to a temporary name beside ``path`` and move it there, so that a kill leaves the old one whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial{os.getpid()}")
    torch.save(state, partial)
    partial.replace(path)


def load_checkpoint(path: str | Path) -> dict:
    """Tensors and plain values only (``weights_only``): a checkpoint cannot run code.

    Raises:
        FileNotFoundError: no such file.
        ValueError: damaged, unsafe, or not one of ours.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a checkpoint, found no such file")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"{path}: expected a checkpoint, it is damaged or unsafe ({reason})") from error
    missing = {"network", "arguments", "preprocessing", "model", "step"} - set(state if isinstance(state, dict) else ())
    if missing:
        raise ValueError(f"{path}: expected a people3d checkpoint, it lacks {', '.join(sorted(missing))}")
    return state


def weights_of(state: dict) -> dict[str, torch.Tensor]:
    """The weights to use: the running average where there is one."""
    return state["ema"] or state["model"]


def half_weights(state: dict) -> dict:
    """A checkpoint of only the weights to use, in half precision: an eighth of the size. ``--init`` and ``people3d
    weights export`` take it; a run cannot be resumed from it. Tensors that half precision cannot hold stay."""

    def halved(tensor: torch.Tensor) -> torch.Tensor:
        half = tensor.half() if tensor.dtype == torch.float32 else tensor
        return half if torch.isfinite(half).all() else tensor

    kept = {k: v for k, v in state.items() if k not in ("optimizer", "rng")}
    return {**kept, "model": {k: halved(v) for k, v in weights_of(state).items()}, "ema": None}
