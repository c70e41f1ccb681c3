"""Packing a whole data set by several processes, in the order of its labels."""

from __future__ import annotations

import itertools
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from people3d.data.labels import LabelledImage
from people3d.data.pack import PACK_SIZE, Row, packed
from people3d.data.pictures import PictureReader
from people3d.data.samples import read_people
from people3d.skeleton import get_skeleton

_CHUNK = 32  # pictures that a process gets at once


@dataclass(frozen=True)
class Packing:
    """How people are packed: in which skeleton, as 2D data or not, at how many px (``PACK_SIZE``)."""

    skeleton: str
    has_depth: bool = True
    size: int = PACK_SIZE

    def rows(self, images: list[LabelledImage]) -> tuple[list[Row], list[str]]:
        """The people of some pictures, and a line about each picture that cannot be read."""
        reader, target, problems = PictureReader(), get_skeleton(self.skeleton), []
        people = (p for image in images for p in read_people(image, reader, target, self.has_depth, problems))
        return [packed(person, self.size) for person in people], problems


def packed_people(
    images: Iterable[LabelledImage], packing: Packing, problems: list[str], workers: int = 1
) -> Iterator[Row]:
    """Everybody in the images, packed, in their order; ``workers`` processes read the pictures."""
    images = iter(images)
    chunks = iter(lambda: list(itertools.islice(images, _CHUNK)), [])
    if workers <= 1:
        for chunk in chunks:
            rows, unread = packing.rows(chunk)
            problems += unread
            yield from rows
        return
    pending: deque[Future] = deque()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        while True:
            while len(pending) <= 2 * workers and (chunk := next(chunks, None)):
                pending.append(pool.submit(packing.rows, chunk))
            if not pending:
                return
            rows, unread = pending.popleft().result()
            problems += unread
            yield from rows
