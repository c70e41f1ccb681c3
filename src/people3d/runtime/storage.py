"""How an ONNX file stores its weights: single precision, half precision or int8. Needs onnx.

A network computes in single precision either way: what is stored smaller is turned back by nodes that onnxruntime
folds when it opens the file. (int8 arithmetic is something else: :mod:`people3d.runtime.quantize`.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from people3d.runtime.draft import replaced_folder
from people3d.runtime.entry import ENTRY_FILE, Entry, sha256

Storage = Literal["float32", "float16", "int8"]

STORED_FROM = 1024  # tensors with fewer numbers stay in single precision: they weigh nothing
_HALF, _INT8, _CAST, _SCALE = "_half", "_int8", "_cast", "_scale"
_LARGEST = 127  # symmetric, without -128
_FILTER_AXIS = {"Conv": 0, "ConvTranspose": 1}  # of the weights, whose filters have a scale each


def store(model, storage: Storage) -> None:
    """Store the large tensors of an ONNX ``model`` in ``storage``, in place.

    int8: the weights of convolutions, each filter times a scale of its own such that its largest number becomes 127;
    other tensors in half precision. What cannot be held so (not finite, too large for half precision) stays as it is.
    """
    from onnx import TensorProto

    if storage == "float32":
        return
    axes = {n.input[1]: _FILTER_AXIS[n.op_type] for n in model.graph.node if n.op_type in _FILTER_AXIS}
    nodes, scales = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < STORED_FROM:
            continue
        if storage == "int8" and tensor.name in axes:
            nodes += _store_int8(tensor, axes[tensor.name], scales)
        else:
            nodes += _store_half(tensor)
    restored = {name for node in nodes for name in node.output}
    known = [v for v in model.graph.value_info if v.name not in restored]
    del model.graph.value_info[:]
    model.graph.value_info.extend(known)
    model.graph.initializer.extend(scales)
    _replace_nodes(model, [*nodes, *model.graph.node])


def restore(model) -> None:
    """Undo :func:`store`, in place: every tensor in single precision under its own name, but for what rounding took."""
    from onnx import numpy_helper

    tensors = {t.name: t for t in model.graph.initializer}
    kept, scales = [], set()
    for node in model.graph.node:
        stored = tensors.get(node.input[0]) if node.input else None
        if node.op_type == "Cast" and stored is not None and stored.name.endswith((_HALF, _INT8)):
            value = numpy_helper.to_array(stored).astype(np.float32)
            stored.CopyFrom(numpy_helper.from_array(value, node.output[0]))
            tensors[node.output[0]] = stored
        elif node.op_type == "Mul" and stored is not None and stored.name == f"{node.output[0]}{_CAST}":
            value = numpy_helper.to_array(stored) * numpy_helper.to_array(tensors[node.input[1]])
            stored.CopyFrom(numpy_helper.from_array(value, node.output[0]))
            scales.add(node.input[1])
        else:
            kept.append(node)
    left = [t for t in model.graph.initializer if t.name not in scales]
    del model.graph.initializer[:]
    model.graph.initializer.extend(left)
    _replace_nodes(model, kept)


def store_entry(entry: Entry, storage: Storage) -> Entry:
    """Store the networks of weights in ``storage``, in their folder. What an earlier storage took stays lost.

    Raises:
        WeightsError: a file is not what the entry says.
        ImportError: onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError(f"storing weights: {error}") from error
    entry.verify()
    networks = {}
    with replaced_folder(entry.folder, entry) as draft:
        for kind, network in entry.networks.items():
            path = draft / network.file
            model = onnx.load(str(path))
            restore(model)
            store(model, storage)
            onnx.checker.check_model(model)
            onnx.save(model, str(path))
            networks[kind] = replace(network, sha256=sha256(path))
        stored = replace(entry, networks=networks)
        (draft / ENTRY_FILE).write_text(stored.to_json(), encoding="utf-8")
    return stored


def _store_half(tensor) -> list:
    from onnx import TensorProto, helper, numpy_helper

    name = tensor.name
    with np.errstate(over="ignore"):
        halved = numpy_helper.to_array(tensor).astype(np.float16)
    if not np.isfinite(halved).all():
        return []
    tensor.CopyFrom(numpy_helper.from_array(halved, f"{name}{_HALF}"))
    return [helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT)]


def _store_int8(tensor, axis: int, scales: list) -> list:
    """The nodes that give the tensor back; its scale is added to ``scales``."""
    from onnx import TensorProto, helper, numpy_helper

    name, value = tensor.name, numpy_helper.to_array(tensor)
    if not np.isfinite(value).all():
        return []
    others = tuple(d for d in range(value.ndim) if d != axis)
    scale = (np.abs(value).max(axis=others, keepdims=True) / _LARGEST).astype(np.float32)
    scale[scale == 0] = 1
    tensor.CopyFrom(numpy_helper.from_array(np.round(value / scale).astype(np.int8), f"{name}{_INT8}"))
    scales.append(numpy_helper.from_array(scale, f"{name}{_SCALE}"))
    return [
        helper.make_node("Cast", [f"{name}{_INT8}"], [f"{name}{_CAST}"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}{_CAST}", f"{name}{_SCALE}"], [name]),
    ]


def _replace_nodes(model, nodes: list) -> None:
    nodes = list(nodes)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
