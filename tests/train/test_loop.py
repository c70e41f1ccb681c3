"""The loop on a task small enough for a test: a line through made-up points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.train import loop  # noqa: E402
from people3d.train.average import average_checkpoints  # noqa: E402
from people3d.train.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from people3d.train.loop import LoopConfig, NotFiniteError, rate_at, size_at, train  # noqa: E402


@dataclass
class Points:
    x: np.ndarray
    y: np.ndarray


class LineTask:
    network, arguments, preprocessing = "line", {}, {}

    def __init__(self, poison: int | None = None):
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1))
        self.poison = poison
        self.losses: dict[int, float] = {}

    def batch(self, step, size):
        x = np.random.default_rng(step).normal(size=(128, 1)).astype(np.float32)
        return Points(x, 3 * x + 1 if step != self.poison else x * np.nan)

    def loss(self, batch):
        loss = (self.model(torch.from_numpy(batch.x)) - torch.from_numpy(batch.y)).abs().mean()
        self.losses[len(self.losses)] = loss.item()
        return loss, {"l1": loss.item()}

    def evaluate(self, model):
        return {}


# Which precision is faster for so small a network is chance: "auto" would make runs that differ.
NUMBERS = {"learning_rate": 0.05, "warmup_steps": 5, "ema_decay": 0.9, "loader_threads": 1}
CONFIG = LoopConfig(steps=60, device="cpu", precision="fp32", **NUMBERS)


def test_it_learns(tmp_path):
    task = LineTask()
    train(task, replace(CONFIG, steps=300), tmp_path)
    losses = list(task.losses.values())
    assert np.mean(losses[-30:]) < 0.25 * np.mean(losses[:5])


def test_a_resumed_run_is_the_unbroken_one(tmp_path):
    unbroken = LineTask()
    train(unbroken, CONFIG, tmp_path / "a")

    class Stops(LineTask):
        def loss(self, batch):
            if len(self.losses) == 25:
                raise KeyboardInterrupt
            return super().loss(batch)

    first = Stops()
    with pytest.raises(KeyboardInterrupt):
        train(first, replace(CONFIG, checkpoint_minutes=0), tmp_path / "b")
    second = LineTask()
    train(second, CONFIG, tmp_path / "b", resume=True)
    assert [*first.losses.values(), *second.losses.values()] == list(unbroken.losses.values())
    a, b = (load_checkpoint(tmp_path / n / "checkpoint.pt") for n in "ab")
    assert a["step"] == b["step"] == 60
    # What each began with, to be averaged with what came of it, is kept through the resumption.
    begun = LineTask().model.state_dict()
    for n in "ab":
        kept = load_checkpoint(tmp_path / n / loop.FIRST)["model"]
        assert all(torch.equal(kept[name], tensor) for name, tensor in begun.items())
    mean = average_checkpoints([tmp_path / "a" / loop.FIRST, tmp_path / "a" / "checkpoint.pt"])["model"]["0.weight"]
    torch.testing.assert_close(mean, (begun["0.weight"] + a["ema"]["0.weight"]) / 2)
    for part in ("model", "ema"):
        assert all(torch.equal(a[part][k], b[part][k]) for k in a[part])


def test_minutes_stop_it_judged_and_saved(tmp_path, capsys):
    class Judged(LineTask):
        def evaluate(self, model):
            return {"error": 2.0}

    path = train(Judged(), replace(CONFIG, steps=10**6, evaluate_every=10**6), tmp_path, minutes=0.01)
    state, said = load_checkpoint(path), capsys.readouterr().err
    assert 0 < state["step"] < 10**6 and state["metrics"] == {"error": 2.0}
    assert f"saved after step {state['step']} of 1000000; --resume goes on" in said
    assert (tmp_path / "log.csv").read_text().splitlines()[-1] == f"{state['step']},eval,error=2"


@pytest.mark.parametrize(("asked", "picked", "said"), [("auto", "bf16", " (picked by auto)"), ("fp32", "fp32", "")])
def test_it_says_and_keeps_the_precision(tmp_path, monkeypatch, capsys, asked, picked, said):
    monkeypatch.setattr(loop, "pick_precision", lambda name, device, loss: picked)
    path = train(LineTask(), replace(CONFIG, precision=asked, steps=3), tmp_path)
    assert load_checkpoint(path)["precision"] == picked
    assert f"line: 3 of 3 steps to go, 32 each, on cpu, {picked}{said}\n" in capsys.readouterr().err


def test_it_does_not_overwrite_a_run(tmp_path):
    train(LineTask(), CONFIG, tmp_path)
    with pytest.raises(FileExistsError, match="resume it"):
        train(LineTask(), CONFIG, tmp_path)


def test_a_loss_that_is_not_finite_stops_it_with_the_batch(tmp_path):
    with pytest.raises(NotFiniteError, match="step 7 is nan"):
        train(LineTask(poison=7), CONFIG, tmp_path)
    saved = torch.load(tmp_path / "not_finite.pt", weights_only=True)
    assert saved["step"] == 7 and saved["batch"]["x"].shape == (128, 1) and saved["batch"]["y"].isnan().all()


def test_schedules():
    assert rate_at(CONFIG, 0) == pytest.approx(0.2)
    assert rate_at(CONFIG, 59) < 0.01
    steps = replace(CONFIG, schedule="step", milestones=(0.5, 0.75), warmup_steps=0)
    assert [rate_at(steps, s) for s in (0, 29, 30, 45)] == pytest.approx([1, 1, 0.1, 0.01])
    sizes = replace(CONFIG, sizes=((128, 0.5), (160, 1.0)))
    assert [size_at(sizes, s) for s in (0, 29, 30, 59)] == [128, 128, 160, 160]


def test_checkpoints_cannot_run_code(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"model": Bomb()}, tmp_path / "bomb.pt")
    with pytest.raises(ValueError, match="damaged or unsafe"):
        load_checkpoint(tmp_path / "bomb.pt")
    assert not (tmp_path / "ran").exists()


def test_damaged_and_foreign_checkpoints(tmp_path):
    save_checkpoint(tmp_path / "c.pt", {"step": 3})
    with pytest.raises(ValueError, match="lacks arguments, model, network, preprocessing"):
        load_checkpoint(tmp_path / "c.pt")
    whole = (tmp_path / "c.pt").read_bytes()
    (tmp_path / "c.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged"):
        load_checkpoint(tmp_path / "c.pt")
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.pt")
