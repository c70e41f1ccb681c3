"""Where the results of many pictures and videos go: one ``people3d.json``, and a picture and a page for each."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from people3d.files import write_whole
from people3d.people import People
from people3d.results_stream import ResultsStream
from people3d.skeleton import Skeleton
from people3d.sources import Source

RESULTS_FILE = "people3d.json"
SUFFIXES = {"image": ".png", "html": ".html", "video": ".mp4"}


class Outputs:
    """A folder of results.

    ``people3d.json`` is written again from time to time, so that whatever ends the run leaves what was done.

    Args:
        folder: as :func:`prepare_folder` leaves it.
        save: which of ``json``, ``image`` and ``html``.
        skeleton, provenance: for the head of ``people3d.json``.

    Attributes:
        results: the images and people so far.
    """

    def __init__(
        self, folder: Path, save: Collection[str], skeleton: Skeleton, provenance: Mapping[str, Any] | None = None
    ) -> None:
        self.folder, self.save = folder, save
        self.results = ResultsStream(folder / RESULTS_FILE, skeleton, provenance)
        self._written, self._took = time.monotonic(), 0.0

    def add(self, source: Source, stem: str, people: People, image_rgb: np.ndarray) -> None:
        """Keep a result and write its picture and its page."""
        self.keep(source.file_name, people)
        self.draw(stem, people, image_rgb, self.save)

    def keep(self, file_name: str, people: People) -> None:
        """Keep a result, which is in ``people3d.json`` whenever that is written."""
        self.results.add(file_name, people)
        # Never more than a twentieth of the time goes into writing what may be written again.
        if time.monotonic() - self._written > max(5.0, 20 * self._took):
            self.write()

    def draw(self, stem: str, people: People, image_rgb: np.ndarray, save: Collection[str]) -> None:
        """Write the picture and the page of one image."""
        if "image" in save:
            from people3d.view.overlay import draw

            _, png = cv2.imencode(".png", draw(image_rgb, people)[..., ::-1])
            write_whole(self.folder / f"{stem}.png", png.tobytes())
        if "html" in save:
            from people3d.view.scene3d import save_html

            save_html(people, self.folder / f"{stem}.html", image_rgb)

    def write(self) -> None:
        """Write ``people3d.json`` with all results so far."""
        start = time.monotonic()
        if "json" in self.save:
            self.results.write()
        self._written = time.monotonic()
        self._took = self._written - start


def prepare_folder(folder: Path) -> None:
    """Make the folder and see that it can be written; raises ``OSError`` otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".people3d"
        write_whole(probe, "")
        probe.unlink()
    except OSError as error:
        raise OSError(error.errno, f"this folder cannot be written ({error.strerror})", str(folder)) from error


def output_stems(sources: Sequence[Source], folder: Path, inputs: Iterable[Path]) -> list[str]:
    """A name for each source's picture and page: distinct from one another, and never that of an input.

    The file's stem where it is the only one, else with its folder before it, else with its suffix behind it, else with
    a number.

    Args:
        folder: where the results go.
        inputs: files that must not be written.
    """
    protected = {path.resolve() for path in inputs}
    count = Counter(source.path.stem.lower() for source in sources)
    used: set[str] = set()

    def is_free(name: str) -> bool:
        files = {(folder / f"{name}{suffix}").resolve() for suffix in SUFFIXES.values()}
        return name.lower() not in used and not files & protected

    stems = []
    for source in sources:
        stem, suffix = source.path.stem, source.path.suffix[1:].lower()
        above = Path(source.file_name).parent.parts or (source.path.resolve().parent.name,)
        with_folder = "_".join([*above, stem])
        names = [*[stem] * (count[stem.lower()] == 1), with_folder, f"{with_folder}_{suffix}"]
        numbered = (f"{with_folder}_{suffix}_{i}" for i in itertools.count(2))
        name = next(filter(is_free, itertools.chain(names, numbered)))
        used.add(name.lower())
        stems.append(name)
    return stems
