"""The training loop: plain torch, resumable, the same for every network.

A :class:`Task` says what is learned; the loop says how: optimiser, schedule, running average, checkpoints, time.
"""

from __future__ import annotations

import copy
import ctypes
import functools
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from people3d.train.checkpoint import half_weights, load_checkpoint, save_checkpoint
from people3d.train.parallel import Workers, pick_device
from people3d.train.precision import autocast, pick_precision
from people3d.train.progress import Progress

FIRST = "first.pt"  # beside the checkpoint: the weights that a run began with


class Task(Protocol):
    """What the loop needs of a network's training.

    ``network``, ``arguments`` and ``preprocessing`` go into the checkpoint, for the export. ``batch`` depends on
    nothing but its arguments; it runs in threads beside the network. A task may also have ``pictures(model)``, named
    (H, W, 3) uint8 pictures of predictions for TensorBoard.
    """

    network: str
    arguments: dict[str, Any]
    preprocessing: dict[str, Any]

    @property
    def model(self) -> nn.Module: ...

    def batch(self, step: int, size: int) -> Any:
        """The batch of ``step``, with inputs of ``size`` px: a dataclass of arrays."""
        ...

    def loss(self, batch: Any) -> tuple[torch.Tensor, dict[str, float]]:
        """The loss of one batch in training mode, and named figures to show."""
        ...

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Named figures of ``model`` in eval mode on held-out data; may be empty."""
        ...


@dataclass(frozen=True)
class LoopConfig:
    """How to train. A recipe is one of these with its numbers."""

    steps: int
    batch_size: int = 32
    # Input sizes and the share of the steps at which each ends: small crops first cost a fraction of the time.
    sizes: tuple[tuple[int, float], ...] = ((256, 1.0),)
    learning_rate: float = 1e-3
    backbone_rate: float = 1.0  # of the learning rate, for the pretrained backbone
    schedule: str = "cosine"  # or "step": ÷ 10 at each milestone
    milestones: tuple[float, ...] = (0.85,)  # shares of the steps; the paper: 17 of 20 epochs
    warmup_steps: int = 200
    weight_decay: float = 0.01
    ema_decay: float = 0.999  # 0: none
    clip_norm: float = 10.0  # 0: none
    seed: int = 0
    checkpoint_minutes: float = 3.0
    evaluate_every: int = 2000  # steps
    device: str = "auto"
    precision: str = "auto"  # fp32, bf16 (autocast), or whichever is faster here
    loader_threads: int = 2
    half_checkpoints: bool = False  # also write weights.pt: only weights, in half precision
    tensorboard: bool = False


def size_at(config: LoopConfig, step: int) -> int:
    """Input size in px at a step."""
    return next((size for size, end in config.sizes if step < end * config.steps), config.sizes[-1][0])


def rate_at(config: LoopConfig, step: int) -> float:
    """Factor on the learning rate at a step."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    share = step / config.steps
    if config.schedule == "step":
        return 0.1 ** sum(share >= m for m in config.milestones)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, share))) + 1e-3


def keep_memory() -> None:
    """Tell glibc to reuse freed memory instead of returning it: page faults cost a third of the time of training on a
    CPU. Does nothing elsewhere."""
    if sys.platform.startswith("linux"):
        try:
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
            libc.mallopt(-3, 2**30)  # M_MMAP_THRESHOLD
        except (OSError, AttributeError):
            pass  # another libc: only slower


@torch.no_grad()
def update_ema(ema: nn.Module, model: nn.Module, decay: float) -> None:
    """Running average of parameters; buffers (batch norm's statistics) likewise, integers are copied."""
    for mine, theirs in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
        if mine.dtype.is_floating_point:
            mine.lerp_(theirs, 1 - decay)
        else:
            mine.copy_(theirs)


def _batches(task: Task, config: LoopConfig, start: int, workers: Workers) -> Iterator[Any]:
    """Batches from ``start`` on, made ahead in threads, in order."""
    ahead = 2 * config.loader_threads
    with ThreadPoolExecutor(config.loader_threads) as pool:

        def submit(step: int):
            return pool.submit(task.batch, workers.batch_number(step), size_at(config, step))

        futures = [submit(step) for step in range(start, min(start + ahead, config.steps))]
        for step in range(start, config.steps):
            batch = futures.pop(0).result()
            if step + ahead < config.steps:
                futures.append(submit(step + ahead))
            try:
                yield batch
            except GeneratorExit:
                for future in futures:
                    future.cancel()
                raise


