"""``people3d export``: results in the formats of other programs (docs/exports.md)."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro
from tqdm import tqdm

from people3d.commands import parse
from people3d.export import FORMATS, Job, Recording, Scene, camera_world, jobs, load_recording, scenes_of, upright_world
from people3d.export.formats import IN_CAMERA_SPACE
from people3d.outputs import prepare_folder

FormatName = Literal["coco", "csv", "npz", "angles", "trc", "c3d", "bvh", "rerun", "glb", "mesh"]


@dataclass(frozen=True)
class Export:
    """Results in the formats of other programs."""

    source: tyro.conf.Positional[Path]
    """people3d.json."""
    format: tuple[FormatName, ...]
    """What to write; several at once."""
    output: Path
    """Folder for the files, made if it is not there; or, with one format, the file."""
    space: Literal["upright", "camera"] = "upright"
    """Of trc, c3d, bvh, rerun and glb: on the floor, or the camera's own axes turned so that up is up."""
    pitch: Annotated[float | None, tyro.conf.arg(metavar="DEG")] = None
    """How far the camera looks down, in degrees. Without it, from people's feet and from how they stand."""
    fps: Annotated[float | None, tyro.conf.arg(metavar="HZ")] = None
    """Frames a second; from the frames' times if not given, else 30."""
    person: Annotated[tuple[int, ...] | None, tyro.conf.arg(metavar="ID")] = None
    """Only these tracks (for photographs: places in the picture, from 1)."""
    skeleton: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Convert to this skeleton's joints first, or to coco17; joints that cannot be had are left out."""
    frame: int | None = None
    """Which frame of a video becomes meshes; the first with most people if not given."""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something was wrong; what was right beside it is written all the same."""
    config = parse(Export, "export", args)
    try:
        recording = load_recording(config.source)
        if config.skeleton is not None:
            recording = recording.with_skeleton(config.skeleton)
        scenes = [_only(scene, config.person) for scene in scenes_of(recording, config.fps)]
        if config.person is not None:
            recording = _rows_of(recording, scenes)
        stem, folder, single = _target(config)
        prepare_folder(folder)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else error)
    except (ValueError, ImportError) as error:
        return _complain(error)
    code = 0
    untracked = sum(scene.untracked for scene in scenes)
    if untracked and config.person is None and any(FORMATS[name].holds != "images" for name in config.format):
        _say(f"detections that belong to no track are only in coco, csv and npz: {untracked}")
    todo: list[Job] = []
    for name in dict.fromkeys(config.format):
        try:
            todo += _jobs(name, config, recording, scenes, stem, folder, single)
        except (ValueError, ImportError) as error:
            code = _complain(f"{name}: {error}")
    if not todo and not code:
        _say("nobody to write in these formats")
    written = 0
    for job in tqdm(todo, unit="file", disable=None, leave=False):
        if job.path.resolve() == config.source.resolve():
            code = _complain(f"{job.path}: this input would be overwritten; choose another --output")
            continue
        try:
            for note in job.run(job.path):
                _say(note)
            written += 1
        except OSError as error:
            code = _complain(f"{job.path}: {error.strerror or error}")
        except (ValueError, ImportError, ArithmeticError, MemoryError) as error:
            code = _complain(f"{job.path.name}: {error}")
    print(f"{written} file{'s' * (written != 1)} in {folder}")
    return code


def _target(config: Export) -> tuple[str, Path, bool]:
    """Stem and folder of the files, and whether the user chose the stem by naming a file."""
    suffixes = {suffix for name in config.format for suffix in (FORMATS[name].suffix, _short(FORMATS[name].suffix))}
    name = config.output.name
    matching = max((s for s in suffixes if name.lower().endswith(s) and len(name) > len(s)), key=len, default=None)
    if matching is None or config.output.is_dir():
        return config.source.stem, config.output, False
    if len(set(config.format)) > 1:
        raise ValueError(f"--output: expected a folder for several formats, got the file {config.output}")
    return name[: -len(matching)], config.output.parent, True


def _short(suffix: str) -> str:
    return "." + suffix.rsplit(".", 1)[1]


def _jobs(
    name: str, config: Export, recording: Recording, scenes: list[Scene], stem: str, folder: Path, single: bool
) -> list[Job]:
    options: dict[str, Any] = {"frame": config.frame} if name == "mesh" else {}
    if name not in IN_CAMERA_SPACE:
        scenes = [_placed(scene, config) for scene in scenes if any(t.present.any() for t in scene.tracks)]
    made = jobs(name, recording, scenes, stem, folder, single, **options)
    if single and len(made) == 1:  # by the very name that was given
        made = [Job(config.output, made[0].run)]
    return made


def _placed(scene: Scene, config: Export) -> Scene:
    """The scene with Y up."""
    return scene.in_world(camera_world() if config.space == "camera" else upright_world(scene, config.pitch))


def _only(scene: Scene, people: tuple[int, ...] | None) -> Scene:
    return scene if people is None else replace(scene, tracks=tuple(t for t in scene.tracks if t.id in people))


def _rows_of(recording: Recording, scenes: list[Scene]) -> Recording:
    """The rows of the tracks that are left.

    Raises:
        ValueError: nobody is left.
    """
    rows = np.concatenate([np.zeros(0, int), *(track.rows for scene in scenes for track in scene.tracks)])
    if not len(rows):
        raise ValueError("--person: none of these is in the file")
    return recording.only(np.isin(np.arange(len(recording.track_ids)), rows))


def _say(line: object) -> None:
    tqdm.write(f"people3d export: {' '.join(str(line).split())}", file=sys.stderr)


def _complain(line: object) -> int:
    """One line on stderr; the exit code that goes with it."""
    _say(line)
    return 2
