"""The table of formats: which module writes one, what its files are called, and what goes into one file."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from people3d.export.recording import Recording
from people3d.export.scenes import Scene


@dataclass(frozen=True)
class Format:
    """``holds``: what one file of the format holds: all "images" of a recording, a "scene", or a "person"."""

    module: str
    suffix: str
    holds: str
    extra: str | None = None  # of pyproject.toml, that the format needs


FORMATS: dict[str, Format] = {
    "coco": Format("coco", ".coco.json", "images"),
    "csv": Format("csv", ".csv", "images"),
    "npz": Format("npz", ".npz", "images"),
    "angles": Format("angles", ".angles.csv", "scenes"),
    "trc": Format("trc", ".trc", "person"),
    "c3d": Format("c3d", ".c3d", "scene", "export"),
    "bvh": Format("bvh", ".bvh", "person", "export"),
    "rerun": Format("rerun", ".rrd", "scene", "export"),
    "glb": Format("glb", ".glb", "scene", "export"),
    "mesh": Format("mesh", ".mesh.glb", "scene", "synth"),
}
IN_CAMERA_SPACE = ("coco", "csv", "npz", "angles", "mesh")  # always; the others stand upright unless told otherwise


@dataclass(frozen=True)
class Job:
    """One file to write: ``run`` does it and returns what the user should know."""

    path: Path
    run: Callable[[Path], list[str]]


def jobs(
    name: str,
    recording: Recording,
    scenes: Sequence[Scene],
    stem: str,
    folder: Path,
    single: bool,
    **options: object,
) -> list[Job]:
    """The files of one format.

    Args:
        name: of ``FORMATS``.
        scenes: in the space in which the format is to be written.
        stem: of files that hold everything, and with ``single`` of all others.
        options: for the format's ``write``.
    """
    form = FORMATS[name]
    write = importlib.import_module(f"people3d.export.{form.module}").write
    if form.holds == "images":
        return [Job(folder / f"{stem}{form.suffix}", lambda path: write(recording, path, **options))]
    if form.holds == "scenes":
        return [Job(folder / f"{stem}{form.suffix}", lambda path: write(scenes, path, **options))]
    todo: list[Job] = []
    for scene, base in zip(scenes, _bases(scenes, stem if single else None), strict=True):
        for part, end in _parts(scene, form.holds):
            path = folder / f"{base}{end}{form.suffix}"
            todo.append(Job(path, lambda path, part=part: write(part, path, **options)))
    return todo


def _parts(scene: Scene, holds: str) -> Iterable[tuple[Scene, str]]:
    """What goes into one file each, and the end of that file's stem."""
    tracks = [track for track in scene.tracks if track.present.any()]
    if holds == "scene":
        return [(scene, "")] if tracks else []
    return [(scene.of(track), f"_{track.name}" if len(tracks) > 1 else "") for track in tracks]


def _bases(scenes: Sequence[Scene], stem: str | None) -> list[str]:
    """A stem for each scene's files, all different."""
    names = [scene.name if stem is None else stem for scene in scenes]
    if stem is not None and len(scenes) > 1:
        names = [f"{stem}_{scene.name}" for scene in scenes]
    used: dict[str, int] = {}
    out = []
    for name in names:
        count = used[name.lower()] = used.get(name.lower(), 0) + 1
        out.append(name if count == 1 else f"{name}_{count}")
    return out
