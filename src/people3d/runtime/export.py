"""From trained torch networks to a weights entry: ONNX files, hashes and ``entry.json``. Needs torch and onnx."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from people3d.detect.views import View
from people3d.runtime.draft import existing_entry, replaced_folder
from people3d.runtime.entry import CARD_FILE, ENTRY_FILE, Entry, NetworkEntry, WeightsError, sha256
from people3d.runtime.graphs import INPUTS, PoseGraph, build_graph
from people3d.runtime.storage import Storage, store
from people3d.skeleton import Skeleton, get_skeleton

IR_VERSION = 9  # of the ONNX format; onnxruntime 1.17 reads no later one
_AXES = {"optical": "the optical axis", "ray": "the ray to it"}


@dataclass(frozen=True)
class Trained:
    """A trained network: all that an export needs.

    Attributes:
        kind: ``detector``, ``rootnet`` or ``posenet``.
        preprocessing: ``{input_size, scale, mean, std}``: trained on (pixel 0..255 * scale - mean) / std.
        state: the network's state dict.
        training: command, data, step: kept in the entry.
        score_threshold: of a detector: below, a candidate is nobody.
        detector_views: of a detector: how it looks at a picture; once, at its input size, if empty.
    """

    kind: str
    arguments: dict[str, Any]
    preprocessing: dict[str, Any]
    state: dict[str, torch.Tensor]
    training: dict[str, Any] = field(default_factory=dict)
    score_threshold: float = 0.5
    detector_views: tuple[View, ...] = ()


def export_entry(
    folder: str | Path,
    networks: list[Trained],
    *,
    storage: Storage = "float16",
    keep_state: bool = False,
    card: str | None = None,
) -> Entry:
    """Write ``networks`` as a weights entry; networks that the folder holds already and that are not given stay.

    The folder is built under a temporary name and moved into place, so that it is there and whole or as it was.

    Args:
        storage: of the large tensors; networks compute in single precision either way.
        keep_state: keep torch's state beside the ONNX file, for ``runtime="torch"``.
        card: the card's text (Markdown).

    Raises:
        WeightsError: ``folder`` holds something that is not a weights entry, or the skeletons differ.
        ValueError: arguments or weights do not fit the network.
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    old = existing_entry(folder)
    skeletons = {get_skeleton(t.arguments.get("skeleton", "muco21")) for t in networks if t.kind == "posenet"}
    if old is not None and "posenet" in old.networks and not skeletons:
        skeletons = {old.skeleton}
    if len(skeletons) > 1:
        raise WeightsError(f"{folder}: expected one skeleton, got {', '.join(sorted(s.name for s in skeletons))}")
    skeleton = skeletons.pop() if skeletons else get_skeleton("muco21")
    with replaced_folder(folder, old) as draft:
        entries = dict(old.networks) if old is not None else {}
        for trained in networks:
            entries[trained.kind] = _write_network(draft, trained, skeleton, storage, keep_state)
        if card is not None:
            (draft / CARD_FILE).write_text(card, encoding="utf-8")
        has_card = (draft / CARD_FILE).is_file()
        entry = Entry(folder.resolve().name, skeleton, entries, CARD_FILE if has_card else None, folder)
        (draft / ENTRY_FILE).write_text(entry.to_json(), encoding="utf-8")
    return entry


