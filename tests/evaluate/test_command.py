"""people3d evaluate: one JSON document on stdout, one line on stderr, exit codes."""

from __future__ import annotations

import json

import pytest

from people3d import __version__
from people3d.cli import main

from .evaluation_cases import document, image, person, standing_at, write

PROTOCOLS = ("generic", "human36m-p1", "human36m-p2", "root-ap", "pw3d", "box-ap")


@pytest.fixture
def files(tmp_path):
    rows = [person(standing_at(x, 0, 4000), 1, n, root_cam=[x, 0, 4000]) for n, x in enumerate((-600, 600))]
    info = {"version": "9.9", "weights": [{"id": "some-weights", "sha256": "abc"}]}
    pred = document([image(1, focal_source="exif")], rows, info=info)
    return write(tmp_path, "people3d.json", pred), write(tmp_path, "truth.json", document([image(1)], rows))


def run(pred, truth, *more: str) -> int:
    return main(["evaluate", "--predictions", str(pred), "--ground-truth", str(truth), *more])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_json_is_one_document_with_its_provenance(files, capsys, protocol):
    if protocol == "box-ap":
        pytest.importorskip("faster_coco_eval")
    assert run(*files, "--protocol", protocol, "--json") == 0
    out, _ = capsys.readouterr()
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["protocol"] == protocol
    where = found["provenance"]
    assert (where["version"], where["people"], where["people_predicted"]) == (__version__, 2, 2)
    assert where["weights"] == [{"id": "some-weights", "sha256": "abc"}] and where["camera"] == "1 x exif"
    assert where["predictions"] == str(files[0]) and where["predicted_by"] == "9.9"
    best = {"root-ap": ("ap_root", 0.5), "box-ap": ("ap", 100.0)}.get(protocol, ("mrpe_mm", 0.0))
    assert found[best[0]] == pytest.approx(best[1])


def test_tables_and_files(files, capsys, tmp_path):
    assert run(*files, "--output", str(tmp_path / "out")) == 0
    out, _ = capsys.readouterr()
    assert "MRPE, mm" in out and "some-weights" in out
    assert json.loads((tmp_path / "out/generic.json").read_text())["recall"] == 1
    markdown = (tmp_path / "out/generic.md").read_text()
    assert "| recall, % | 100.0 |" in markdown and "- version: " in markdown


def test_what_cannot_be_read_is_one_line_and_exit_code_2(files, capsys, tmp_path):
    pred, truth = files
    truncated = tmp_path / "cut.json"
    truncated.write_text(truth.read_text()[:50])
    for more in ((pred, tmp_path / "missing.json"), (pred, truncated), (pred, truth, "--protocol", "mupots")):
        assert run(*more) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("people3d evaluate: ") and err.count("\n") == 1
    assert run(pred, truth, "--protocol", "root-ap", "--threshold-mm", "-1") == 2
    with pytest.raises(SystemExit) as stop:
        run(pred, truth, "--protocol", "unheard-of")
    assert stop.value.code == 2
