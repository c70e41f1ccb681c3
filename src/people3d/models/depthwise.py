"""Depthwise convolutions that train at their due speed on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

_FAST_COLUMNS = 3  # oneDNN has a fast weight gradient for kernels of at most so many columns


class _Depthwise(torch.autograd.Function):
    """(N, C, H, W) * (C, 1, K, K), padded by K // 2."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return functional.conv2d(x, weight, None, stride, weight.shape[2] // 2, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None, None]:
        x, weight = ctx.saved_tensors
        of_input, of_weight = ctx.needs_input_grad[:2]
        padding = weight.shape[2] // 2
        grad = gradients[0].to(memory_format=torch.channels_last)
        wanted = _backward(grad, x, weight, ctx.stride, (padding, padding), (True, False))[0] if of_input else None
        return wanted, _weight_gradient(grad, x, weight, ctx.stride) if of_weight else None, None


def _weight_gradient(grad: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """As of the whole kernel, from parts of its columns, each with the columns of ``x`` that it meets."""
    size, padding, steps = weight.shape[2], weight.shape[2] // 2, (grad.shape[3] - 1) * stride
    padded = functional.pad(x, (padding, padding))
    parts = []
    for first in range(0, size, _FAST_COLUMNS):
        part = weight[..., first : first + _FAST_COLUMNS].contiguous()
        met = padded[..., first : first + steps + part.shape[3]].contiguous(memory_format=torch.channels_last)
        parts.append(_backward(grad, met, part, stride, (padding, 0), (False, True))[1])
    return torch.cat(parts, -1)


def _backward(
    grad: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    stride: int,
    padding: tuple[int, int],
    wanted: tuple[bool, bool],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, [stride] * 2, list(padding), [1, 1], False, [0, 0], len(weight), [*wanted, False]
    )


class DepthwiseConv2d(nn.Conv2d):
    """``nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)``, with the same
    gradients.

    Those of a kernel wider than three, and in bf16 of a strided one, take oneDNN far too long: on a CPU they are put
    together from what it is fast at (docs/training.md, "The machine").
    """

    def __init__(self, channels: int, kernel: int, stride: int = 1):
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        autocast = torch.is_autocast_enabled("cpu")
        slow = self.kernel_size[1] > _FAST_COLUMNS or (autocast and self.stride[0] > 1)
        if not (learns and slow and input.device.type == "cpu"):
            return super().forward(input)
        # Strided, bf16 has no fast gradient of the input.
        half = autocast and self.stride[0] == 1
        dtype = torch.get_autocast_dtype("cpu") if half else self.weight.dtype
        with torch.autocast("cpu", enabled=False):
            output = _Depthwise.apply(input.to(dtype), self.weight.to(dtype), self.stride[0])
        assert output is not None
        return output
