"""Seconds of one training step of PoseNet, by precision and by who takes the gradient of 5 × 5 depthwise kernels.

    python benchmarks/training_step.py [--recipe deepest] [--batch 32] [--steps 6] [--threads 1]

A step is forward, loss and backward on random crops of the recipe's size, with its frozen blocks. "oneDNN" takes the
gradient as PyTorch does, "ours" is people3d.models.depthwise. The four ways take turns; the fastest step of each
counts, for the first ones find the memory. Prints Markdown.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from torch import nn

from people3d.data.augment import Batch
from people3d.models import PoseNet
from people3d.models.depthwise import DepthwiseConv2d
from people3d.train.first_weights import freeze_blocks
from people3d.train.loop import keep_memory
from people3d.train.pose import pose_loss
from people3d.train.precision import autocast
from people3d.train.recipes import CROP_RECIPES

CPU = torch.device("cpu")


class PlainConv2d(DepthwiseConv2d):
    """The same layer as PyTorch computes it."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return nn.Conv2d.forward(self, input)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", choices=list(CROP_RECIPES["posenet"]), default="deepest")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_memory()
    recipe = CROP_RECIPES["posenet"][args.recipe]
    network = PoseNet(**recipe.model).to(memory_format=torch.channels_last).train()  # pyright: ignore[reportCallIssue]
    freeze_blocks(network, recipe.frozen_blocks)
    depthwise = [m for m in network.modules() if isinstance(m, DepthwiseConv2d)]
    size = max(size for size, _ in recipe.loop.sizes)
    images = torch.randn(args.batch, 3, size, size).contiguous(memory_format=torch.channels_last)
    joints = np.random.default_rng(0).random((args.batch, len(network.skeleton), 3), np.float32)
    unused = np.empty(0)
    batch = Batch(unused, joints, np.ones((*joints.shape[:2], 2), np.float32), unused, unused)
    seconds: dict[tuple[str, str], float] = {}
    for _ in range(args.steps):
        for kind, name in ((PlainConv2d, "oneDNN"), (DepthwiseConv2d, "ours")):
            for layer in depthwise:
                layer.__class__ = kind
            for precision in ("fp32", "bf16"):
                began = time.perf_counter()
                with autocast(precision, CPU):
                    loss, _ = pose_loss(network, images, batch, recipe.heatmap_weight)
                loss.backward()
                took = time.perf_counter() - began
                seconds[name, precision] = min(took, seconds.get((name, precision), took))
                network.zero_grad()
    print(f"{args.recipe}, {args.batch} crops of {size} px, {args.threads} threads, torch {torch.__version__}\n")
    print("| gradient of 5 × 5 kernels | precision | s a step | crops a second | times oneDNN in fp32 |")
    print("| --- | --- | ---: | ---: | ---: |")
    for (name, precision), s in seconds.items():
        print(f"| {name} | {precision} | {s:.2f} | {args.batch / s:.1f} | {seconds['oneDNN', 'fp32'] / s:.2f} |")


if __name__ == "__main__":
    main()
