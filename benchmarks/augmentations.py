"""What each augmentation of PoseNet's training is worth, on clean and on degraded pictures of held-out people.

    python benchmarks/augmentations.py --photos PACKS --synthetic PACKS [--init WEIGHTS] [--steps N]

From the same weights, PoseNet is trained for the same steps: with all augmentations of the recipe ``long`` (once for
each of ``--seeds``), without each of them, with JPEG, and with much of what spoils pictures. Each is scored on people
that no run learns from (``people3d.train.sources.split``), degraded in the same way for all: by fixed random
numbers. What is finished already is not done again: the same command goes on where it stopped; other packs, first
weights or rates need another ``--output``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import tyro
from marks import replace_between_marks

from people3d.data.augment import Batch, compress, lower_resolution
from people3d.data.pack import PACK_MARGIN, Pack
from people3d.files import write_whole
from people3d.train.checkpoint import load_checkpoint, weights_of
from people3d.train.crops import crop_task, get_recipe
from people3d.train.loop import LoopConfig, train
from people3d.train.pose import PoseTask

BASE, START = "all of `long`", "before"
LOW, QUALITY, CUT, SHIFT = 1 / 4, 15, 1 / 3, 0.08  # of the side; JPEG's; of the crop; of the side

# What each run has otherwise than the recipe.
VARIANTS: dict[str, dict[str, float]] = {
    BASE: {},
    "JPEG for 30 %": {"jpeg_prob": 0.3},
    "low resolution 30 %, JPEG 30 %, truncation 25 %": {"blur_prob": 0.3, "jpeg_prob": 0.3, "truncation_prob": 0.25},
    "none of those below": {
        "blur_prob": 0,
        "truncation_prob": 0,
        "shift": 0,
        "occlusion_prob": 0,
        "colour": 0,
        "light": 0,
        "grey_prob": 0,
    },
    "no low resolution": {"blur_prob": 0},
    "no truncation": {"truncation_prob": 0},
    "no shift": {"shift": 0},
    "no occlusion": {"occlusion_prob": 0},
    "no colour, light, grey": {"colour": 0, "light": 0, "grey_prob": 0},
}

Scores = dict[str, dict[str, list[float]]]  # source → condition → px of 256, mm of z


@dataclass(frozen=True)
class Config:
    """PoseNet with and without each augmentation."""

    photos: Path
    """packs of photographs"""
    synthetic: Path
    """packs of rendered people"""
    init: Path = Path("src/people3d/weights/default")
    """first weights of every run"""
    steps: int = 100
    """of each run"""
    batch_size: int = 32
    size: int = 128
    """px of the crops"""
    rate: float = 3e-4
    """learning rate, constant after a tenth of the steps"""
    seeds: tuple[int, ...] = (0, 1)
    """of the runs with all augmentations, which show the noise; all others have the first"""
    people: int = 256
    """of each source's held-out people, the first so many"""
    finished: bool = False
    """train nothing: the tables of the runs that are there"""
    threads: int = 1
    output: Path = Path("runs/augmentations")
    """checkpoints and scores"""
    docs: Path = Path("docs")
    """the tables are written into training.md"""


