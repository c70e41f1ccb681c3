"""Rendered people straight into training: no packs, no files, nobody seen again once their turn is over.

People are rendered in blocks, ahead of the network and in processes of their own. A block depends on the seed and its
number alone, so a run that is resumed sees what an unbroken one would have seen, whatever the number of processes.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np

from people3d.data.mixture import Picked, epoch_order
from people3d.data.pack import Pack, packed
from people3d.skeleton import Skeleton, get_skeleton
from people3d.synth.workers import MOST_DEATHS, process_pool
from people3d.train.sources import with_depth_axis, with_skeleton

_BLOCK = 32  # people; what one process renders at a time
# Scenes from the first of one block to the first of the next: most scenes give one or two people.
_SCENES = 16 * _BLOCK
_HELD_OUT = 1 << 40  # number of the first block that the stream never comes to


@dataclass(frozen=True)
class StreamOptions:
    """What is rendered, and how often it is seen.

    Attributes:
        workers: processes.
        views: how often each person is seen, differently augmented: rendering somebody takes a CPU about as long as
            learning from them once.
        window: people among whom a batch is drawn; when each was seen ``views`` times, the next ones take their place.
            Two windows are in memory (249 KB a person).
        mocap, backgrounds: as in :func:`people3d.synth.generate.crops`.
    """

    workers: int = 1
    views: int = 4
    window: int = 1024
    mocap: Path | None = None
    backgrounds: Path | None = None

    def __post_init__(self) -> None:
        for name in ("workers", "views", "window"):
            if getattr(self, name) < 1:
                raise ValueError(f"stream: {name}: expected 1 or more, got {getattr(self, name)}")


class RenderingError(RuntimeError):
    """Nobody can be rendered; the message is one clear line."""


class Stream:
    """A source of a :class:`people3d.data.mixture.Mixture` without end. Several threads may ask it.

    Args:
        skeleton: of the joints that are handed out.
        depth_axis: of their z, one of :data:`people3d.lift.DEPTH_AXES`.
    """

    def __init__(self, options: StreamOptions, seed: int, skeleton: Skeleton, depth_axis: str = "optical"):
        self.options = options
        self.seed = seed
        self.skeleton = skeleton
        self.depth_axis = depth_axis
        self._blocks = -(-options.window // _BLOCK)  # of a window
        self._windows: dict[int, Pack] = {}
        self._begun: dict[int, Future[Pack]] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def pick(self, start: int, count: int, seed: tuple[int, ...]) -> list[Picked]:
        """Entries ``start`` to ``start + count`` of the stream, which goes from window to window."""
        people = self._blocks * _BLOCK
        turn = people * self.options.views
        out, end = [], start + count
        while start < end:
            number, within = divmod(start, turn)
            taken = min(end - start, turn - within)
            out.append((self.window(number), epoch_order(people, within, taken, (*seed, number))))
            start += taken
        return out

    def window(self, number: int) -> Pack:
        """The people of a window, rendered now where they are not yet; those of the next one are begun.

        Raises:
            RenderingError: nothing can be rendered here, or processes died three times in a row.
            ValueError, OSError: the folders of motion capture or backgrounds hold nothing of use.
        """
        with self._lock:
            if number not in self._windows:
                first = number * self._blocks
                after, end = first + self._blocks, first + 2 * self._blocks
                self._windows[number] = self._rendered(range(first, after), range(after, end))
                for old in [n for n in self._windows if n < number - 1]:  # a slower thread may be one behind
                    del self._windows[old]
            return self._windows[number]

    def held_out(self, people: int) -> Pack:
        """People whom the stream never hands out."""
        with self._lock:
            whole = self._rendered(range(_HELD_OUT, _HELD_OUT - (-people // _BLOCK)), range(0))
        return Pack(**{f.name: getattr(whole, f.name)[:people] for f in fields(Pack)})

    def close(self) -> None:
        """End the processes; what they were about is lost."""
        self._begun.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _rendered(self, blocks: range, ahead: range) -> Pack:
        """The people of ``blocks``; those ``ahead`` are begun as well."""
        done: dict[int, Pack] = {}
        deaths = 0
        while len(done) < len(blocks):
            if self._pool is None:
                self._pool = process_pool(self.options.workers)
            for block in (*blocks, *ahead):
                if block not in done and block not in self._begun:
                    self._begun[block] = self._pool.submit(_render, self.options, self.seed, block)
            try:
                for block in blocks:
                    if block not in done:
                        done[block] = self._begun[block].result()
                        del self._begun[block]
                        deaths = 0
            except BrokenProcessPool:
                self.close()
                deaths += 1
                if deaths == MOST_DEATHS:
                    raise RenderingError(f"--stream: a process died {deaths} times in a row (out of memory?)") from None
                print("people3d train: a process died; what it was rendering is rendered again", file=sys.stderr)
            except RuntimeError as error:  # no OpenGL
                raise RenderingError(f"--stream: {str(error).splitlines()[0]}") from error
        whole = {f.name: np.concatenate([getattr(done[b], f.name) for b in blocks]) for f in fields(Pack)}
        return with_depth_axis(with_skeleton(Pack(**whole), get_skeleton("muco21"), self.skeleton), self.depth_axis)


def _render(options: StreamOptions, seed: int, block: int) -> Pack:
    """One block, in a process of its own."""
    from people3d.data import synthetic

    people = synthetic.people(seed, block * _SCENES, mocap=options.mocap, backgrounds=options.backgrounds)
    columns = zip(*(packed(person) for person in islice(people, _BLOCK)), strict=True)
    images, *labels = columns
    return Pack(np.stack(images), *(np.array(column, np.float32) for column in labels))
