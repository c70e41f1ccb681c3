"""Two processes on one task: started as ``torchrun`` starts them, talking over gloo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from people3d.train.checkpoint import load_checkpoint  # noqa: E402
from people3d.train.parallel import Workers  # noqa: E402

SCRIPT = """
import os, sys
from dataclasses import replace
from pathlib import Path
import numpy as np, torch
from people3d.train.loop import LoopConfig, train

class Halves:
    network, arguments, preprocessing = "line", {}, {}
    def __init__(self):
        torch.manual_seed(0)
        self.model = torch.nn.Linear(3, 1)
        self.seen = []
    def batch(self, step, size):
        self.seen.append(step)
        rng = np.random.default_rng(step)
        class Points: pass
        p = Points(); p.x = rng.normal(size=(64, 3)).astype(np.float32); p.y = p.x.sum(1, keepdims=True)
        return p
    def loss(self, batch):
        loss = (self.model(torch.from_numpy(batch.x)) - torch.from_numpy(batch.y)).square().mean()
        return loss, {"l2": loss.item()}
    def evaluate(self, model):
        return {}

task = Halves()
numbers = {"learning_rate": 0.05, "warmup_steps": 2, "ema_decay": 0.9, "loader_threads": 1}
config = LoopConfig(steps=20, device="cpu", precision="fp32", **numbers)  # auto would try a batch
out = Path(sys.argv[1])
train(task, config, out, resume="--resume" in sys.argv)
rank = os.environ.get("RANK", "0")
torch.save({"weight": task.model.weight.detach(), "seen": sorted(task.seen)}, out / f"rank{rank}.pt")
"""


def run(tmp_path: Path, processes: int) -> Path:
    script = tmp_path / "halves.py"
    script.write_text(SCRIPT)
    output = tmp_path / f"run{processes}"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    subprocess.run([*command, str(script), str(output)], check=True, capture_output=True, timeout=900)
    return output


def test_two_processes_are_one_network_on_different_batches(tmp_path):
    output = run(tmp_path, 2)
    first, second = (torch.load(output / f"rank{r}.pt", weights_only=True) for r in (0, 1))
    assert torch.equal(first["weight"], second["weight"])
    assert first["seen"] == list(range(0, 40, 2)) and second["seen"] == list(range(1, 40, 2))
    state = load_checkpoint(output / "checkpoint.pt")
    assert state["step"] == 20 and torch.equal(state["model"]["weight"], first["weight"])
    assert (output / "log.csv").is_file()


def test_the_mean_of_two_gradients_is_that_of_one_batch_of_both(tmp_path, monkeypatch):
    """One step of two processes against one process that sees both batches at once."""
    import torch.distributed as dist

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    workers = Workers(torch.device("cpu"))
    mine, theirs = torch.tensor([1.0, 2.0]), torch.tensor([3.0, -2.0])
    other = torch.cat([theirs, torch.zeros(3), torch.tensor([1.0])])
    monkeypatch.setattr(dist, "all_reduce", lambda flat: flat.add_(other))
    a, unused, frozen = (torch.nn.Parameter(torch.zeros(n)) for n in (2, 3, 4))
    frozen.requires_grad_(False)
    a.grad = mine.clone()
    assert workers.average_gradients([a, unused, frozen], stop=False)  # the other one wanted to stop
    assert torch.equal(a.grad, torch.tensor([2.0, 0.0]))
    assert torch.equal(unused.grad, torch.zeros(3)) and frozen.grad is None


def test_one_process_needs_no_group(tmp_path):
    workers = Workers(torch.device("cpu"))
    assert workers.count == 1 and workers.first and workers.batch_number(7) == 7
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.full((2,), 3.0)
    assert workers.average_gradients([parameter], stop=True) and parameter.grad.tolist() == [3.0, 3.0]
