"""The torch runtime: the same graphs as in the ONNX files, run by torch from the state beside them."""

from __future__ import annotations

import pickle
import zipfile

import numpy as np

from people3d.runtime.entry import Entry, WeightsError


def open_torch(entry: Entry, kind: str, device: str = "auto"):
    """RootNet or PoseNet of ``entry`` as a call from named arrays to named arrays, run by torch.

    Raises:
        ImportError: torch is not installed.
        ValueError: torch cannot use the device.
        WeightsError: the entry has no torch state, or it is damaged, unsafe or does not fit.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("runtime torch: pip install 'people3d[train]'") from error
    from people3d.runtime.graphs import build_graph

    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device: expected auto, cpu or cuda, got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device cuda: torch finds no CUDA device here")
    target = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    network, path = entry.network(kind), entry.verified_path(kind, state=True)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        graph = build_graph(kind, network.arguments, network.preprocessing, state).to(target)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise WeightsError(f"{path}: expected torch's state of a {kind}, it is damaged or unsafe ({reason})") from error

    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            outputs = graph(*(torch.from_numpy(a).to(target) for a in arrays.values()))
        return {name: output.cpu().numpy() for name, output in zip(graph.outputs, outputs, strict=True)}

    return run
