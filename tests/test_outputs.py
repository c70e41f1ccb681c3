"""Names of results, and results that are written again as they grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from people3d.files import write_whole
from people3d.outputs import Outputs, output_stems, prepare_folder
from people3d.results import read_results
from people3d.skeleton import SKELETONS
from people3d.sources import Source

MUCO = SKELETONS["muco21"]


def _stems(*names: str, folder: str = "/out", inputs: tuple[str, ...] = ()) -> list[str]:
    sources = [Source(Path("/in") / name, name) for name in names]
    return output_stems(sources, Path(folder), [s.path for s in sources] + [Path(i) for i in inputs])


def test_the_stem_where_it_is_the_only_one():
    assert _stems("a.jpg", "TS1/b.jpg") == ["a", "b"]


def test_equal_stems_say_their_folder_then_their_suffix():
    assert _stems("TS1/a.jpg", "TS2/a.jpg") == ["TS1_a", "TS2_a"]
    assert _stems("TS1/a.jpg", "TS1/a.png") == ["TS1_a", "TS1_a_png"]
    assert _stems("a.jpg", "A.JPG") == ["in_a", "in_A_jpg"]


def test_names_stay_distinct_where_joining_makes_them_equal():
    stems = _stems("x/y/a.jpg", "x_y/a.jpg", "x_y_a.jpg", "q/a.jpg")
    assert len(set(stems)) == 4


def test_an_inputs_name_is_never_taken():
    assert _stems("a.png", folder="/in") == ["in_a"]
    assert _stems("a.jpg", folder="/in", inputs=("/in/a.html",)) == ["in_a"]
    assert _stems("a.png", "in_a.png", "in_a_png.png", folder="/in") == ["in_a_png_2", "in_in_a", "in_in_a_png"]


def test_results_are_written_again_as_time_goes_by(tmp_path, make_people, monkeypatch):
    outputs = Outputs(tmp_path, ["json"], MUCO)
    image = np.zeros((480, 640, 3), np.uint8)
    outputs.add(Source(Path("a.jpg"), "a.jpg"), "a", make_people(1), image)
    assert not (tmp_path / "people3d.json").exists()
    monkeypatch.setattr("people3d.outputs.time.monotonic", lambda: outputs._written + 6)
    outputs.add(Source(Path("b.jpg"), "b.jpg"), "b", make_people(2), image)
    assert [len(people) for _, people in read_results(tmp_path / "people3d.json")] == [1, 2]


def test_files_are_whole_or_not_there(tmp_path):
    write_whole(tmp_path / "a", "before")
    with pytest.raises(TypeError):
        write_whole(tmp_path / "a", 3)  # pyright: ignore
    assert (tmp_path / "a").read_text() == "before"
    write_whole(tmp_path / "a", b"after")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a", "after")]


def test_a_folder_that_cannot_be_written(tmp_path):
    prepare_folder(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be written"):
        prepare_folder(tmp_path / "file")
