"""Data parallelism: several processes, started by ``torchrun``, train one network on different batches.

Gradients are averaged in one message a step. The networks are small (16 MB of gradients), so that overlapping the
message with the backward pass, as ``DistributedDataParallel`` does, would gain little, while tasks stay free to call
more of a network than its ``forward``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn


def process_count() -> int:
    """Processes of this run: what ``torchrun`` says, else one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


class Workers:
    """The processes of one run; with ``torchrun`` absent, one process that communicates with nobody."""

    def __init__(self, device: torch.device) -> None:
        self.count = process_count()
        self.rank = int(os.environ.get("RANK", "0"))
        if self.count > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")

    @property
    def first(self) -> bool:
        """Whether this process writes the logs and checkpoints."""
        return self.rank == 0

    def batch_number(self, step: int) -> int:
        """Which batch this process takes in ``step``: no two processes ever take the same."""
        return step * self.count + self.rank

    def same_start(self, network: nn.Module) -> None:
        """Give every process the first one's weights."""
        if self.count > 1:
            for tensor in network.state_dict().values():
                dist.broadcast(tensor, 0)

    def average_gradients(self, parameters: Iterable[nn.Parameter], stop: bool) -> bool:
        """Replace every gradient by its mean over the processes; returns whether any of them wants to ``stop``.

        A parameter without a gradient here counts as zero.
        """
        if self.count == 1:
            return stop
        trained = [p for p in parameters if p.requires_grad]
        parts = [(torch.zeros_like(p) if p.grad is None else p.grad).reshape(-1) for p in trained]
        flat = torch.cat([*parts, parts[0].new_tensor([float(stop)])])
        dist.all_reduce(flat)
        stop = bool(flat[-1] > 0)
        flat /= self.count
        start = 0
        for p in trained:
            p.grad = flat[start : start + p.numel()].view(p.shape)
            start += p.numel()
        return stop

    def close(self) -> None:
        """Leave the group, at the end of a run."""
        if self.count > 1 and dist.is_initialized():
            dist.destroy_process_group()


def pick_device(name: str) -> torch.device:
    """``auto``: cuda where there is one (this process's own under ``torchrun``), else cpu."""
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return device
