"""``people3d train rootnet|posenet|jointnet|lifting|detector``: train a network from a recipe."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from people3d.commands import parse

if TYPE_CHECKING:
    from collections.abc import Collection

    from people3d.train.loop import LoopConfig
    from people3d.train.stream import StreamOptions


@dataclass(frozen=True)
class Train:
    """Train a network. What is missing of the packed data is packed first."""

    network: Annotated[Literal["posenet", "rootnet", "jointnet", "lifting", "detector"], tyro.conf.Positional]
    recipe: str = "mixed"
    """Name of the recipe; a wrong one lists those that there are."""
    output: Path | None = None
    """Folder of the run (default: runs/NETWORK-RECIPE)."""
    photos: Path | None = None
    """Folder of labelled photographs (labels.npz, images/), or of their packs."""
    synthetic: Path | None = None
    """Packs of rendered people, made by `people3d data pack synthetic`."""
    stream: int = 0
    """Render the rendered people beside the training, in this many processes, instead of reading --synthetic: no files,
    no end. With --mocap and --backgrounds as in `people3d data pack synthetic`. Each is seen --stream-views times."""
    stream_views: int = 4
    """How often a rendered person of --stream is seen, differently augmented."""
    pack: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=DIR...")] = ()
    """Packs of any other data set, made by `people3d data pack`: human36m, mpii, muco, coco, pw3d, your own."""
    share: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=PART...")] = ()
    """Parts of a batch by source, instead of the recipe's: synthetic=0.5 mine=0.5."""
    mocap: Path | None = None
    """lifting, --stream: folder of motion capture; made-up poses alone without."""
    backgrounds: Path | None = None
    """--stream: folder of photographs; of those with people only parts without, by a boxes.json beside the folder."""
    detection: Path | None = None
    """detector: folder with boxes.json and images/."""
    packs: Path = Path("runs/packs")
    """Where photographs are packed."""
    init: Path | None = None
    """A checkpoint, a weights folder or an exported file of ours, or a released snapshot (.pth.tar), to start from, not
    from ImageNet's weights; what fits is taken, the backbone must."""
    random: bool = False
    """Start from nothing, not even ImageNet's weights."""
    minutes: float | None = None
    """Stop, saved, after this many minutes."""
    resume: bool = False
    """Go on with the checkpoint in the output folder."""
    steps: int | None = None
    """Override the recipe's number of steps."""
    evaluate_every: int | None = None
    """Steps from one look at held-out people to the next."""
    batch_size: int | None = None
    learning_rate: float | None = None
    heatmap_weight: float | None = None
    """posenet, jointnet: of the heatmaps' cross-entropy."""
    seed: int = 0
    """Of the first weights and of what is drawn; going on with --init, take another, or the same is drawn again."""
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """bf16 autocast or not; auto measures which is faster here."""
    threads: int | None = None
    """Threads of the network (default: torch's choice). On a busy machine two runs of one thread each get through more
    than one of two: a thread that has to wait holds up the other."""
    loader_threads: int | None = None
    """Threads that make batches (default: 2; 8 on a GPU)."""
    half_checkpoints: bool = False
    """Also write weights.pt: only the weights, in half precision, a fraction of checkpoint.pt's size."""
    tensorboard: bool = False
    """Also write figures and pictures of predictions for TensorBoard, into OUTPUT/tensorboard."""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where data, recipe or checkpoint are missing or do not fit (one line on stderr)."""
    options = parse(Train, "train", args)
    try:
        import torch  # noqa: F401
    except ImportError:
        print("people3d train: needs torch: pip install 'people3d[train]'", file=sys.stderr)
        return 2
    from people3d.train.loop import NotFiniteError
    from people3d.train.stream import RenderingError

    try:
        print(_train(options))
    except (ValueError, OSError, ImportError, NotFiniteError, RenderingError) as error:
        print(f"people3d train: {error}", file=sys.stderr)
        return 2
    return 0


def _train(options: Train) -> Path:
    import torch

    from people3d.train.loop import train

    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)  # the first weights
    task, loop = _task(options)
    if options.heatmap_weight is not None:
        if not hasattr(task, "heatmap_weight"):
            raise ValueError(f"--heatmap-weight: expected the network posenet or jointnet, got {options.network}")
        task.heatmap_weight = options.heatmap_weight
    numbers = ("steps", "evaluate_every", "batch_size", "learning_rate")
    overrides = {name: getattr(options, name) for name in numbers if getattr(options, name)}
    loop = replace(
        loop,
        seed=options.seed,
        device=options.device,
        precision=options.precision,
        loader_threads=options.loader_threads or (8 if torch.cuda.is_available() else loop.loader_threads),
        half_checkpoints=options.half_checkpoints,
        tensorboard=options.tensorboard,
        **overrides,
    )
    output = options.output or Path("runs") / f"{options.network}-{options.recipe}"
    try:
        return train(task, loop, output, options.minutes, options.resume)
    finally:
        if hasattr(task, "close"):
            task.close()


def _task(options: Train) -> tuple[Any, LoopConfig]:
    if options.network == "detector":
        from people3d.train.detector import detector_task

        return detector_task(
            options.recipe, options.detection, options.photos, options.init, options.seed, options.batch_size
        )
    if options.network == "lifting":
        from people3d.train.lifting import lifting_task

        return lifting_task(options.recipe, options.mocap, options.seed, options.batch_size)
    from people3d.train.crops import crop_task, get_recipe

    recipe = get_recipe(options.network, options.recipe)
    if options.share:
        recipe = replace(recipe, shares={name: _part(name, text) for name, text in _named("--share", options.share)})
    given = {name: Path(folder) for name, folder in _named("--pack", options.pack)}
    sources = {"photos": options.photos, "synthetic": options.synthetic, **given}
    unused = [name for name in given if recipe.shares and name not in recipe.shares]
    if unused:
        raise ValueError(
            f"--pack {unused[0]}: the recipe {options.recipe} uses {', '.join(recipe.shares)}; "
            "say with --share how much of a batch each source is"
        )
    return crop_task(
        options.network,
        recipe,
        sources,
        options.packs,
        options.init,
        options.seed,
        options.batch_size,
        options.random,
        _stream(options, recipe.shares or sources),
    )


def _stream(options: Train, sources: Collection[str]) -> StreamOptions | None:
    from people3d.train.stream import StreamOptions

    if not options.stream:
        return None
    if options.synthetic is not None:
        raise ValueError("--stream renders people, --synthetic reads rendered ones: expected one of them, got both")
    if "synthetic" not in sources:
        raise ValueError(
            f"--stream: the recipe {options.recipe} uses {', '.join(sources)}; --share synthetic=PART adds it"
        )
    for option, folder in (("--mocap", options.mocap), ("--backgrounds", options.backgrounds)):
        if folder is not None and not folder.exists():
            raise ValueError(f"{option} {folder}: expected a folder, found none")
    return StreamOptions(options.stream, options.stream_views, mocap=options.mocap, backgrounds=options.backgrounds)


def _named(option: str, pairs: tuple[str, ...]) -> list[tuple[str, str]]:
    out = []
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not (name and separator and value):
            raise ValueError(f"{option}: expected NAME=VALUE, got {pair!r}")
        out.append((name, value))
    return out


def _part(name: str, text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = -1.0
    if not 0 < part < float("inf"):
        raise ValueError(f"--share {name}: expected a positive number, got {text!r}")
    return part
