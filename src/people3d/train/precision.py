"""In which precision to train: bf16 where the hardware has it, measured and not guessed."""

from __future__ import annotations

import time

import torch
from torch import nn

PRECISIONS = ("auto", "fp32", "bf16")
_GAIN = 0.9  # bf16 must take less than this share of fp32's time: it costs some accuracy


def pick_precision(name: str, device: torch.device) -> str:
    """``fp32`` or ``bf16``; ``auto`` measures which is faster on ``device``, in a second or two.

    A CPU without instructions for bf16 takes ten times as long with it; a GPU that emulates it gains nothing.

    Raises:
        ValueError: none of the three.
    """
    if name not in PRECISIONS:
        raise ValueError(f"precision: expected {', '.join(PRECISIONS)}, got {name!r}")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    seconds = {precision: _step_seconds(precision, device) for precision in ("fp32", "bf16")}
    return "bf16" if seconds["bf16"] < _GAIN * seconds["fp32"] else "fp32"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context of a forward pass in ``precision``; weights and gradients stay in single precision."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def _step_seconds(precision: str, device: torch.device) -> float:
    """Forward and backward through a few layers as backbones have them; the fastest of three, after one to warm up."""
    with torch.random.fork_rng():
        layers = nn.Sequential(
            nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            nn.Conv2d(64, 64, 1),
        ).to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # fmt: skip
        images = torch.randn(4, 32, 32, 32, device=device).contiguous(memory_format=torch.channels_last)
    seconds = []
    for _ in range(4):
        began = time.perf_counter()
        with autocast(precision, device):
            loss = layers(images).float().square().mean()
        loss.backward()
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:])
