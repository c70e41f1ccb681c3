"""``people3d.json`` of any number of images, in the memory of one."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from people3d.files import whole_file
from people3d.people import People
from people3d.results import annotation_rows, document, image_entry
from people3d.skeleton import Skeleton


class ResultsStream:
    """The document of :func:`people3d.results.document`, written as it grows.

    Rows wait in two nameless files beside the result, so that memory stays flat over hours of video and a run that is
    killed leaves nothing but the last whole document.

    Attributes:
        images, people: how many there are so far.
    """

    def __init__(self, path: str | Path, skeleton: Skeleton, provenance: Mapping[str, Any] | None = None) -> None:
        self.path, self.skeleton, self.provenance = Path(path), skeleton, dict(provenance or {})
        self.images = self.people = 0
        self._images, self._rows = (tempfile.TemporaryFile("w+", dir=self.path.parent) for _ in range(2))  # noqa: SIM115

    def add(self, file_name: str, people: People) -> None:
        """Raises ``ValueError`` for people of another skeleton and for numbers that are not finite."""
        if people.skeleton.joints != self.skeleton.joints:
            expected, got = self.skeleton.name, people.skeleton.name
            raise ValueError(f"{file_name}: expected people of skeleton {expected}, got {got}")
        image = json.dumps(image_entry(people, self.images + 1, file_name), allow_nan=False)
        rows = [
            json.dumps(row, allow_nan=False)
            for row in annotation_rows(people, self.images + 1, first_id=self.people + 1)
        ]
        _append(self._images, [image], first=not self.images)
        _append(self._rows, rows, first=not self.people)
        self.images += 1
        self.people += len(rows)

    def write(self) -> None:
        """Write the document with everything so far, whole or not at all."""
        head = document([], self.skeleton, self.provenance)
        with whole_file(self.path) as file:
            file.write(f'{{"info": {json.dumps(head["info"], allow_nan=False)},\n"images": [')
            _copy(self._images, file)
            file.write(f'],\n"categories": {json.dumps(head["categories"])},\n"annotations": [')
            _copy(self._rows, file)
            file.write("]}\n")

    def close(self) -> None:
        self._images.close()
        self._rows.close()


def _append(file: IO[str], rows: list[str], first: bool) -> None:
    if rows:
        file.write(("" if first else ",\n") + ",\n".join(rows))


def _copy(source: IO[str], target: IO[str]) -> None:
    source.seek(0)
    shutil.copyfileobj(source, target, 1 << 20)
    source.seek(0, 2)
