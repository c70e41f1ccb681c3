"""`people3d weights` needs no torch for what only reads weights; bad ones end with 2 and one line."""

from __future__ import annotations

import json

import pytest

from people3d.cli import main


@pytest.fixture
def folder(tmp_path):
    entry = {"format": 1, "name": "mine", "skeleton": "muco21", "card": "card.md", "networks": {}}
    (tmp_path / "entry.json").write_text(json.dumps(entry))
    (tmp_path / "card.md").write_text("# How good they are\n")
    return tmp_path


def test_show_prints_the_entry_and_its_card(folder, capsys):
    assert main(["weights", "show", str(folder)]) == 0
    out = capsys.readouterr().out
    assert '"skeleton": "muco21"' in out and "# How good they are" in out


def test_list_names_every_entry_of_the_package(capsys):
    from people3d.runtime import packaged_entries

    assert main(["weights", "list"]) == 0
    out = capsys.readouterr().out
    assert all(f"{name} " in out for name in packaged_entries())
    assert out.strip()


@pytest.mark.parametrize("command", ["show", "verify"])
def test_weights_that_are_not_there(command, capsys):
    assert main(["weights", command, "nobody"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert (
        captured.err.startswith("people3d weights: weights 'nobody': expected a folder")
        and captured.err.count("\n") == 1
    )


def test_verify_names_the_file_that_is_missing(folder, capsys):
    document = json.loads((folder / "entry.json").read_text())
    document["networks"]["rootnet"] = {
        "kind": "rootnet",
        "arguments": {},
        "input_size": 64,
        "preprocessing": {},
        "file": "rootnet.onnx",
        "sha256": "0" * 64,
    }
    (folder / "entry.json").write_text(json.dumps(document))
    assert main(["weights", "verify", str(folder)]) == 2
    assert "rootnet.onnx: expected the weights of the rootnet, found no such file" in capsys.readouterr().err


@pytest.mark.parametrize("args", [["bla"], ["import-released", "--rootnet", "x"], []])
def test_bad_usage(args, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["weights", *args])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
