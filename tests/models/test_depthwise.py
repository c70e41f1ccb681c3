"""Depthwise convolutions have PyTorch's answers and gradients, however these are put together."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from people3d.models import depthwise  # noqa: E402
from people3d.models.depthwise import DepthwiseConv2d  # noqa: E402


def gradients(layer, x, dtype):
    x = x.clone().to(dtype).requires_grad_()
    layer.weight.grad = None
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        out = layer(x)
    ramp = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
    out.backward(ramp.to(out.dtype))
    return out.float().detach(), x.grad.float(), layer.weight.grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("size", [(9, 12), (3, 1)])
def test_answers_and_gradients_are_those_of_a_plain_convolution(kernel, stride, size, dtype):
    torch.manual_seed(0)
    ours = DepthwiseConv2d(6, kernel, stride)
    plain = nn.Conv2d(6, 6, kernel, stride, kernel // 2, groups=6, bias=False)
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(2, 6, *size)
    for memory_format in (torch.contiguous_format, torch.channels_last):
        got = gradients(ours, x.contiguous(memory_format=memory_format), dtype)
        expected = gradients(plain, x, torch.float32)
        tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == torch.float32 else {"rtol": 3e-2, "atol": 3e-2}
        for mine, theirs in zip(got, expected, strict=True):
            assert mine.shape == theirs.shape
            torch.testing.assert_close(mine, theirs, **tolerance)


def calls(monkeypatch, layer, x) -> int:
    """How often the weight's gradient was put together by us."""
    seen = []
    real = depthwise._weight_gradient
    monkeypatch.setattr(depthwise, "_weight_gradient", lambda *args: (seen.append(1), real(*args))[1])
    out = layer(x)
    if out.requires_grad:
        out.sum().backward()
    monkeypatch.undo()
    return len(seen)


def test_only_wide_kernels_that_learn_take_the_detour(monkeypatch):
    x = torch.randn(1, 4, 8, 8)
    assert calls(monkeypatch, DepthwiseConv2d(4, 5), x) == 1
    assert calls(monkeypatch, DepthwiseConv2d(4, 3), x) == 0
    frozen = DepthwiseConv2d(4, 5).requires_grad_(False)
    assert calls(monkeypatch, frozen, x.clone().requires_grad_()) == 0
    with torch.no_grad():
        assert calls(monkeypatch, DepthwiseConv2d(4, 5), x) == 0


def test_gradients_are_exact_in_double_precision():
    layer = DepthwiseConv2d(3, 5, 2).double()
    assert torch.autograd.gradcheck(layer, torch.randn(2, 3, 6, 7, dtype=torch.float64, requires_grad=True))
