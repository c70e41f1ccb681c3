"""From a recipe to a task: the packs, the split, the network with its first weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from people3d.data.mixture import Mixture
from people3d.data.pack import Pack, write_pack
from people3d.models.efficientnet_lite import EfficientNetLite0
from people3d.models.posenet import PoseNet
from people3d.models.rootnet import RootNet
from people3d.skeleton import get_skeleton
from people3d.train.checkpoint import load_checkpoint, weights_of
from people3d.train.loop import LoopConfig, Task
from people3d.train.recipes import POSENET, ROOTNET, CropRecipe

HELD_OUT = 0.04  # last share of each pack, for the figures printed on the way; at most MAX_HELD_OUT
MAX_HELD_OUT = 384
MAX_PHOTO_PEOPLE = 20_000


def get_recipe(network: str, name: str) -> CropRecipe:
    """Raises ``ValueError`` listing the recipes there are."""
    recipes = {"posenet": POSENET, "rootnet": ROOTNET}[network]
    if name not in recipes:
        raise ValueError(f"no recipe {name!r} for {network}; there are: {', '.join(recipes)}")
    return recipes[name]


def open_packs(source: str, folder: Path | None, packs: Path) -> list[Pack]:
    """The packs of a source: one, or those in numbered folders; photographs are packed first where they are not yet."""
    if folder is None:
        raise ValueError(f"the recipe uses {source}: name its folder with --{source}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected the folder of {source}, found none")
    if (folder / "images.npy").is_file():
        return [Pack.load(folder)]
    if shards := sorted(f.parent for f in folder.glob("[0-9]*/images.npy") if "partial" not in f.parent.name):
        return [Pack.load(shard) for shard in shards]
    if source != "photos":
        raise FileNotFoundError(f"{folder}: expected a pack of {source} crops")
    packed = packs / source
    if not (packed / "images.npy").is_file():
        from people3d.data.photos import people

        write_pack(packed, people(folder), MAX_PHOTO_PEOPLE)
    return [Pack.load(packed)]


def split(pack: Pack) -> tuple[Pack, Pack]:
    """Training part and held-out part (the end, so that one photograph is not in both)."""
    cut = len(pack) - min(MAX_HELD_OUT, max(1, round(len(pack) * HELD_OUT)))
    parts = [{f: getattr(pack, f)[s] for f in Pack.__dataclass_fields__} for s in (slice(cut), slice(cut, None))]
    return Pack(**parts[0]), Pack(**parts[1])


def start_from(model, checkpoint: Path) -> None:
    """Copy every tensor of a checkpoint that fits by name and shape; raises ``ValueError`` if the backbone does not."""
    state = weights_of(load_checkpoint(checkpoint))
    own = model.state_dict()
    fitting = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    missing = [k for k in own if k.startswith("backbone.") and k not in fitting]
    if missing:
        raise ValueError(f"{checkpoint}: its backbone does not fit, {missing[0]} is missing or of another shape")
    model.load_state_dict({**own, **fitting})


def crop_task(
    network: str,
    recipe_name: str,
    sources: dict[str, Path | None],
    packs: Path,
    init: Path | None,
    seed: int,
    batch_size: int | None,
) -> tuple[Task, LoopConfig]:
    """The task and the loop's numbers of a recipe for RootNet or PoseNet."""
    from people3d.train.pose import PoseTask
    from people3d.train.root import RootTask

    recipe = get_recipe(network, recipe_name)
    model = PoseNet(**recipe.model) if network == "posenet" else RootNet(**recipe.model)
    if init is None:
        model.backbone.load_imagenet()
    else:
        start_from(model, init)
    if recipe.frozen_blocks:
        if not isinstance(model.backbone, EfficientNetLite0):
            raise ValueError(
                f"frozen_blocks: expected the backbone efficientnet_lite0, got {type(model.backbone).__name__}"
            )
        model.backbone.freeze(recipe.frozen_blocks)
    training, shares, held_out = [], [], {}
    for name, share in recipe.shares.items():
        opened = open_packs(name, sources.get(name), packs)
        opened[-1], held_out[name] = split(opened[-1])
        training += opened
        shares += [share * len(pack) / sum(map(len, opened)) for pack in opened]
    mixture = Mixture(
        packs=tuple(training),
        shares=tuple(shares),
        skeleton=get_skeleton(recipe.model.get("skeleton", "muco21")),
        augmentation=recipe.augmentation,
        seed=seed,
    )
    loop = recipe.loop if batch_size is None else replace(recipe.loop, batch_size=batch_size)
    arguments = {k: list(v) if isinstance(v, tuple) else v for k, v in recipe.model.items()}
    common = (arguments, mixture, held_out, loop.batch_size, loop.sizes[-1][0])
    task = PoseTask(model, *common, recipe.heatmap_weight) if isinstance(model, PoseNet) else RootTask(model, *common)
    return task, loop
