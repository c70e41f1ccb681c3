"""In which precision to train: bf16 where the hardware has it, measured and not guessed."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

PRECISIONS = ("auto", "fp32", "bf16")
_GAIN = 0.9  # bf16 must take less than this share of fp32's time: it costs some accuracy


def pick_precision(name: str, device: torch.device, loss: Callable[[], torch.Tensor]) -> str:
    """``fp32`` or ``bf16``; ``auto`` measures which is faster on ``device``.

    It is measured on the network itself: a CPU without instructions for bf16 takes ten times as long with it, and one
    that has them gains with some convolutions and loses with others (:mod:`people3d.models.depthwise`). A GPU that
    emulates bf16 gains nothing.

    Args:
        loss: a forward pass of one batch. It is called six times, so it should change nothing (evaluation mode).

    Raises:
        ValueError: none of the three.
    """
    if name not in PRECISIONS:
        raise ValueError(f"precision: expected {', '.join(PRECISIONS)}, got {name!r}")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    seconds = {precision: _step_seconds(precision, device, loss) for precision in ("fp32", "bf16")}
    return "bf16" if seconds["bf16"] < _GAIN * seconds["fp32"] else "fp32"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context of a forward pass in ``precision``; weights and gradients stay in single precision."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def _step_seconds(precision: str, device: torch.device, loss: Callable[[], torch.Tensor]) -> float:
    """Forward and backward, the fastest of three: the first ones find the memory."""
    seconds = []
    with torch.random.fork_rng():
        for _ in range(3):
            began = time.perf_counter()
            with autocast(precision, device):
                value = loss()
            value.backward()
            seconds.append(time.perf_counter() - began)
    return min(seconds)
