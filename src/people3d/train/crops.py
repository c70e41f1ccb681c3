"""From a recipe to a task: the packs, the split, the network with its first weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from people3d.data.mixture import Mixture
from people3d.models import JointNet, PoseNet, RootNet
from people3d.skeleton import get_skeleton
from people3d.train.exported import is_exported, settle_norms
from people3d.train.first_weights import freeze_blocks, give_first_weights, start_from
from people3d.train.joint import JointTask
from people3d.train.loop import LoopConfig
from people3d.train.parallel import process_count
from people3d.train.pose import PoseTask
from people3d.train.recipes import CROP_RECIPES, CropRecipe
from people3d.train.root import RootTask
from people3d.train.sources import MAX_HELD_OUT, open_as, open_packs, split, with_z_weight
from people3d.train.stream import Stream, StreamOptions

__all__ = ["crop_task", "get_recipe", "open_packs", "split", "start_from"]
_NETWORKS = {"rootnet": RootNet, "posenet": PoseNet, "jointnet": JointNet}


def get_recipe(network: str, name: str) -> CropRecipe:
    """Raises ``ValueError`` listing the recipes there are."""
    recipes = CROP_RECIPES[network]
    if name not in recipes:
        raise ValueError(f"no recipe {name!r} for {network}; there are: {', '.join(recipes)}")
    return recipes[name]


def crop_task(
    network: str,
    recipe: str | CropRecipe,
    sources: dict[str, Path | None],
    packs: Path,
    init: Path | None,
    seed: int,
    batch_size: int | None,
    random: bool = False,
    stream: StreamOptions | None = None,
) -> tuple[RootTask | PoseTask | JointTask, LoopConfig]:
    """The task and the loop's numbers of a recipe for RootNet, PoseNet or the joint network.

    Args:
        sources: folders of packs by the names that the recipe's shares use; others are not looked at.
        packs: where photographs are packed.
        init: first weights, see :func:`people3d.train.first_weights.give_first_weights`; ``random`` none at all.
        batch_size: instead of the recipe's.
        stream: the source ``synthetic`` is rendered while the network learns; close the task in the end.

    Raises:
        ValueError, FileNotFoundError: no such recipe, data that is missing or does not fit.
        ImportError, RenderingError: ``stream``, and nothing can be rendered.
    """
    recipe = get_recipe(network, recipe) if isinstance(recipe, str) else recipe
    shares = recipe.shares or {name: 1.0 for name, folder in sources.items() if folder is not None}
    if not shares:
        raise ValueError("the recipe uses whatever packs there are: name at least one with --pack NAME=DIR")
    skeleton = get_skeleton(recipe.model.get("skeleton", "muco21"))
    depth_axis = recipe.model.get("depth_axis", "optical")
    if stream is not None and recipe.epochs and set(shares) == {"synthetic"}:
        raise ValueError(
            "--stream has no end, so it has no epochs: expected a recipe that counts steps, or packs beside it"
        )
    training, parts, held_out, largest = [], [], {}, 0.0
    for name, share in shares.items():
        if stream is not None and name == "synthetic":
            source = Stream(stream, seed, skeleton, depth_axis)
            held_out[name] = source.held_out(MAX_HELD_OUT)
            training.append(source)
            parts.append(share)
            continue
        opened = open_as(name, sources.get(name), packs, skeleton, depth_axis)
        opened[-1], held_out[name] = split(opened[-1])
        people = sum(map(len, opened))
        if not people:
            raise ValueError(f"{name}: expected two people or more (one is held out), got one")
        training += [with_z_weight(pack, recipe.z_weights.get(name, 1.0)) for pack in opened]
        parts += [share * len(pack) / people for pack in opened]
        largest = max(largest, people * sum(shares.values()) / share)
    loop = recipe.loop if batch_size is None else replace(recipe.loop, batch_size=batch_size)
    if recipe.epochs:
        loop = replace(loop, steps=max(1, round(recipe.epochs * largest / (loop.batch_size * process_count()))))
    model = _NETWORKS[network](**recipe.model)
    pixel_scale = give_first_weights(model, init, random)
    if recipe.frozen_blocks:
        freeze_blocks(model, recipe.frozen_blocks)
    common: dict[str, Any] = {
        "model": model,
        "arguments": {k: list(v) if isinstance(v, tuple) else v for k, v in recipe.model.items()},
        "mixture": Mixture(tuple(training), tuple(parts), skeleton, recipe.augmentation, seed),
        "held_out": held_out,
        "batch_size": loop.batch_size,
        "input_size": loop.sizes[-1][0],
        "pixel_scale": pixel_scale,
    }
    if network == "rootnet":
        task = RootTask(**common, depth_loss=recipe.depth_loss)
    elif network == "posenet":
        task = PoseTask(**common, heatmap_weight=recipe.heatmap_weight)
    else:
        task = JointTask(**common, heatmap_weight=recipe.heatmap_weight, depth_loss=recipe.depth_loss)
    if init is not None and is_exported(init):
        settle_norms(task, loop.sizes[0][0])
    return task, loop
