"""Frames are decoded in a thread of their own while the networks run; only a few wait at a time."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def read_ahead(items: Iterator[Item], size: int = 8, newest: bool = False) -> Generator[Item, None, None]:
    """The same items, of which up to ``size`` are made in advance; what the source raises is raised here.

    Args:
        newest: for live sources: where the reader is too slow, the oldest waiting items are dropped.
    """
    waiting: queue.Queue = queue.Queue(size)
    stopped = threading.Event()
    failure: list[BaseException] = []

    def fill() -> None:
        try:
            for item in items:
                put(item, newest)
                if stopped.is_set():
                    return
        except BaseException as error:
            failure.append(error)
        finally:
            put(_END, False)

    def put(item: object, drop: bool) -> None:
        while not stopped.is_set():
            try:
                return waiting.put(item, timeout=0 if drop else 0.1)
            except queue.Full:
                if drop:
                    with contextlib.suppress(queue.Empty):
                        waiting.get_nowait()

    thread = threading.Thread(target=fill, name="read ahead", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            yield item
        if failure:
            raise failure[0]
    finally:
        stopped.set()
        thread.join()
