"""A folder of weights is replaced whole or stays as it was."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from people3d.runtime.entry import ENTRY_FILE, Entry, WeightsError, read_entry


def existing_entry(folder: Path) -> Entry | None:
    """The entry in ``folder``; None where there is nothing.

    Raises:
        WeightsError: something else is there, which is not ours to replace.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not (folder / ENTRY_FILE).is_file():
        raise WeightsError(f"{folder}: expected a new or empty folder, or weights to replace, found other files")
    return read_entry(folder)


@contextmanager
def replaced_folder(folder: Path, old: Entry | None) -> Iterator[Path]:
    """A draft of ``folder`` beside it, with the old files; moved into place if nothing was raised."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    workspace = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        draft = workspace / "new"
        if old is not None:
            shutil.copytree(folder, draft)
        else:
            draft.mkdir()
        yield draft
        if folder.exists():
            folder.rename(workspace / "old")
        draft.rename(folder)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