def _optimizer(model: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """AdamW: no decay on biases and batch norm; the backbone at its own rate."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        groups.setdefault((name.startswith("backbone."), parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "rate": config.backbone_rate if backbone else 1.0,
                "weight_decay": config.weight_decay if decay else 0.0,
            }
            for (backbone, decay), parameters in groups.items()
        ],
        lr=config.learning_rate,
    )


def as_tensors(value: Any) -> Any:
    """Arrays, and those in dicts and sequences, as tensors: what a checkpoint may hold."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    if isinstance(value, dict):
        return {k: as_tensors(v) for k, v in value.items()}
    return [as_tensors(v) for v in value] if isinstance(value, list | tuple) else value


class NotFiniteError(RuntimeError):
    """The loss was NaN or infinite; the batch has been saved."""


def train(
    task: Task, config: LoopConfig, output: str | Path, minutes: float | None = None, resume: bool = False
) -> Path:
    """Train ``task`` and return the path of its checkpoint, ``output/checkpoint.pt``. ``output/first.pt`` keeps the
    weights that it began with, which belong into a mean (:mod:`people3d.train.average`).

    Under ``torchrun`` each process takes batches of its own (``config.batch_size`` people each), gradients are
    averaged, and the first process alone writes. A checkpoint resumes exactly with the same number of processes.

    Args:
        minutes: stop, judged and saved, after this long; ``resume`` goes on exactly there.

    Raises:
        NotFiniteError: the loss was not finite; ``output/not_finite.pt`` holds the batch.
        FileExistsError: there is a checkpoint and ``resume`` is False.
    """
    output = Path(output)
    path = output / "checkpoint.pt"
    if path.exists() and not resume:
        raise FileExistsError(f"{path} is there: resume it, or choose another output folder")
    keep_memory()
    device = pick_device(config.device)
    workers = Workers(device)
    torch.manual_seed(config.seed)
    model = task.model.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    ema = None
    if config.ema_decay and workers.first:
        ema = copy.deepcopy(model).eval()
    optimizer = _optimizer(model, config)
    start, precision = 0, config.precision
    if resume and path.exists():
        state = load_checkpoint(path)
        model.load_state_dict(state["model"])
        if ema is not None and state["ema"] is not None:
            ema.load_state_dict(state["ema"])
        optimizer.load_state_dict(state["optimizer"])
        _restore_rng(state.get("rng", {}), device)
        start = state["step"]
        if precision == "auto":
            precision = state.get("precision", "fp32")
    else:
        workers.same_start(model)
    precision = pick_precision(precision, device, _trial(task, model, size_at(config, start)))
    model.zero_grad(set_to_none=True)
    network = {"network": task.network, "arguments": task.arguments, "preprocessing": task.preprocessing}

    def save(step: int, metrics: dict[str, float]) -> None:
        state = {
            **network,
            "model": model.state_dict(),
            "ema": ema.state_dict() if ema is not None else None,
            "optimizer": optimizer.state_dict(),
            "rng": _rng_state(device),
            "step": step,
            "precision": precision,
            "config": asdict(config),
            "metrics": metrics,
        }
        save_checkpoint(path, state)
        if config.half_checkpoints:
            save_checkpoint(output / "weights.pt", half_weights(state))

    output.mkdir(parents=True, exist_ok=True)
    if not start and workers.first:
        save_checkpoint(output / FIRST, {**network, "model": model.state_dict(), "ema": None, "step": 0})
    images = config.batch_size * workers.count
    progress = Progress(output, config.steps, start, images, minutes, workers.first, config.tensorboard)
    how = f"{precision} (picked by auto)" if config.precision == "auto" else precision
    left = f"{config.steps - start} of {config.steps} steps to go, {images} each"
    progress.say(f"{task.network}: {left}, on {device}, {how}")
    saved = time.monotonic()
    metrics: dict[str, float] = {}
    model.train()
    for step, batch in enumerate(_batches(task, config, start, workers), start):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * group["rate"] * rate_at(config, step)
        with autocast(precision, device):
            loss, figures = task.loss(batch)
        if not torch.isfinite(loss):
            save_checkpoint(output / "not_finite.pt", {"step": step, "batch": as_tensors(vars(batch))})
            raise NotFiniteError(
                f"the loss of step {step} is {float(loss.detach())}; its batch is in {output / 'not_finite.pt'}"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        out_of_time = workers.average_gradients(model.parameters(), progress.out_of_time)
        if config.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        optimizer.step()
        if ema is not None:
            # A young average forgets its start faster.
            update_ema(ema, model, min(config.ema_decay, (1 + step) / (10 + step)))
        done = step + 1
        progress.step(done, size_at(config, step), figures)
        stops = out_of_time or done == config.steps
        if workers.first and (stops or done % config.evaluate_every == 0):
            judged = ema if ema is not None else model
            metrics = {k: float(v) for k, v in task.evaluate(judged).items()}
            pictures = getattr(task, "pictures", None) if progress.wants_pictures else None
            progress.evaluated(done, metrics, pictures(judged) if pictures is not None else {})
            model.train()
        due = time.monotonic() - saved > 60 * config.checkpoint_minutes
        if workers.first and (due or stops):
            save(done, metrics)
            saved = time.monotonic()
        if out_of_time:
            progress.say(f"the minutes are over: saved after step {done} of {config.steps}; --resume goes on")
            break
    progress.close()
    workers.close()
    return path


def _trial(task: Task, model: nn.Module, size: int) -> Callable[[], torch.Tensor]:
    """The loss of one batch, made when it is first asked for; it leaves batch norm's statistics alone."""
    batch = functools.cache(functools.partial(task.batch, 0, size))

    def loss() -> torch.Tensor:
        model.eval()
        return task.loss(batch())[0]

    return loss


def _rng_state(device: torch.device) -> dict[str, torch.Tensor]:
    """torch's random numbers (dropout's); those of the data depend on the step alone."""
    state = {"cpu": torch.get_rng_state()}
    return state if device.type != "cuda" else {**state, "cuda": torch.cuda.get_rng_state(device)}


def _restore_rng(state: dict[str, torch.Tensor], device: torch.device) -> None:
    if "cpu" in state:
        torch.set_rng_state(state["cpu"])
    if "cuda" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)
