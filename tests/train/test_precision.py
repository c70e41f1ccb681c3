"""Precision is what is asked for, or what is faster; gradients stay in single precision."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from people3d.train import precision  # noqa: E402
from people3d.train.precision import autocast, pick_precision  # noqa: E402

CPU = torch.device("cpu")


def _loss():
    raise AssertionError("nothing is to be measured")


@pytest.mark.parametrize(("bf16", "expected"), [(10.0, "fp32"), (0.95, "fp32"), (0.5, "bf16")])
def test_auto_takes_what_is_faster_by_a_margin(monkeypatch, bf16, expected):
    monkeypatch.setattr(precision, "_step_seconds", lambda name, device, loss: {"fp32": 1.0, "bf16": bf16}[name])
    assert pick_precision("auto", CPU, _loss) == expected


def test_it_measures_something():
    before = torch.get_rng_state()
    seen = []

    def loss():
        seen.append(torch.is_autocast_enabled("cpu"))
        return torch.nn.Dropout()(torch.ones(9, requires_grad=True)).sum()

    assert pick_precision("auto", CPU, loss) in ("fp32", "bf16") and seen == [False] * 3 + [True] * 3
    assert 0 < precision._step_seconds("fp32", CPU, loss) < 30
    assert torch.equal(torch.get_rng_state(), before)  # a run's random numbers are its own


def test_autocast_computes_in_bf16_and_leaves_the_weights():
    layer = torch.nn.Linear(4, 4)
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with autocast(pick_precision(name, CPU, _loss), CPU):
            out = layer(torch.ones(1, 4))
        assert out.dtype == dtype
        out.float().sum().backward()
        assert layer.weight.dtype == layer.weight.grad.dtype == torch.float32


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="expected auto, fp32, bf16, got 'fp8'"):
        pick_precision("fp8", CPU, _loss)