def _write_network(
    folder: Path, trained: Trained, skeleton: Skeleton, storage: Storage, keep_state: bool
) -> NetworkEntry:
    kind, preprocessing = trained.kind, trained.preprocessing
    file = f"{kind}.onnx"
    if kind == "detector":
        from people3d.detect.export import export_detector  # which imports save_onnx from here

        views = trained.detector_views or (View(preprocessing["input_size"]),)
        largest = max(view.long_side for view in views)
        preprocessing = preprocessing | {"input_size": largest, "views": [str(view) for view in views]}
        export_detector(folder / file, trained.arguments, trained.state, views, trained.score_threshold, storage)
        coordinates = {"boxes": "xyxy px of the input"}
    else:
        coordinates = _write_crop_network(folder / file, trained, skeleton, storage)
    state_file = f"{kind}.pt" if keep_state else None
    (folder / f"{kind}.pt").unlink(missing_ok=True)  # of an earlier export
    if state_file is not None:
        torch.save(trained.state, folder / state_file)
    return NetworkEntry(
        kind=kind,
        arguments=trained.arguments,
        input_size=preprocessing["input_size"],
        preprocessing=preprocessing,
        coordinates=coordinates,
        file=file,
        sha256=sha256(folder / file),
        state_file=state_file,
        state_sha256=None if state_file is None else sha256(folder / state_file),
        training=trained.training,
    )


def _write_crop_network(path: Path, trained: Trained, skeleton: Skeleton, storage: Storage) -> dict[str, Any]:
    """Write RootNet's or PoseNet's ONNX file; returns the entry's ``coordinates``."""
    kind, size = trained.kind, trained.preprocessing["input_size"]
    graph = build_graph(kind, trained.arguments, trained.preprocessing, trained.state)
    coordinates: dict[str, Any] = {"heatmap_cells": graph.heatmap_cells, "cell_offset": graph.network.cell_offset}
    metadata = {
        "people3d.kind": kind,
        "people3d.crops": f"(N, {size}, {size}, 3) uint8 RGB; preprocessing is in the graph",
    }
    if isinstance(graph, PoseGraph):
        coordinates |= {
            "depth_cells": graph.network.depth_cells,
            "depth_range_mm": [-1000.0, 1000.0],
            "depth_axis": graph.network.depth_axis,
            "mirror_sum": graph.network.mirror_sum(size) / graph.heatmap_cells,
        }
        metadata["people3d.skeleton"] = f"{skeleton.name}: {' '.join(skeleton.joints)}"
        metadata["people3d.joints"] = (
            f"x, y in sides of the crop, z in mm from the root along {_AXES[graph.network.depth_axis]}; "
            "std: of x or y, and of z"
        )
    else:
        metadata["people3d.root"] = "x, y in sides of the crop, depth in mm for k in mm (paper Eq. 1)"
    save_onnx(graph, example_inputs(kind, size), INPUTS[kind], graph.outputs, path, metadata, storage)
    return coordinates


def example_inputs(kind: str, size: int, batch: int = 2) -> tuple[torch.Tensor, ...]:
    """Inputs of the shapes and types that a graph takes; noise."""
    rng = np.random.default_rng(0)
    crops = torch.from_numpy(rng.integers(0, 256, (batch, size, size, 3), dtype=np.uint8))
    return (crops, torch.full((batch,), 3000.0)) if kind == "rootnet" else (crops,)


def save_onnx(
    graph: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    input_names: tuple[str, ...],
    output_names: tuple[str, ...],
    path: str | Path,
    metadata: dict[str, str],
    storage: Storage = "float16",
    dynamic: tuple[dict[int, Any], ...] | None = None,
) -> None:
    """Export ``graph`` with a dynamic batch (axis 0 of every input), or with the axes in ``dynamic``.

    Puts ``graph`` into evaluation mode and makes its activations work out of place: in-place ones take the exporter
    twice as long.
    Needs the extra ``train`` (onnx, onnxscript).
    """
    try:
        import onnx
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ImportError("exporting weights: pip install 'people3d[train]'") from error
    batch = torch.export.Dim("batch")
    for module in graph.modules():
        if hasattr(module, "inplace"):
            module.inplace = False  # type: ignore[assignment]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.eval(),
            inputs,
            input_names=input_names,
            output_names=output_names,
            opset_version=18,  # what every onnxruntime of the last years reads
            dynamo=True,
            dynamic_shapes=dynamic if dynamic is not None else tuple({0: batch} for _ in inputs),
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.ir_version = min(model.ir_version, IR_VERSION)
    store(model, storage)
    for node in model.graph.node:  # where in the source a node came from: a third of the file
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
