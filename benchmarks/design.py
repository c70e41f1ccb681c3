"""Which PoseNet is most accurate per millisecond: backbones, input sizes and heatmaps trained alike and timed.

    python benchmarks/design.py --photos PACKS --synthetic PACKS --steps 600 [--designs NAME ...]

Every design starts from ImageNet weights (ResNets from torchvision's own download, or --random) and sees the same
batches for the same number of steps. Time is the processor's for one crop of a batch of five, by onnxruntime on one
thread, so that a training beside it hardly matters. Prints a Markdown table after each design; ``log.csv`` and
checkpoints lie in --output, and --resume goes on where a run was cut off.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from people3d.evaluate.report import Table
from people3d.models import PoseNet
from people3d.runtime.export import example_inputs, save_onnx
from people3d.runtime.graphs import INPUTS, build_graph
from people3d.runtime.onnx_network import open_session, runner
from people3d.train.checkpoint import load_checkpoint, weights_of
from people3d.train.crops import crop_task
from people3d.train.loop import LoopConfig, train
from people3d.train.recipes.crops import CropRecipe

PEOPLE = 5  # of the demo's photograph


@dataclass(frozen=True)
class Design:
    """A backbone with its head, at an input size."""

    backbone: str
    size: int
    deconv_widths: tuple[int, ...]
    depth_cells: int = 8

    @property
    def arguments(self) -> dict[str, Any]:
        return {
            "backbone": self.backbone,
            "skeleton": "muco21",
            "deconv_widths": self.deconv_widths,
            "depth_cells": self.depth_cells,
            "cell_offset": 0.5,
            "uncertainty": True,
        }


DESIGNS = {
    "lite0-128-0": Design("efficientnet_lite0", 128, ()),
    "lite0-128-1": Design("efficientnet_lite0", 128, (128,)),
    "lite0-160-1": Design("efficientnet_lite0", 160, (128,)),
    "lite0-160-2": Design("efficientnet_lite0", 160, (128, 128)),
    "lite0-192-0": Design("efficientnet_lite0", 192, ()),
    "lite0-192-1": Design("efficientnet_lite0", 192, (128,)),
    "lite0-256-0": Design("efficientnet_lite0", 256, ()),
    "resnet18-160-1": Design("resnet18", 160, (128,)),
    "paper": Design("resnet50", 256, (256, 256, 256), 64),
}


@dataclass(frozen=True)
class Config:
    """Accuracy per millisecond of designs of PoseNet."""

    photos: Path | None = None
    """packs of photographs"""
    synthetic: Path | None = None
    """packs of rendered people"""
    designs: tuple[str, ...] = ("lite0-128-1", "lite0-160-1", "lite0-160-2", "lite0-192-0", "lite0-192-1")
    """names of DESIGNS"""
    steps: int = 600
    """of each design's training; 0 only times them"""
    batch_size: int = 48
    """people a step"""
    random: bool = False
    """start from nothing: for backbones whose ImageNet weights are not at hand"""
    resume: bool = False
    """go on with the checkpoints in OUTPUT"""
    output: Path = Path("runs/design")
    """folder for checkpoints and ONNX files"""


def milliseconds(design: Design, state: dict | None, folder: Path) -> tuple[float, float]:
    """Of the processor for one crop, and the size of the ONNX file in MB."""
    preprocessing = {"input_size": design.size, "scale": 1 / 255, "mean": [0.5] * 3, "std": [0.25] * 3}
    state = state or PoseNet(**design.arguments).state_dict()
    graph = build_graph("posenet", design.arguments, preprocessing, state)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "posenet.onnx"
    save_onnx(graph, example_inputs("posenet", design.size), INPUTS["posenet"], graph.outputs, path, {})
    run = runner(open_session(path, "cpu", 1))
    crops = np.random.default_rng(0).integers(0, 256, (PEOPLE, design.size, design.size, 3), dtype=np.uint8)
    taken = []
    for _ in range(12):
        start = time.process_time()
        run({"crops": crops})
        taken.append(time.process_time() - start)
    return 1000 * min(taken) / PEOPLE, path.stat().st_size / 1e6


def trained(name: str, design: Design, config: Config) -> tuple[dict[str, float], dict]:
    """Held-out figures and weights after the training."""
    loop = LoopConfig(steps=config.steps, batch_size=config.batch_size, sizes=((design.size, 1.0),), warmup_steps=50)
    sources = {"photos": config.photos, "synthetic": config.synthetic}
    shares = {source: 0.5 for source, folder in sources.items() if folder is not None}
    recipe = CropRecipe(design.arguments, shares, loop)
    task: Any  # a PoseTask
    task, loop = crop_task("posenet", recipe, sources, config.output, None, 0, None, config.random)
    path = train(task, loop, config.output / name, resume=config.resume)
    state = weights_of(load_checkpoint(path))
    task.model.load_state_dict(state)
    return task.evaluate(task.model), state


def main() -> None:
    config = tyro.cli(Config, description=__doc__)
    unknown = set(config.designs) - set(DESIGNS)
    if unknown:
        raise SystemExit(f"designs: expected some of {', '.join(DESIGNS)}, got {', '.join(sorted(unknown))}")
    rows: list[list[Any]] = []
    figures: list[str] = []
    for name in config.designs:
        design = DESIGNS[name]
        found, state = trained(name, design, config) if config.steps else ({}, None)
        ms, megabytes = milliseconds(design, state, config.output / name)
        figures = figures or list(found)
        cells = PoseNet(**design.arguments).cells(design.size)
        shape = f"{cells}×{cells}×{design.depth_cells}"
        rows.append([name, design.backbone, design.size, shape, megabytes, ms, *(found[f] for f in figures)])
        columns = ["design", "backbone", "px", "cells", "MB", "ms a crop", *(f.replace("_", " ") for f in figures)]
        print("\n".join(Table("", columns, rows).to_markdown()), flush=True)


if __name__ == "__main__":
    main()
