"""The packs that a recipe trains on: found, brought to the recipe's skeleton, split."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from people3d.data.pack import Pack, write_pack
from people3d.lift import DEPTH_AXES
from people3d.skeleton import Skeleton, convert, get_skeleton

HELD_OUT = 0.04  # last share of each source's last pack, for the figures printed on the way; at most MAX_HELD_OUT
MAX_HELD_OUT = 384
MAX_PHOTO_PEOPLE = 20_000


def open_packs(source: str, folder: Path | None, packs: Path) -> list[Pack]:
    """The packs of a source: one, or those in numbered folders; photographs are packed first where they are not yet.

    Joints are in the skeleton that the pack names, see :func:`open_as`.
    """
    return [Pack.load(path) for path in pack_folders(source, folder, packs)]


def open_as(
    source: str, folder: Path | None, packs: Path, skeleton: Skeleton, depth_axis: str = "optical"
) -> list[Pack]:
    """The same with the joints of ``skeleton``, their z along ``depth_axis``; those that a source does not have weigh
    nothing."""
    opened = [with_skeleton(Pack.load(p), pack_skeleton(p), skeleton) for p in pack_folders(source, folder, packs)]
    return [with_depth_axis(pack, depth_axis) for pack in opened]


def pack_folders(source: str, folder: Path | None, packs: Path) -> list[Path]:
    """Where the packs of a source lie.

    Raises:
        ValueError: no folder was given; FileNotFoundError: nothing that fits is there.
    """
    if folder is None:
        option = f"--{source}" if source in ("photos", "synthetic") else f"--pack {source}=DIR"
        raise ValueError(f"the recipe uses {source}: name its folder with {option}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected the folder of {source}, found none")
    if (folder / "images.npy").is_file():
        return [folder]
    if shards := sorted(f.parent for f in folder.glob("[0-9]*/images.npy") if "partial" not in f.parent.name):
        return shards
    if source != "photos":
        raise FileNotFoundError(f"{folder}: expected a pack of {source} crops (people3d data pack makes it)")
    packed = packs / source
    if not (packed / "images.npy").is_file():
        from people3d.data.photos import people

        write_pack(packed, people(folder), MAX_PHOTO_PEOPLE)
    return [packed]


def pack_skeleton(folder: Path) -> Skeleton:
    """The skeleton that a pack's ``about.json`` names; muco21 where it names none."""
    path = folder / "about.json"
    if not path.is_file():
        return get_skeleton("muco21")
    try:
        about = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON ({error})") from None
    name = about.get("skeleton", "muco21") if isinstance(about, dict) else None
    if not isinstance(name, str):
        raise ValueError(f"{path}: skeleton: expected a name, got {name!r}")
    return get_skeleton(name)


def with_skeleton(pack: Pack, source: Skeleton, target: Skeleton) -> Pack:
    """The pack's people with the joints of another skeleton."""
    if pack.joints.shape[1] != len(source):
        raise ValueError(f"expected packs of {len(source)} joints ({source.name}), got {pack.joints.shape[1]}")
    if source == target:
        return pack
    joints, _ = convert(pack.joints, source, target)
    weights, _ = convert(pack.weights, source, target)
    # The mean of two joints is known where both are.
    known = [convert(pack.weights, source, target, pack.weights[..., c] > 0)[1] for c in (0, 1)]
    weights = np.where(np.stack(known, -1), weights, 0)
    ray, _ = convert(pack.ray_mm[..., None], source, target)
    return replace(
        pack,
        joints=np.nan_to_num(joints).astype(np.float32),
        weights=weights.astype(np.float32),
        ray_mm=np.nan_to_num(ray[..., 0]).astype(np.float32),
    )


def with_depth_axis(pack: Pack, axis: str) -> Pack:
    """The pack with the z of its joints along one of :data:`people3d.lift.DEPTH_AXES`; packs are read with ``optical``.

    Raises:
        ValueError: there is no such axis.
    """
    if axis not in DEPTH_AXES:
        raise ValueError(f"depth axis: expected one of {', '.join(DEPTH_AXES)}, got {axis!r}")
    if axis == "optical":
        return pack
    return replace(pack, joints=np.concatenate([pack.joints[..., :2], pack.ray_mm[..., None]], -1))


def with_z_weight(pack: Pack, factor: float) -> Pack:
    """The pack with the weights of its joints' z multiplied by ``factor``.

    Raises:
        ValueError: it is negative or not finite.
    """
    if not 0 <= factor < float("inf"):
        raise ValueError(f"weight of z: expected a number from 0 on, got {factor}")
    return pack if factor == 1 else replace(pack, weights=pack.weights * np.array([1, factor], np.float32))


def split(pack: Pack) -> tuple[Pack, Pack]:
    """Training part and held-out part (the end, so that one photograph is not in both)."""
    cut = len(pack) - min(MAX_HELD_OUT, max(1, round(len(pack) * HELD_OUT)))
    parts = [{f: getattr(pack, f)[s] for f in Pack.__dataclass_fields__} for s in (slice(cut), slice(cut, None))]
    return Pack(**parts[0]), Pack(**parts[1])
