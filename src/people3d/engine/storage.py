"""Files in local folders and in object stores, by one name: a path, or an address such as ``s3://bucket/folder``."""

from __future__ import annotations

import functools
import posixpath
from pathlib import Path
from typing import Any

from people3d.sources import SUFFIXES, find_images

RAY_EXTRA = "many machines need Ray and pyarrow: pip install 'people3d[ray]'"
_TEMPORARY = ".part"


def is_address(name: str | Path) -> bool:
    return "://" in str(name)


@functools.lru_cache(maxsize=32)
def _filesystem(scheme: str, host: str) -> Any:
    """pyarrow's file system for a scheme that it knows (file, s3, gs, hdfs), else that of fsspec."""
    try:
        import pyarrow
        import pyarrow.fs
    except ImportError as error:
        raise ImportError(RAY_EXTRA) from error
    if not scheme:
        return pyarrow.fs.LocalFileSystem()
    try:
        return pyarrow.fs.FileSystem.from_uri(f"{scheme}://{host}/")[0]
    except pyarrow.ArrowInvalid:  # not one of pyarrow's own
        pass
    try:
        import fsspec

        return pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(fsspec.filesystem(scheme)))
    except (ImportError, ValueError) as error:
        raise ValueError(f"{scheme}://: neither pyarrow nor fsspec can open this here ({error})") from error


def _locate(name: str | Path) -> tuple[Any, str]:
    """The file system and the path in it."""
    if not is_address(name):
        return _filesystem("", ""), str(Path(name).absolute())
    scheme, rest = str(name).split("://", 1)
    return _filesystem(scheme, rest.split("/", 1)[0]), rest


def join(folder: str, *parts: str) -> str:
    return posixpath.join(folder, *parts)


def read(name: str) -> bytes:
    """Raises ``OSError``."""
    filesystem, path = _locate(name)
    with filesystem.open_input_stream(path) as stream:
        return stream.read()


def write(name: str, data: bytes) -> None:
    """Write a file that is there and whole, or not there, whatever ends the process. Raises ``OSError``."""
    filesystem, path = _locate(name)
    filesystem.create_dir(posixpath.dirname(path), recursive=True)
    with filesystem.open_output_stream(path + _TEMPORARY) as stream:
        stream.write(data)
    filesystem.move(path + _TEMPORARY, path)


def exists(name: str) -> bool:
    filesystem, path = _locate(name)
    return filesystem.get_file_info(path).is_file


def remove(name: str) -> None:
    """A file that may not be there."""
    filesystem, path = _locate(name)
    if filesystem.get_file_info(path).is_file:
        filesystem.delete_file(path)


def names_in(folder: str) -> list[str]:
    """Names of the files directly in a folder, sorted; none where the folder is not there."""
    return sorted(name for name, _ in _listing(folder, recursive=False) if not name.endswith(_TEMPORARY))


def _listing(folder: str, recursive: bool) -> list[tuple[str, str]]:
    """Names relative to a folder, and the paths in its file system."""
    import pyarrow.fs

    filesystem, path = _locate(folder)
    path = path.rstrip("/")
    selector = pyarrow.fs.FileSelector(path, recursive=recursive, allow_not_found=True)
    return [(posixpath.relpath(f.path, path), f.path) for f in filesystem.get_file_info(selector) if f.is_file]


def find_pictures(sources: tuple[str, ...], skip: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Pictures of files, folders, globs and addresses, each once.

    Args:
        skip: a folder of results, left out.

    Returns:
        ``(where, file_name)`` of each, and a line for every source that names nothing.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for source in sources:
        if is_address(source):
            new = _pictures_at(source, skip)
            problems += [] if new else [f"{source}: no pictures there"]
        else:
            local, missing = find_images([source], None if is_address(skip) else Path(skip))
            new = [(str(item.path.absolute()), item.file_name) for item in local]
            problems += missing
        for where, file_name in new:
            found.setdefault(where, file_name)
    return list(found.items()), problems


def _pictures_at(address: str, skip: str) -> list[tuple[str, str]]:
    if exists(address):
        return [(address, posixpath.basename(address))]
    folder = address.rstrip("/")
    names = sorted(name for name, _ in _listing(folder, recursive=True))
    pictures = [n for n in names if Path(n).suffix.lower() in SUFFIXES and not any(p[0] == "." for p in n.split("/"))]
    return [(join(folder, n), n) for n in pictures if not join(folder, n).startswith(skip.rstrip("/") + "/")]
