"""Fits an entry's calibration on packs of people that training held out. Needs the extra ``train``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from people3d.data.augment import NONE, Augmentation, Batch, make_batch
from people3d.data.pack import Pack
from people3d.files import write_whole
from people3d.runtime.calibration import Calibration, Correction, fit_correction, seen_threshold
from people3d.runtime.entry import ENTRY_FILE, Entry, WeightsError, read_entry
from people3d.runtime.weights import Weights

# Boxes as a detector gives them: a little off, nothing else changed.
LOOSE_BOXES: Augmentation = replace(NONE, scale=0.08, shift=0.03)
_CHUNK = 32


def calibrate_entry(entry: Entry, held_out: dict[str, Pack], seed: int = 0) -> Entry:
    """Fit the corrections of RootNet and PoseNet and write them into ``entry.json``; returns the entry as it is then.

    Every source weighs the same, however many people it has.

    Args:
        held_out: packs of people that the networks were not trained on, by source.

    Raises:
        WeightsError: these weights estimate no standard deviations.
        ValueError: too few people.
    """
    plain = replace(entry, networks={k: replace(n, calibration={}) for k, n in entry.networks.items()})
    weights = Weights(plain, device="cpu")
    root, pose = _errors(weights, held_out, seed)
    people = {name: len(pack) for name, pack in held_out.items()}
    depth = _fit("RootNet's depth", (root["error"], root["std"], root["weight"]))
    xy = _fit("PoseNet's x and y", (pose["xy"], pose["xy_std"], pose["xy_weight"]))
    z = _fit("PoseNet's z", (pose["z"], pose["z_std"], pose["z_weight"]))
    used = pose["xy_weight"] > 0
    seen = seen_threshold(pose["distance"][used], xy(pose["xy_std"][used]), pose["xy_weight"][used])
    calibrations = {
        "rootnet": Calibration({"depth": depth}, None, people),
        "posenet": Calibration({"xy": xy, "z": z}, seen, people),
    }
    networks = {
        kind: replace(network, calibration=calibrations[kind].to_json()) if kind in calibrations else network
        for kind, network in entry.networks.items()
    }
    write_whole(entry.folder / ENTRY_FILE, replace(entry, networks=networks).to_json())
    return read_entry(entry.folder)


def held_out_people(sources: dict[str, Path]) -> dict[str, Pack]:
    """The people that ``people3d train`` holds out of each source's packs.

    Raises:
        FileNotFoundError, ValueError: a folder holds no packs.
    """
    from people3d.train.sources import open_packs, split

    return {name: split(open_packs(name, folder, folder.parent)[-1])[1] for name, folder in sources.items()}


def some_crops(packs: dict[str, Pack], entry: Entry, count: int) -> np.ndarray:
    """(N, S, S, 3) uint8 crops as RootNet and PoseNet see them, of up to ``count`` people of each pack, evenly."""
    size = entry.crop_size
    rng, parts = np.random.default_rng(0), []
    for pack in packs.values():
        indices = np.unique(np.linspace(0, len(pack) - 1, min(count, len(pack))).astype(int))
        parts.append(make_batch(pack, indices, size, entry.skeleton, LOOSE_BOXES, rng).images)
    return np.concatenate(parts)


def _fit(what: str, columns: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Correction:
    try:
        return fit_correction(*columns)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error


def _errors(weights: Weights, held_out: dict[str, Pack], seed: int) -> tuple[dict, dict]:
    """RootNet's and PoseNet's errors, deviations and weights, as flat columns over all people and joints."""
    from people3d.train.sources import with_depth_axis

    roots: list[dict[str, np.ndarray]] = []
    poses: list[dict[str, np.ndarray]] = []
    for pack in held_out.values():
        along = with_depth_axis(pack, weights.depth_axis)
        parts = [_of_batch(weights, batch) for batch in _batches(weights, along, seed)]
        root, pose = (_joined(column) for column in zip(*parts, strict=True))
        for columns in (root, pose):
            for name in columns:
                if name.endswith("weight"):
                    columns[name] = columns[name] / max(columns[name].sum(), 1e-9)
        roots.append(root)
        poses.append(pose)
    return _joined(roots), _joined(poses)


def _batches(weights: Weights, pack: Pack, seed: int) -> Iterable[Batch]:
    rng = np.random.default_rng(seed)
    for start in range(0, len(pack), _CHUNK):
        indices = np.arange(start, min(start + _CHUNK, len(pack)))
        yield make_batch(pack, indices, weights.crop_size, weights.skeleton, LOOSE_BOXES, rng)


def _of_batch(weights: Weights, batch: Batch) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    root, pose = weights.root(batch.images, np.ones(len(batch))), weights.pose(batch.images)
    if root.depth_std_mm is None or pose.std is None:
        raise WeightsError(f"{weights.name}: expected networks that estimate their uncertainty, these do not")
    known = np.isfinite(batch.gamma) & (batch.gamma > 0)
    gamma = np.where(known, batch.gamma, 1)  # k is 1 here, so that depths are γ
    off = pose.joints - batch.joints
    return {
        "error": root.root[:, 2] / gamma - 1,
        "std": root.depth_std_mm / np.maximum(np.abs(root.root[:, 2]), 1e-9),
        "weight": known.astype(float),
    }, {
        "xy": np.abs(off[..., :2]).mean(-1).ravel(),
        "distance": np.linalg.norm(off[..., :2], axis=-1).ravel(),
        "xy_std": pose.std[..., 0].ravel(),
        "xy_weight": batch.weights[..., 0].ravel().astype(float),
        "z": off[..., 2].ravel(),
        "z_std": pose.std[..., 1].ravel(),
        "z_weight": batch.weights[..., 1].ravel().astype(float),
    }


def _joined(parts: Iterable[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    parts = list(parts)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
