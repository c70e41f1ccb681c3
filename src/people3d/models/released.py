"""Reading the snapshots of the released code: ``{"network": state dict with a "module." prefix, …}``."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import torch


def released_state(path: str | Path) -> dict[str, torch.Tensor]:
    """The state dict in a released ``.pth.tar``, without DataParallel's prefix.

    Only tensors are unpickled (``weights_only``), so a malicious file cannot run code.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged, unsafe, or has no ``network``.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a released snapshot, found no such file")
    try:
        snapshot = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"{path}: expected a released snapshot, it is damaged or unsafe ({reason})") from error
    network = snapshot.get("network") if isinstance(snapshot, dict) else None
    if not isinstance(network, dict) or not network:
        raise ValueError(f'{path}: expected {{"network": state dict}}, got {type(snapshot).__name__} without it')
    return {k.removeprefix("module."): v for k, v in network.items()}
