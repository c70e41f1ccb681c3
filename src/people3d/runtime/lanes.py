"""Calls of networks two at a time, each on half of the threads.

The threads of one call wait for one another after every layer, two calls never do: several crops, or several views of a
picture, are through sooner in two lanes (docs/models/default.md, "Scores").
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Result = TypeVar("Result")
# Named input arrays → named output arrays, all with the batch as the first axis (names: graphs.py).
Run = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def threads_for_calls(threads: int | None = None) -> int:
    """``threads``, else OMP_NUM_THREADS, where it is set, else one for each core that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")  # which onnxruntime itself does not heed; Ray sets it
    if threads or (given.isdigit() and int(given)):
        return threads or int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Lanes:
    """Two lanes for ``threads`` threads (:func:`threads_for_calls`); a single one where there is one thread.

    Attributes:
        all_threads: of a session that is called once at a time.
        threads: of the sessions whose calls :meth:`map` makes.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.all_threads = threads_for_calls(threads)
        self.threads = -(-self.all_threads // 2)
        self._pool = ThreadPoolExecutor(2, "lane") if self.all_threads > 1 else None

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Results in the order of ``items``; whichever lane is free takes the next item."""
        return list(map(function, items) if self._pool is None else self._pool.map(function, items))


def halved(lanes: Lanes, run: Run) -> Run:
    """``run`` that does the two halves of a batch in two lanes.

    Args:
        run: named arrays to named arrays, all with the batch as the first axis; may be called by two threads.
    """

    def run_halves(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        middle = -(-len(next(iter(arrays.values()))) // 2)
        halves = [{name: v[part] for name, v in arrays.items()} for part in (slice(middle), slice(middle, None))]
        outputs = lanes.map(run, halves)
        return {name: np.concatenate([output[name] for output in outputs]) for name in outputs[0]}

    return run_halves