def cut(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of which one side is black, and (N, J) which joints lie there."""
    images, hidden = batch.images.copy(), []
    edges = np.random.default_rng(0).integers(4, size=len(batch))
    for image, joints, edge in zip(images, batch.joints, edges, strict=True):
        black = np.zeros(image.shape[:2], bool)
        np.rot90(black, edge)[: round(len(black) * CUT)] = True
        image[black] = 0
        x, y = np.clip(joints[:, :2] * len(black), 0, len(black) - 1).astype(int).T
        hidden.append(black[y, x])
    return images, np.stack(hidden)


def shifted(pack: Pack) -> Pack:
    """The people beside the middle of their boxes, each in another direction.

    What is rolled over an edge lies in the pack's margin and does not reach the crop.
    """
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, len(pack))
    distance = SHIFT * pack.images.shape[1] / PACK_MARGIN
    offsets = np.round(distance * np.stack([np.cos(angles), np.sin(angles)], -1)).astype(int)
    joints = pack.joints.copy()
    joints[..., :2] += offsets[:, None]
    images = np.stack([np.roll(i, (y, x), (0, 1)) for i, (x, y) in zip(pack.images, offsets, strict=True)])
    return replace(pack, images=images, joints=joints)


@torch.no_grad()
def errors(task: PoseTask, batch: Batch, images: np.ndarray) -> np.ndarray:
    """(N, J, 2) px of a crop of 256 px and mm of z by which the network is off on ``images`` of the batch's people."""
    joints = task.model(task.inputs(replace(batch, images=images)))
    xy = (joints[..., :2] / task.model.cells(task.input_size)).numpy() - batch.joints[..., :2]
    z = task.model.depth_mm(joints[..., 2]).numpy() - batch.joints[..., 2]
    return np.stack([256 * np.linalg.norm(xy, axis=-1), np.abs(z)], -1)


def conditions(task: PoseTask, pack: Pack, people: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, errors and their weights for the first ``people`` of a pack, a batch at a time, in every condition."""
    for batch in task.held_out_batches(pack, people):
        small = np.stack([lower_resolution(image, round(len(image) * LOW)) for image in batch.images])
        coded = np.stack([compress(image, QUALITY) for image in batch.images])
        for name, images in {"clean": batch.images, "low resolution": small, "JPEG": coded}.items():
            yield name, errors(task, batch, images), batch.weights
        images, hidden = cut(batch)
        found = errors(task, batch, images)
        yield "cut, seen joints", found, batch.weights * ~hidden[..., None]
        yield "cut, hidden joints", found, batch.weights * hidden[..., None]
    some = Pack(**{f: getattr(pack, f)[:people] for f in Pack.__dataclass_fields__})
    for batch in task.held_out_batches(shifted(some)):
        yield "shifted", errors(task, batch, batch.images), batch.weights


def scores(task: PoseTask, people: int) -> Scores:
    """The mean errors of the task's network in every condition."""
    task.model.eval()
    found: Scores = {}
    for source, pack in task.held_out.items():
        sums: dict[str, np.ndarray] = {}
        for name, error, weights in conditions(task, pack, people):
            parts = np.stack([(error * weights).sum((0, 1)), weights.sum((0, 1))])
            sums[name] = sums.get(name, 0) + parts
        found[source] = {name: (total / weight).tolist() for name, (total, weight) in sums.items()}
    return found


def run_task(config: Config, variant: str, seed: int) -> tuple[PoseTask, LoopConfig]:
    """The training of a variant."""
    recipe = get_recipe("posenet", "long")
    loop = replace(
        recipe.loop,
        steps=config.steps,
        sizes=((config.size, 1.0),),
        learning_rate=config.rate,
        schedule="step",
        milestones=(),
        warmup_steps=config.steps // 10,
        evaluate_every=config.steps,
        seed=seed,
        precision="fp32",
    )
    recipe = replace(recipe, loop=loop, augmentation=replace(recipe.augmentation, **VARIANTS.get(variant, {})))
    sources: dict[str, Path | None] = {"photos": config.photos, "synthetic": config.synthetic}
    task, loop = crop_task("posenet", recipe, sources, config.output, config.init, seed, config.batch_size)
    assert isinstance(task, PoseTask)
    return task, loop


def result(config: Config, variant: str, seed: int, trained: bool = True) -> Scores | None:
    """A run's scores; trains and judges what is missing of it, or is None where nothing shall be trained."""
    name = "".join(c if c.isalnum() else "-" for c in variant if c not in "`%,").strip("-")
    folder = config.output / f"{name}-{config.steps}x{config.batch_size}-seed{seed}"
    path = folder / "scores.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    if config.finished:
        return None
    task, loop = run_task(config, variant, seed)
    if trained:
        held_out, task.held_out = task.held_out, {}  # judged below, in every condition
        checkpoint = train(task, loop, folder, resume=True)
        task.held_out = held_out
        task.model.load_state_dict(weights_of(load_checkpoint(checkpoint)))
    found = scores(task, config.people)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(found, indent=1))
    return found


def table(source: str, rows: dict[str, Scores], base: str) -> str:
    """One source's Markdown table: errors of the start and of ``base``; of all others the difference from ``base``."""
    conditions = list(rows[base][source])
    lines = [f"| {source} | {' | '.join(conditions)} |", "| --- |" + " ---: |" * len(conditions)]
    for label, row in rows.items():
        absolute = label in (base, START)
        cells = []
        for condition in conditions:
            px, mm = row[source][condition]
            if absolute:
                cells.append(f"{px:.2f} · {mm:.1f}")
            else:
                base_px, base_mm = rows[base][source][condition]
                cells.append(f"{px - base_px:+.2f} · {mm - base_mm:+.1f}")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    config = tyro.cli(Config, description=__doc__)
    torch.set_num_threads(config.threads)
    first, *others = config.seeds
    runs = {START: result(config, START, first, trained=False), BASE: result(config, BASE, first)}
    runs |= {f"the same, seed {seed}": result(config, BASE, seed) for seed in others}
    runs |= {variant: result(config, variant, first) for variant in VARIANTS if variant != BASE}
    rows = {label: found for label, found in runs.items() if found is not None}
    if BASE not in rows:
        raise SystemExit(f"{config.output}: the run with all augmentations is not finished")
    head = (
        f"{config.steps} steps of {config.batch_size} people at {config.size} px; px of a crop of 256 px · mm of z. "
        "The first two rows are errors, the others say how much they are above those of the second:"
    )
    text = "\n\n".join([head, *(table(source, rows, BASE) for source in rows[BASE])])
    replace_between_marks(config.docs / "training.md", "augmentations", text)
    print(text)


if __name__ == "__main__":
    main()
