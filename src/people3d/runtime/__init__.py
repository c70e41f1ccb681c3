"""Trained networks behind one call: ``load_weights`` gives ``Weights`` with ``root`` and ``pose``, on onnxruntime or torch."""

from people3d.runtime.entry import Entry, NetworkEntry, WeightsError
from people3d.runtime.registry import DEFAULT, find_entry, packaged_entries
from people3d.runtime.weights import PoseNetwork, RootNetwork, Weights, load_weights

__all__ = [
    "DEFAULT",
    "Entry",
    "NetworkEntry",
    "PoseNetwork",
    "RootNetwork",
    "Weights",
    "WeightsError",
    "find_entry",
    "load_weights",
    "packaged_entries",
]
