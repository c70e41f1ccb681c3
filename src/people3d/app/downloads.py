"""Files to take home: people3d.json, the overlay, the 3D page, and whatever ``people3d.export`` can write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2

from people3d.app.visit import Visit
from people3d.export import FORMATS, jobs, load_recording, scenes_of, upright_world
from people3d.export.formats import IN_CAMERA_SPACE
from people3d.files import write_whole
from people3d.results import write_results
from people3d.view.overlay import draw
from people3d.view.scene3d import save_html

OWN = {
    "people3d.json (millimetres)": "json",
    "overlay (PNG)": "image",
    "3D page (HTML)": "html",
    "overlay video (MP4)": "video",
}


def choices(video: bool) -> list[tuple[str, str]]:
    """``(label, name)`` of everything that can be made of a picture, or of a video."""
    own = [(label, name) for label, name in OWN.items() if video or name != "video"]
    return own + [(f"{name} ({form.suffix})", name) for name, form in FORMATS.items()]


def make_files(
    visit: Visit,
    frame: int,
    names: Sequence[str],
    folder: Path,
    provenance: Mapping[str, Any],
    tell: Callable[[str], None],
) -> list[Path]:
    """Write what is asked for into ``folder``.

    Args:
        visit: as shown, at the visitor's focal length.
        frame: of a video, for the overlay and the 3D page.
        tell: gets a line for everything that the visitor should know, also why a format could not be written.
    """
    document = folder / "people3d.json"
    write_results(document, visit.results, visit.results[0][1].skeleton, provenance)
    people = visit.people(frame)
    made: list[Path] = []
    for name in names:
        if name == "json":
            made.append(document)
        elif name == "image":
            _, png = cv2.imencode(".png", draw(visit.image(frame), people)[..., ::-1])
            made.append(folder / f"{visit.name}.png")
            write_whole(made[-1], png.tobytes())
        elif name == "html":
            made.append(folder / f"{visit.name}.html")
            save_html(people, made[-1], visit.image(frame))
        elif name == "video":
            made += [] if visit.video is None else [visit.video]
        elif name in FORMATS:
            try:
                made += _export(name, document, visit.name, folder, tell)
            except (ValueError, ImportError, ArithmeticError, OSError, MemoryError) as error:
                tell(f"{name}: {error}")
    return made


def _export(name: str, document: Path, stem: str, folder: Path, tell: Callable[[str], None]) -> list[Path]:
    recording = load_recording(document)
    scenes = scenes_of(recording)
    if name not in IN_CAMERA_SPACE:
        seen = [scene for scene in scenes if any(track.present.any() for track in scene.tracks)]
        scenes = [scene.in_world(upright_world(scene)) for scene in seen]
    todo = jobs(name, recording, scenes, stem, folder, single=True)
    for job in todo:
        for note in job.run(job.path):
            tell(f"{name}: {note}")
    if not todo:
        tell(f"{name}: there is nobody to write")
    return [job.path for job in todo]
