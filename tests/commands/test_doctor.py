"""people3d doctor: what is there and what is missing."""

from __future__ import annotations

import json
import sys
from importlib import metadata

import pytest

from people3d import __version__, cli
from people3d.commands import doctor
from people3d.runtime.entry import ENTRY_FILE, sha256

REQUIRES = ["numpy>=1", "tomli>=2; python_version < '3.11'", 'not-there>=1; extra == "gone"', 'pytest; extra == "dev"']


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The default weights, made up: one file whose hash is right."""
    folder = tmp_path / "default"
    folder.mkdir()
    (folder / "root.onnx").write_bytes(b"network")
    network = {
        "kind": "rootnet",
        "arguments": {},
        "input_size": 192,
        "preprocessing": {},
        "file": "root.onnx",
        "sha256": sha256(folder / "root.onnx"),
    }
    entry = {"format": 1, "name": "default", "skeleton": "muco21", "networks": {"rootnet": network}}
    (folder / ENTRY_FILE).write_text(json.dumps(entry))
    monkeypatch.setattr(doctor, "packaged_entries", lambda: {"default": folder})
    monkeypatch.setattr(metadata, "requires", lambda name: REQUIRES)
    return folder


def test_all_is_well(weights, capsys):
    assert cli.main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"people3d {__version__}, Python {sys.version.split()[0]}")
    assert f"numpy                              {metadata.version('numpy')}" in text
    assert "tomli" not in text
    assert "onnxruntime: " in text and "CPU" in text
    assert "default: muco21, hashes are right" in text
    assert "rootnet    192 px" in text


def test_a_missing_extra_is_named_with_how_to_install_it(weights, capsys):
    cli.main(["doctor"])
    text = capsys.readouterr().out
    assert "not-there                          missing\n  to install it: pip install 'people3d[gone]'" in text
    assert "people3d[dev]" not in text


def test_without_torch(weights, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert cli.main(["doctor"]) == 0
    assert "torch: not installed; predict does not need it" in capsys.readouterr().out


def test_weights_that_are_cut_off(weights, capsys):
    (weights / "root.onnx").write_bytes(b"net")
    assert cli.main(["doctor"]) == 2
    assert "cut off or changed" in capsys.readouterr().out


def test_no_weights(weights, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "packaged_entries", dict)
    assert cli.main(["doctor"]) == 2
    assert "none come with this installation" in capsys.readouterr().out


def test_something_needed_is_missing(weights, capsys, monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda name: ["not-there>=1"])
    assert cli.main(["doctor"]) == 2
    assert "not-there                          missing" in capsys.readouterr().out


def test_run_from_its_source(weights, capsys, monkeypatch):
    def not_installed(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", not_installed)
    assert cli.main(["doctor"]) == 0
    assert "run from its source" in capsys.readouterr().out
