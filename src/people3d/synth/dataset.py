"""A fixed set of synthetic pictures on disk, with one ``ground_truth.json``."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from people3d.files import write_whole
from people3d.skeleton import Skeleton, get_skeleton

_PARTS = ".parts"  # truth of the pictures that are done, one file each, until the set is whole


@dataclass(frozen=True)
class Settings:
    """What decides a set's pictures and truth; two sets with equal settings are equal byte for byte."""

    seed: int
    people: tuple[int, int] = (1, 8)
    image_size: tuple[int, int] | None = None
    mocap: str | None = None
    backgrounds: str | None = None
    skeleton: str = "muco21"
    format: str = "jpg"
    depth: bool = False

    def record(self) -> dict[str, Any]:
        """As written into the set: folders by their last name only, for paths belong to one machine."""
        named = {k: Path(v).name if k in ("mocap", "backgrounds") and v else v for k, v in asdict(self).items()}
        return json.loads(json.dumps(named))


def skeleton_of(settings: Settings) -> Skeleton:
    """The skeleton that the truth is written in: one of ours by name, or all rendered joints (``synth27``)."""
    from people3d.synth.joints import SYNTH

    return SYNTH if settings.skeleton == SYNTH.name else get_skeleton(settings.skeleton)


def encode(image_rgb: np.ndarray, suffix: str) -> bytes:
    """(H, W, 3) uint8, or (H, W) uint16, as a .jpg (quality 92) or .png file."""
    import cv2

    picture = image_rgb[..., ::-1] if image_rgb.ndim == 3 else image_rgb
    done, data = cv2.imencode(suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 92] if suffix == ".jpg" else [])
    if not done:
        raise ValueError(f"expected a picture that {suffix} can hold, got {image_rgb.dtype} {image_rgb.shape}")
    return data.tobytes()


def make_picture(settings: Settings, index: int, path: Path, depth_path: Path | None = None) -> dict[str, Any]:
    """Render scene ``index`` into ``path``; returns its record (:func:`people3d.synth.truth.image_record`)."""
    from people3d.synth.generate import scenes
    from people3d.synth.truth import image_record

    stream = scenes(
        settings.seed,
        index,
        mocap=Path(settings.mocap) if settings.mocap else None,
        backgrounds=Path(settings.backgrounds) if settings.backgrounds else None,
        image_size=settings.image_size,
        people=settings.people,
    )
    scene = next(stream)
    record = image_record(scene, path.name, skeleton_of(settings))
    write_whole(path, encode(scene.image, path.suffix))
    if depth_path is not None:
        write_whole(depth_path, encode(np.clip(scene.depth_mm, 0, 65535).astype(np.uint16), ".png"))
        record["image"]["depth_file_name"] = f"{depth_path.parent.name}/{depth_path.name}"
    return record


def synthesize(output: Path, images: int, settings: Settings, workers: int = 1) -> Iterator[Path]:
    """Make the set, yielding each picture's path as it is done; pictures that are there already are kept.

    The folder gets ``000000.jpg`` and so on (16-bit depth in mm under ``depth/``), and at the end
    ``ground_truth.json``. Run again after a break, it goes on; with more images, it adds them.

    Raises:
        ValueError: the folder holds a set made with other settings.
    """
    from people3d.synth.truth import document

    parts = output / _PARTS
    truth = output / "ground_truth.json"
    done = _done(output, settings)
    parts.mkdir(parents=True, exist_ok=True)
    write_whole(parts / "settings.json", json.dumps(settings.record()))
    if settings.depth:
        (output / "depth").mkdir(exist_ok=True)
    missing = [i for i in range(images) if i not in done]
    jobs = [(str(output), settings, i) for i in missing]
    for index, record in _run(jobs, workers):
        done[index] = record
        yield output / record["image"]["file_name"]
    records = [done[i] for i in sorted(done)]
    write_whole(truth, json.dumps(document(records, skeleton_of(settings), settings.record())))
    shutil.rmtree(parts)


def _run(jobs: list, workers: int) -> Iterator[tuple[int, dict[str, Any]]]:
    if workers <= 1 or len(jobs) < 2:
        yield from map(_job, jobs)
        return
    # One thread a worker, for the rasteriser and for numpy; a fresh process each, for OpenGL does not survive a fork.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with multiprocessing.get_context("spawn").Pool(min(workers, len(jobs))) as pool:
        yield from pool.imap_unordered(_job, jobs)


def _job(job: tuple[str, Settings, int]) -> tuple[int, dict[str, Any]]:
    folder, settings, index = job
    output = Path(folder)
    depth = output / "depth" / f"{index:06d}.png" if settings.depth else None
    record = make_picture(settings, index, output / f"{index:06d}.{settings.format}", depth)
    write_whole(output / _PARTS / f"{index:06d}.json", json.dumps(record))
    return index, record


def _done(output: Path, settings: Settings) -> dict[int, dict[str, Any]]:
    """Records of the pictures that an earlier run has made, by index."""
    done: dict[int, dict[str, Any]] = {}
    truth, parts = output / "ground_truth.json", output / _PARTS
    if truth.exists():
        made = json.loads(truth.read_text())
        _same(made.get("info", {}).get("settings"), settings, output)
        by_id: dict[int, dict[str, Any]] = {}
        for image in made["images"]:
            by_id[image["id"]] = done[image["scene_index"]] = {"image": image, "annotations": []}
        for row in made["annotations"]:
            by_id[row["image_id"]]["annotations"].append(row)
    if (parts / "settings.json").exists():
        _same(json.loads((parts / "settings.json").read_text()), settings, output)
        for path in parts.glob("[0-9]*.json"):
            done[int(path.stem)] = json.loads(path.read_text())
    return {i: r for i, r in done.items() if (output / r["image"]["file_name"]).exists()}


def _same(made: dict[str, Any] | None, settings: Settings, output: Path) -> None:
    wanted = settings.record()
    if made != wanted:
        other = sorted(k for k in wanted if (made or {}).get(k) != wanted[k])
        raise ValueError(f"{output}: expected a set made with the same settings, its {', '.join(other)} differ")
