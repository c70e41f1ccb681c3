"""OpenVINO: the same ONNX files on Intel's runtime (extra ``openvino``), on the processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from people3d.runtime.entry import Entry, WeightsError
from people3d.runtime.onnx_network import check_promises, open_session


def open_openvino(entry: Entry, kind: str, threads: int | None = None):
    """RootNet or PoseNet of ``entry`` as a call from named arrays to named arrays.

    Raises:
        ImportError: OpenVINO is not installed.
        WeightsError: the file is not the network that the entry promises.
    """
    path = entry.verified_path(kind)
    check_promises(open_session(path, "cpu", 1), entry, kind)
    return open_openvino_file(path, threads)


def open_openvino_file(path: str | Path, threads: int | None = None):
    """An ONNX file as a call from named arrays to named arrays; the batch may differ from call to call.

    It computes in bf16 where the processor has instructions for it, else in single precision: OpenVINO's own choice.
    """
    try:
        import openvino
    except ImportError as error:
        raise ImportError("runtime openvino: pip install 'people3d[openvino]'") from error
    options = {"PERFORMANCE_HINT": "LATENCY"} | ({} if threads is None else {"INFERENCE_NUM_THREADS": threads})
    try:
        network = openvino.Core().compile_model(str(path), "CPU", options)
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or ["it cannot be read"])[-1][:200]
        raise WeightsError(f"{path}: expected an ONNX network, OpenVINO says: {reason}") from error
    names = [output.get_any_name() for output in network.outputs]
    request = network.create_infer_request()

    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = request.infer(arrays)
        return {name: np.array(found[output]) for name, output in zip(names, network.outputs, strict=True)}

    return run
