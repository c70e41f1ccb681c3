"""onnxruntime: opening an ONNX file, and an entry's network behind one call."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from people3d.runtime.entry import Entry, WeightsError
from people3d.runtime.lanes import Lanes, Run, halved, threads_for_calls


def open_session(path: str | Path, device: str = "auto", threads: int | None = None):
    """An ``onnxruntime.InferenceSession``.

    Args:
        device: ``cpu``; ``cuda``; ``auto`` takes CUDA where this onnxruntime has it.
        threads: for one call; None takes OMP_NUM_THREADS, where it is set, else one a core.

    Raises:
        ValueError: this onnxruntime cannot use the device.
        WeightsError: the file is not a network that onnxruntime can run.
    """
    import onnxruntime as ort

    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device: expected auto, cpu or cuda, got {device!r}")
    has_cuda = "CUDAExecutionProvider" in ort.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise ValueError("device cuda: this onnxruntime runs on the processor only; pip install onnxruntime-gpu")
    options = ort.SessionOptions()
    options.log_severity_level = 3  # errors only; they are raised as well
    # Threads that wait by spinning take the cores from the next network: a chain of three can take twice as long.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads_for_calls(threads)
    providers = ["CPUExecutionProvider"]
    if has_cuda and device != "cpu":
        providers.insert(0, "CUDAExecutionProvider")
    try:
        return ort.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime raises several unrelated types
        reason = str(error).strip().splitlines()[0][:200]
        raise WeightsError(f"{path}: expected an ONNX network, onnxruntime says: {reason}") from error


def on_cuda(session) -> bool:
    return "CUDAExecutionProvider" in session.get_providers()


def open_onnx(entry: Entry, kind: str, device: str = "auto", threads: int | None = None) -> Run:
    """RootNet or PoseNet of ``entry`` as a call from named arrays to named arrays (see ``export.py`` for the names).

    Several crops go in two lanes (:mod:`people3d.runtime.lanes`); a single one has a session with all threads, opened
    when it is first wanted.

    Raises ``WeightsError`` where the file's inputs or joint count are not those that the entry promises.
    """
    lanes = Lanes(threads)
    session = open_session(entry.verified_path(kind), device, lanes.threads)
    check_promises(session, entry, kind)
    if lanes.all_threads == 1 or on_cuda(session):
        return runner(session)
    halves = halved(lanes, runner(session))

    @functools.cache
    def whole() -> Run:
        return runner(open_session(entry.verified_path(kind), device, lanes.all_threads))

    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return (halves if len(arrays["crops"]) > 1 else whole())(arrays)

    return run


def check_promises(session, entry: Entry, kind: str) -> None:
    """Raises ``WeightsError`` where a session's inputs or joint count are not those that the entry promises."""
    path = entry.folder / entry.network(kind).file
    network, size = entry.network(kind), entry.network(kind).input_size
    inputs = {i.name: i.shape for i in session.get_inputs()}
    if set(inputs) != ({"crops", "k"} if kind == "rootnet" else {"crops"}) or inputs["crops"][1:] != [size, size, 3]:
        raise WeightsError(f"{path}: expected crops of {network.input_size} px for a {kind}, the file takes {inputs}")
    outputs = {o.name: o.shape for o in session.get_outputs()}
    main = "root" if kind == "rootnet" else "joints"
    if main not in outputs:
        raise WeightsError(f"{path}: expected the output {main!r}, the file gives {', '.join(outputs)}")
    if kind == "posenet" and outputs[main][1] != len(entry.skeleton):
        raise WeightsError(
            f"{path}: holds {outputs[main][1]} joints, skeleton {entry.skeleton.name} has {len(entry.skeleton)}"
        )


def runner(session) -> Run:
    """A session as a call from named arrays to named arrays."""
    names = [output.name for output in session.get_outputs()]

    def run(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.asarray(v) for name, v in zip(names, session.run(names, arrays), strict=True)}

    return run
