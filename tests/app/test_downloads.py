"""Files to take home: everything that people3d.export can write, at the focal length that is set."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.app.downloads import choices, make_files
from people3d.app.visit import Visit
from people3d.export import FORMATS
from people3d.results import read_results


@pytest.fixture
def visit(make_people):
    image = np.zeros((480, 640, 3), np.uint8)
    return Visit("holiday", (("holiday.jpg", make_people(2)),), lambda frame: image)


def test_every_format_is_offered():
    names = {name for _, name in choices(video=False)}
    assert names == {"json", "image", "html", *FORMATS}
    assert "video" in {name for _, name in choices(video=True)}


def test_files_have_the_focal_length_that_is_set(visit, tmp_path):
    made = make_files(visit.at_focal(80), 0, ["json", "image", "html", "csv", "trc"], tmp_path, {"weights": {}}, print)
    names = sorted(path.name for path in made)
    assert {"holiday.csv", "holiday.html", "holiday.png", "people3d.json"} < set(names)
    assert sum(name.endswith(".trc") for name in names) == 2  # one for each person
    ((name, people),) = read_results(tmp_path / "people3d.json")
    assert name == "holiday.jpg"
    np.testing.assert_allclose(people.root_cam_mm, visit.people(0, 80).root_cam_mm, atol=1e-4)
    assert json.loads((tmp_path / "people3d.json").read_text())["images"][0]["focal_source"] == "given"


def test_what_cannot_be_written_is_told_and_costs_only_itself(visit, tmp_path, monkeypatch):
    from people3d.export import trc

    def fails(scene, path):
        raise ImportError("TRC needs pip install 'people3d[export]'")

    monkeypatch.setattr(trc, "write", fails)
    told = []
    made = make_files(visit, 0, ["trc", "json"], tmp_path, {}, told.append)
    assert [path.name for path in made] == ["people3d.json"]
    assert told == ["trc: TRC needs pip install 'people3d[export]'"]
