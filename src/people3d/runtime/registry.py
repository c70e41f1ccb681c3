"""Where weights are found: by name among those that come with the package, or in a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from people3d.runtime.entry import ENTRY_FILE, Entry, WeightsError, read_entry

DEFAULT = "default"


def packaged_entries() -> dict[str, Path]:
    """Folders of the weights that come with the package, by name."""
    root = Path(str(files("people3d"))) / "weights"
    return {path.parent.name: path.parent for path in sorted(root.glob(f"*/{ENTRY_FILE}"))}


def find_entry(name_or_folder: str | Path) -> Entry:
    """The entry of that name, or in that folder.

    Raises:
        WeightsError: neither; or the entry cannot be read.
    """
    packaged = packaged_entries()
    if isinstance(name_or_folder, str) and name_or_folder in packaged:
        return read_entry(packaged[name_or_folder])
    if Path(name_or_folder).exists():
        return read_entry(name_or_folder)
    known = f"or one of: {', '.join(packaged)}" if packaged else "no weights come with this installation"
    raise WeightsError(f"weights {str(name_or_folder)!r}: expected a folder that exists, {known}")
