"""A fixed set of synthetic pictures, or of short videos, on disk, with one ``ground_truth.json``."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from people3d.files import write_whole
from people3d.skeleton import Skeleton, get_skeleton
from people3d.synth.workers import run

if TYPE_CHECKING:
    from people3d.synth.scene import Scene

_PARTS = ".parts"  # truth of the pictures that are done, one file each, until the set is whole


@dataclass(frozen=True)
class Settings:
    """What decides a set's pictures and truth; two sets with equal settings are equal byte for byte.

    ``frames`` above 1 makes videos of as many pictures, ``fps`` a second; ``mocap`` names folders or files.
    """

    seed: int
    people: tuple[int, int] = (1, 8)
    image_size: tuple[int, int] | None = None
    mocap: tuple[str, ...] = ()
    backgrounds: str | None = None
    skeleton: str = "muco21"
    format: str = "jpg"
    depth: bool = False
    frames: int = 1
    fps: float = 25.0

    def record(self) -> dict[str, Any]:
        """As written into the set: folders by their last name only, for paths belong to one machine."""
        named = asdict(self) | {
            "mocap": [Path(p).name for p in self.mocap] or None,
            "backgrounds": Path(self.backgrounds).name if self.backgrounds else None,
        }
        if self.frames == 1:
            del named["frames"], named["fps"]
        return json.loads(json.dumps(named))


Record = dict[str, Any]  # of one picture, see people3d.synth.truth.image_record


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


def make_picture(settings: Settings, index: int, path: Path, depth_path: Path | None = None) -> Record:
    """Render scene ``index`` into ``path``; returns its record (:func:`people3d.synth.truth.image_record`)."""
    from people3d.synth.generate import scenes

    stream = scenes(
        settings.seed,
        index,
        mocap=tuple(Path(p) for p in settings.mocap) or None,
        backgrounds=Path(settings.backgrounds) if settings.backgrounds else None,
        image_size=settings.image_size,
        people=settings.people,
    )
    return _write(settings, next(stream), path, path.name, depth_path)


def clip_records(settings: Settings, index: int, sequence: str) -> Iterator[tuple[Scene, Record]]:
    """The frames of video ``index`` and their records, in which people have a ``track_id``."""
    from people3d.synth.clip import clip
    from people3d.synth.truth import image_record

    frames = clip(
        settings.seed,
        index,
        frames=settings.frames,
        fps=settings.fps,
        people=settings.people,
        image_size=settings.image_size or (640, 480),
        backgrounds=Path(settings.backgrounds) if settings.backgrounds else None,
    )
    for number, scene in enumerate(frames):
        record = image_record(scene, f"{sequence}/{number:06d}.{settings.format}", skeleton_of(settings))
        moment = {"scene_index": index, "sequence": sequence, "frame_index": number}
        record["image"] |= moment | {"time_s": round(number / settings.fps, 6)}
        for who, row in enumerate(record["annotations"], 1):
            row["track_id"] = who
        yield scene, record


def _write(settings: Settings, scene: Scene, path: Path, name: str, depth_path: Path | None) -> Record:
    from people3d.synth.truth import image_record

    record = image_record(scene, name, skeleton_of(settings))
    _write_pixels(scene, path, depth_path, record)
    return record


def _write_pixels(scene: Scene, path: Path, depth_path: Path | None, record: Record) -> None:
    write_whole(path, encode(scene.image, path.suffix))
    if depth_path is not None:
        depth_path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(depth_path, encode(np.clip(scene.depth_mm, 0, 65535).astype(np.uint16), ".png"))
        record["image"]["depth_file_name"] = f"depth/{Path(record['image']['file_name']).with_suffix('.png')}"


def make_video(settings: Settings, index: int, path: Path) -> list[Record]:
    """Render video ``index`` into an .mp4 (MPEG-4); returns its frames' records. Pixels lose a little in coding.

    Raises ``ValueError`` where this machine's OpenCV cannot write it.
    """
    import cv2

    writer, records = None, []
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        for scene, record in clip_records(settings, index, path.name):
            if writer is None:
                size = (scene.image.shape[1], scene.image.shape[0])
                writer = cv2.VideoWriter(str(temporary), cv2.VideoWriter.fourcc(*"mp4v"), settings.fps, size)
                if not writer.isOpened():
                    raise ValueError(f"{path}: expected an OpenCV that writes .mp4, this one does not")
            writer.write(np.ascontiguousarray(scene.image[..., ::-1]))
            records.append(record)
    finally:
        if writer is not None:
            writer.release()
    os.replace(temporary, path)
    return records


def synthesize(
    output: Path, images: int, settings: Settings, workers: int = 1, tell: Callable[[str], object] = warnings.warn
) -> Iterator[Path]:
    """Make the set, yielding the path of each picture (of each video's first) as it is done; what is there is kept.

    The folder gets ``000000.jpg`` and so on (16-bit depth in mm under ``depth/``), where there are frames a folder
    ``000000`` of them, and at the end ``ground_truth.json``. Run again after a break, it goes on; with more images, it
    adds them. ``tell`` gets a line where one of several ``workers`` dies; what it left is made by another.

    Raises:
        ValueError: the folder holds a set made with other settings.
        RuntimeError: workers die again and again.
    """
    from people3d.synth.truth import document

    parts = output / _PARTS
    truth = output / "ground_truth.json"
    done = _done(output, settings)
    parts.mkdir(parents=True, exist_ok=True)
    write_whole(parts / "settings.json", json.dumps(settings.record()))
    missing = [i for i in range(images) if i not in done]
    jobs = [(str(output), settings, i) for i in missing]
    for index, made in _run(jobs, workers, tell):
        done[index] = made
        yield output / made[0]["image"]["file_name"]
    records = [record for i in sorted(done) for record in done[i]]
    write_whole(truth, json.dumps(document(records, skeleton_of(settings), settings.record())))
    shutil.rmtree(parts)


def _run(jobs: list, workers: int, tell: Callable[[str], object]) -> Iterator[tuple[int, list[Record]]]:
    if workers <= 1 or len(jobs) < 2:
        return map(_job, jobs)
    return run(_job, jobs, workers, tell)


def _job(job: tuple[str, Settings, int]) -> tuple[int, list[Record]]:
    folder, settings, index = job
    output, records = Path(folder), []

    def depth_of(name: str) -> Path | None:
        return (output / "depth" / name).with_suffix(".png") if settings.depth else None

    if settings.frames > 1:
        (output / f"{index:06d}").mkdir(exist_ok=True)
        for scene, record in clip_records(settings, index, f"{index:06d}"):
            name = record["image"]["file_name"]
            _write_pixels(scene, output / name, depth_of(name), record)
            records.append(record)
    else:
        name = f"{index:06d}.{settings.format}"
        records.append(make_picture(settings, index, output / name, depth_of(name)))
    write_whole(output / _PARTS / f"{index:06d}.json", json.dumps(records))
    return index, records


def _done(output: Path, settings: Settings) -> dict[int, list[Record]]:
    """Records of the pictures or videos that an earlier run has made, by index."""
    done: dict[int, list[Record]] = {}
    truth, parts = output / "ground_truth.json", output / _PARTS
    if truth.exists():
        made = json.loads(truth.read_text())
        _same(made.get("info", {}).get("settings"), settings, output)
        by_id: dict[int, Record] = {}
        for image in made["images"]:
            by_id[image["id"]] = {"image": image, "annotations": []}
            done.setdefault(image["scene_index"], []).append(by_id[image["id"]])
        for row in made["annotations"]:
            by_id[row["image_id"]]["annotations"].append(row)
    if (parts / "settings.json").exists():
        _same(json.loads((parts / "settings.json").read_text()), settings, output)
        for path in parts.glob("[0-9]*.json"):
            records = json.loads(path.read_text())
            done[int(path.stem)] = records if isinstance(records, list) else [records]
    return {i: r for i, r in done.items() if all((output / one["image"]["file_name"]).exists() for one in r)}


def _same(made: dict[str, Any] | None, settings: Settings, output: Path) -> None:
    wanted = settings.record()
    if made != wanted:
        other = sorted(k for k in {*wanted, *(made or {})} if (made or {}).get(k) != wanted.get(k))
        raise ValueError(f"{output}: expected a set made with the same settings, its {', '.join(other)} differ")
