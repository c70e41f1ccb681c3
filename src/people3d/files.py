"""Files that are either there and whole, or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def write_whole(path: str | Path, data: bytes | str) -> None:
    """Write a file under a temporary name beside ``path`` and move it there; a reader never sees half of it.

    Raises:
        OSError: the folder cannot be written.
    """
    with whole_file(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def whole_file(path: str | Path, mode: str = "w") -> Iterator[IO]:
    """A file to write to that appears as ``path`` once the block is left, and not at all if it raises."""
    with whole_path(path) as temporary, open(temporary, mode) as file:
        yield file


@contextlib.contextmanager
def whole_path(path: str | Path) -> Iterator[Path]:
    """A temporary name beside ``path``, with its suffix, for a writer that opens files itself; moved as above."""
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner reads
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
