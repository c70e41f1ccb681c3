"""int8 variants of an entry: convolutions with quantised weights and activations (QDQ). Needs the extra ``train``.

Half the size again, and faster where the processor multiplies int8 (AVX-512 VNNI, AMX, most ARM); on plain AVX2 it is
not. ``benchmarks/runtimes.py`` measures both, time and accuracy, on the machine at hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from people3d.crop import resized_crops
from people3d.runtime.draft import replaced_folder
from people3d.runtime.entry import CARD_FILE, ENTRY_FILE, Entry, WeightsError, sha256
from people3d.runtime.storage import restore

QUANTISED = ("rootnet", "posenet")
_BATCH = 16


def quantize_entry(entry: Entry, folder: str | Path, crops: np.ndarray, k_mm: float = 3000.0) -> Entry:
    """Write ``folder`` as ``entry`` with RootNet and PoseNet in int8; the detector stays as it is.

    Ranges of activations are calibrated on ``crops``. The layers that give heatmaps and γ, whose numbers are answers,
    stay in single precision.

    Args:
        folder: new or empty.
        crops: (N, S, S, 3) uint8 RGB of people, a few hundred; S = ``entry.crop_size``.
        k_mm: given to RootNet with every crop; its convolutions do not depend on it.

    Raises:
        WeightsError: ``folder`` is not empty, or ``crops`` are of another size than the networks'.
        ImportError: onnx is not installed.
    """
    folder = Path(folder)
    size = entry.crop_size
    if crops.shape[1:] != (size, size, 3) or not len(crops):
        raise WeightsError(f"expected crops of {size} px to calibrate with, got {crops.shape}")
    if folder.exists() and any(folder.iterdir()):
        raise WeightsError(f"{folder}: expected a new or empty folder")
    networks = dict(entry.networks)
    with replaced_folder(folder, None) as draft:
        for kind, network in entry.networks.items():
            source, target = entry.verified_path(kind), draft / network.file
            if kind in QUANTISED:
                _quantize(source, target, kind, resized_crops(crops, network.input_size), k_mm)
                training = {**network.training, "quantised": f"int8 QDQ, calibrated on {len(crops)} crops"}
                networks[kind] = replace(
                    network, sha256=sha256(target), state_file=None, state_sha256=None, training=training
                )
            else:
                shutil.copyfile(source, target)
        if entry.card is not None and (entry.folder / entry.card).is_file():
            shutil.copyfile(entry.folder / entry.card, draft / CARD_FILE)
        made = Entry(folder.resolve().name, entry.skeleton, networks, entry.card, folder)
        (draft / ENTRY_FILE).write_text(made.to_json(), encoding="utf-8")
    return made


def _quantize(source: Path, target: Path, kind: str, crops: np.ndarray, k_mm: float) -> None:
    try:
        import onnx
    except ImportError as error:
        raise ImportError("quantising weights: pip install 'people3d[train]'") from error
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.batches = _feeds(kind, crops, k_mm)

        def get_next(self) -> Any:
            return next(self.batches, None)

    model = onnx.load(str(source))
    restore(model)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    feeds_conv = {name for node in model.graph.node for name in node.input if node.op_type != "Conv"}
    last = [c.name for c in convolutions if _is_answer(model, c, feeds_conv)]
    plain = target.with_suffix(".single.onnx")
    onnx.save(model, str(plain))
    quantize_static(
        str(plain),
        str(target),
        Reader(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        nodes_to_exclude=last,
        per_channel=True,
        reduce_range=True,  # 7 bits: int8 products of plain AVX2 saturate otherwise
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    plain.unlink()
    metadata = {p.key: p.value for p in onnx.load(str(source), load_external_data=False).metadata_props}
    made = onnx.load(str(target))
    onnx.helper.set_model_props(made, metadata | {"people3d.quantised": "int8"})
    onnx.save(made, str(target))


def _feeds(kind: str, crops: np.ndarray, k_mm: float) -> Iterator[dict[str, np.ndarray]]:
    for start in range(0, len(crops), _BATCH):
        part = crops[start : start + _BATCH]
        yield {"crops": part} | ({"k": np.full(len(part), k_mm, np.float32)} if kind == "rootnet" else {})


def _is_answer(model, convolution, read_elsewhere: set[str]) -> bool:
    """Whether a convolution's output is a heatmap or γ: no activation and no other convolution comes after it."""
    followers = [n.op_type for n in model.graph.node if convolution.output[0] in n.input]
    activations = {"Conv", "Relu", "Clip", "Add", "BatchNormalization", "ConvTranspose", "Min", "Max"}
    return convolution.output[0] in read_elsewhere and not set(followers) & activations
