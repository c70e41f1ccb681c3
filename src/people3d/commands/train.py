"""``people3d train rootnet|posenet|detector``: train a network from a recipe."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class Train:
    """Train a network. What is missing of the packed data is packed first."""

    network: Annotated[Literal["posenet", "rootnet", "detector"], tyro.conf.Positional]
    recipe: str = "mixed"
    """Name of the recipe."""
    output: Path | None = None
    """Folder of the run (default: runs/NETWORK-RECIPE)."""
    photos: Path | None = None
    """Folder of labelled photographs (labels.npz, images/)."""
    synthetic: Path | None = None
    """Pack of synthetic crops, made by `people3d synthesize`."""
    detection: Path | None = None
    """Folder with boxes.json and images/, for the detector."""
    packs: Path = Path("runs/packs")
    """Where packed crops are kept."""
    init: Path | None = None
    """A checkpoint whose backbone (and head, where it fits) to start from instead of ImageNet's."""
    minutes: float | None = None
    """Stop, saved, after this many minutes."""
    resume: bool = False
    """Go on with the checkpoint in the output folder."""
    steps: int | None = None
    """Override the recipe's number of steps."""
    batch_size: int | None = None
    learning_rate: float | None = None
    heatmap_weight: float | None = None
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    """Threads of the network (default: torch's choice). On a busy machine two runs of one thread each get through more
    than one of two: a thread that has to wait holds up the other."""


def main(args: list[str]) -> int:
    options = tyro.cli(Train, args=args, prog="people3d train")
    try:
        import torch  # noqa: F401
    except ImportError:
        print("people3d train: needs torch: pip install 'people3d[train]'", file=sys.stderr)
        return 2
    try:
        _train(options)
    except (ValueError, FileNotFoundError, FileExistsError, ImportError) as error:
        print(f"people3d train: {error}", file=sys.stderr)
        return 2
    return 0


def _train(options: Train) -> None:
    import torch

    from people3d.train.loop import train
    from people3d.train.pose import PoseTask

    if options.threads:
        torch.set_num_threads(options.threads)
    output = options.output or Path("runs") / f"{options.network}-{options.recipe}"
    if options.network == "detector":
        from people3d.train.detector import detector_task

        task, loop = detector_task(options.recipe, options.detection, options.photos, options.init)
    else:
        from people3d.train.crops import crop_task

        sources = {"photos": options.photos, "synthetic": options.synthetic}
        task, loop = crop_task(
            options.network, options.recipe, sources, options.packs, options.init, options.seed, options.batch_size
        )
    if options.heatmap_weight is not None:
        if not isinstance(task, PoseTask):
            raise ValueError(f"--heatmap-weight: expected the network posenet, got {options.network}")
        task.heatmap_weight = options.heatmap_weight
    overrides = {n: getattr(options, n) for n in ("steps", "batch_size", "learning_rate") if getattr(options, n)}
    loop = replace(loop, seed=options.seed, device=options.device, **overrides)
    print(train(task, loop, output, options.minutes, options.resume))
