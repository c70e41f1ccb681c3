"""One name for a file, wherever it lies. ``local://`` is fsspec's, as s3:// may be; ``file://`` is pyarrow's."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow")

from people3d.engine import storage


@pytest.fixture(params=["", "file://", "local://"])
def folder(request, tmp_path):
    return f"{request.param}{tmp_path}"


def test_what_is_written_is_read(folder, tmp_path):
    name = storage.join(folder, "a", "b.bin")
    assert not storage.exists(name)
    storage.write(name, b"12")
    storage.write(name, b"345")
    assert storage.read(name) == b"345"
    assert storage.names_in(storage.join(folder, "a")) == ["b.bin"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.bin"]  # nothing temporary is left
    storage.remove(name)
    storage.remove(name)
    assert not storage.exists(name)
    assert storage.names_in(storage.join(folder, "nowhere")) == []


def test_what_is_half_written_is_not_there(folder, tmp_path):
    (tmp_path / "x.jsonl.part").write_bytes(b"half")
    assert storage.names_in(folder) == []


def test_pictures_of_folders_and_addresses(folder, tmp_path):
    for name in ("b.jpg", "a/c.PNG", "a/.hidden.png", "note.txt", "out/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found, problems = storage.find_pictures((folder, str(tmp_path / "none.jpg")), storage.join(folder, "out"))
    assert [name for _, name in found] == ["a/c.PNG", "b.jpg"]
    assert all(storage.exists(where) for where, _ in found)
    assert problems == [f"{tmp_path}/none.jpg: no such file or folder"]


def test_an_unknown_store_is_named():
    with pytest.raises(ValueError, match="nowhere://: neither pyarrow nor fsspec can open this here"):
        storage.exists("nowhere://bucket/x")
