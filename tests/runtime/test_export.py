"""Writing entries: whole or not at all, and only over what is ours."""

from __future__ import annotations

import pytest
import torch

from people3d.commands.weights import main as weights_command
from people3d.runtime import WeightsError, load_weights
from people3d.runtime import export as export_module
from people3d.runtime.entry import read_entry
from people3d.runtime.export import export_entry
from people3d.runtime.trained import read_checkpoint

from .conftest import Malicious


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_checkpoint_gives_its_running_average(checkpoints, networks):
    trained = read_checkpoint(checkpoints["rootnet"])
    expected = networks["rootnet"].state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in trained.state.items())
    assert trained.preprocessing["scale"] == 1 / 255
    assert trained.training["metrics"] == {"px256": None}  # NaN has no place in JSON


def test_file_describes_itself(entry_folder):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(entry_folder / "posenet.onnx")
    metadata = {p.key: p.value for p in model.metadata_props}
    assert metadata["people3d.kind"] == "posenet"
    assert metadata["people3d.skeleton"].startswith("muco21: Head_top Thorax")
    assert "(N, 64, 64, 3) uint8 RGB" in metadata["people3d.crops"]
    assert [d.dim_param or d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == ["batch", 64, 64, 3]


def test_a_card_is_added_and_the_networks_stay(copied):
    before = read_entry(copied)
    entry = export_entry(copied, [], card="# Scores\n")
    assert entry.card == "card.md" and (copied / "card.md").read_text() == "# Scores\n"
    assert read_entry(copied).networks == before.networks
    load_weights(copied)


def test_a_failed_export_leaves_the_old_weights(copied, checkpoints, monkeypatch):
    before = contents(copied)

    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(export_module, "save_onnx", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        export_entry(copied, [read_checkpoint(checkpoints["rootnet"])])
    assert contents(copied) == before
    assert [p.name for p in copied.parent.iterdir()] == [copied.name]  # no draft is left


def test_another_folder_is_not_replaced(tmp_path, checkpoints):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(WeightsError, match="expected a new or empty folder, or weights to replace, found other files"):
        export_entry(tmp_path, [read_checkpoint(checkpoints["rootnet"])])
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


def refuse_export(path, capsys) -> str:
    assert weights_command(["export", "--checkpoint", str(path), "--output", str(path.parent / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("people3d weights: ") and error.count("\n") == 1
    assert not (path.parent / "out").exists()
    return error


def test_checkpoint_that_is_missing(tmp_path, capsys):
    assert "expected a checkpoint, found no such file" in refuse_export(tmp_path / "no.pt", capsys)


def test_checkpoint_that_is_cut_off(tmp_path, capsys, checkpoints):
    path = tmp_path / "cut.pt"
    path.write_bytes(checkpoints["rootnet"].read_bytes()[:5000])
    assert "damaged or unsafe" in refuse_export(path, capsys)


def test_checkpoint_that_is_malicious(tmp_path, capsys):
    torch.save({"network": "rootnet", "model": Malicious(tmp_path / "trap")}, tmp_path / "bad.pt")
    assert "damaged or unsafe" in refuse_export(tmp_path / "bad.pt", capsys)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "handnet"}, "expected a checkpoint of detector, rootnet, posenet, got one of 'handnet'"),
        ({"preprocessing": {"input_size": 64}}, "preprocessing lacks mean, scale, std"),
        ({"arguments": {"backbone": "resnet18", "colour": "red"}}, "arguments or weights do not fit"),
        ({"arguments": {"backbone": "resnet19"}}, "unknown backbone 'resnet19'"),
        ({"arguments": {"backbone": "resnet18"}}, "arguments or weights do not fit"),
    ],
)
def test_checkpoint_that_contradicts_itself(tmp_path, capsys, checkpoints, change, message):
    torch.save(torch.load(checkpoints["rootnet"]) | change, tmp_path / "odd.pt")
    assert message in refuse_export(tmp_path / "odd.pt", capsys)
