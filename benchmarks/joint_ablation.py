"""Table 1's ablation on rendered people: RootNet and PoseNet on one backbone against one each, with seeds.

    python benchmarks/joint_ablation.py --synthetic PACKS --truth people3d-synth-1/ground_truth.json [--steps N]

For every seed, three trainings of the recipe ``synthetic`` with equally many steps and people a step: ``jointnet``,
``rootnet``, ``posenet``; PoseNet has the joint network's head, so that the backbone alone is what differs. Each pair of
networks is exported, predicts the pictures with true boxes, and is a row of ``people3d benchmark table1``; then come
means and standard deviations over the seeds. What is finished already is not done again: the same command goes on
where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from accuracy import predicted_set
from marks import replace_between_marks

from people3d.commands.benchmark import Benchmark, make_table
from people3d.evaluate.report import Report, Table
from people3d.predictor import Predictor
from people3d.runtime import load_weights
from people3d.runtime.entry import ENTRY_FILE
from people3d.runtime.export import export_entry
from people3d.runtime.trained import read_checkpoints
from people3d.train.checkpoint import load_checkpoint
from people3d.train.crops import crop_task, get_recipe
from people3d.train.loop import train

KINDS = {"joint": ("jointnet",), "disjoint": ("rootnet", "posenet")}


@dataclass(frozen=True)
class Config:
    """Joint against disjoint learning on rendered people."""

    synthetic: Path
    """packs of rendered people to train on"""
    truth: Path
    """rendered pictures with truth that are not in the packs"""
    steps: int = 350
    """of each of the trainings, three a seed"""
    batch_size: int = 32
    seeds: tuple[int, ...] = (0, 1)
    limit: int = 300
    """only the first so many pictures, 0: all"""
    threads: int = 1
    output: Path = Path("runs/joint-ablation")
    """checkpoints, weights, predictions, and table1.json"""
    docs: Path = Path("docs")
    """the tables are written into training.md"""


def trained(config: Config, network: str, seed: int) -> Path:
    """The checkpoint of a finished training; trains what is missing of it."""
    folder = config.output / f"{network}-{config.steps}x{config.batch_size}-seed{seed}"
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.is_file() and load_checkpoint(checkpoint)["step"] == config.steps:
        return checkpoint
    recipe = get_recipe(network, "synthetic")
    model = {key: value for key, value in recipe.model.items() if key != "laterals"}  # the joint network has none
    steps = config.steps
    loop = replace(
        recipe.loop,
        steps=steps,
        batch_size=config.batch_size,
        seed=seed,
        warmup_steps=steps // 10,
        evaluate_every=steps,
    )
    torch.manual_seed(seed)  # the first weights of the heads
    task: Any
    task, loop = crop_task(
        network,
        replace(recipe, model=model, loop=loop),
        {"synthetic": config.synthetic},
        config.output,
        None,
        seed,
        config.batch_size,
    )
    return train(task, loop, folder, resume=True)


def predictions(config: Config, kind: str, seed: int) -> Path:
    """The file of predictions of a kind's networks."""
    name = f"{kind}-{config.steps}x{config.batch_size}-seed{seed}"
    checkpoints = [trained(config, network, seed) for network in KINDS[kind]]
    weights, output = config.output / f"weights-{name}", config.output / name
    if not (weights / ENTRY_FILE).is_file():
        export_entry(weights, read_checkpoints(checkpoints))
    predictor = Predictor(load_weights(weights, threads=config.threads).open())
    predicted_set(predictor, config.truth, True, config.limit, output, reuse=True)
    return output / f"{config.truth.parent.name}-true.json"


def spread(report: Report, kinds: Sequence[str]) -> Table:
    """Mean and standard deviation over the seeds of every column."""
    rows = []
    for kind in kinds:
        values = np.array([row["values"] for row in report.figures["here"] if row["label"].startswith(f"{kind},")])
        std = values.std(0, ddof=1) if len(values) > 1 else np.full(3, np.nan)
        decimals = (1, 1, 3)
        rows.append([kind, *(f"{m:.{d}f} ± {s:.{d}f}" for m, s, d in zip(values.mean(0), std, decimals, strict=True))])
    return Table("mean ± standard deviation over seeds", ["", *report.figures["columns"]], rows)


def main() -> None:
    config = tyro.cli(Config, description=__doc__)
    torch.set_num_threads(config.threads)
    runs = [f"{kind}, seed {seed}={predictions(config, kind, seed)}" for seed in config.seeds for kind in KINDS]
    report = make_table(Benchmark("table1", run=tuple(runs), ground_truth=config.truth))
    means = spread(report, list(KINDS))
    report = replace(report, tables=[*report.tables, means])
    report.write(config.output)
    counts = report.provenance[runs[0].partition("=")[0]]
    scored = counts["people"] - counts["people_without_prediction"]
    head = (
        f"{config.steps} steps of {config.batch_size} people each; scored on {scored} rendered people of other scenes:"
    )
    text = "\n\n".join([head, *("\n".join(table.to_markdown()) for table in report.tables)])
    replace_between_marks(config.docs / "training.md", "ablation", text)
    print(text)


if __name__ == "__main__":
    main()
