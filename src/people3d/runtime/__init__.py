"""Trained networks behind one call, on onnxruntime or torch: ``load_weights`` gives ``Weights``."""

from people3d.runtime.entry import Entry, NetworkEntry, WeightsError
from people3d.runtime.registry import DEFAULT, find_entry, packaged_entries
from people3d.runtime.weights import PoseOutput, RootOutput, Weights, load_weights

__all__ = [
    "DEFAULT",
    "Entry",
    "NetworkEntry",
    "PoseOutput",
    "RootOutput",
    "Weights",
    "WeightsError",
    "find_entry",
    "load_weights",
    "packaged_entries",
]
