"""Jobs in processes of their own: where one dies (a fault of a driver, too little memory), the rest goes on."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_DEATHS = 3  # one after the other, with nothing done in between


def run(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int, tell: Callable[[str], object]
) -> Iterator[Result]:
    """The results of ``work`` on each job, as they are done, made by ``workers`` processes of one thread each.

    When a process dies, ``tell`` gets a line about it and what is left is begun again in new processes.

    Raises:
        RuntimeError: processes died three times while nothing was done.
        Exception: whatever ``work`` raises.
    """
    left, deaths = list(enumerate(jobs)), 0
    while left:
        pool = process_pool(min(workers, len(left)))
        try:
            futures = {pool.submit(work, job): (number, job) for number, job in left}
            for future in as_completed(futures):
                result = future.result()
                left.remove(futures[future])
                deaths = 0
                yield result
        except BrokenProcessPool:
            deaths += 1
            if deaths == MOST_DEATHS:
                raise RuntimeError(
                    f"a process died {deaths} times in a row (out of memory?); what is done is kept: run it again to "
                    "go on"
                ) from None
            tell(f"a process died; what is done is kept, going on with the {len(left)} that are left")
            left = left[workers:] + left[:workers]  # whatever it died of comes last
        finally:
            pool.shutdown(cancel_futures=True)


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Processes of one thread each, and fresh ones, for OpenGL does not survive a fork."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _one_thread)


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)
