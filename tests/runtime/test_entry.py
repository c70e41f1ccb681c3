"""Bad weights: one clear line, and nothing of theirs runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from people3d.runtime import WeightsError, load_weights, packaged_entries
from people3d.runtime.entry import read_entry, sha256

from .conftest import Malicious


def edit(folder: Path, change) -> None:
    path = folder / "entry.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def refused(match: str):
    return pytest.raises(WeightsError, match=match)


def one_line(error: pytest.ExceptionInfo) -> bool:
    return "\n" not in str(error.value)


def test_entry_reads_back_as_written(entry_folder):
    entry = read_entry(entry_folder)
    assert json.loads(entry.to_json()) == json.loads((entry_folder / "entry.json").read_text())
    assert entry.skeleton.name == "muco21" and entry.networks["posenet"].input_size == 64
    assert entry.networks["posenet"].coordinates == {
        "heatmap_cells": 4,
        "cell_offset": 0.5,
        "depth_cells": 8,
        "depth_range_mm": [-1000.0, 1000.0],
        "depth_axis": "optical",
        "mirror_sum": 63 / 64,
    }


def test_no_such_name():
    with refused("weights 'nobody': expected a folder that exists") as error:
        load_weights("nobody")
    assert one_line(error)


def test_folder_without_entry(tmp_path):
    with refused("it has no entry.json"):
        load_weights(tmp_path)


@pytest.mark.parametrize("text", ["", "{", '"text"', "[]", '{"format": 99}', '{"format": 1}', "\x00\x01"])
def test_damaged_entry(tmp_path, text):
    (tmp_path / "entry.json").write_text(text)
    with refused("entry.json: ") as error:
        load_weights(tmp_path)
    assert one_line(error)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d["networks"].pop("posenet"), "expected a posenet, these weights hold rootnet"),
        (lambda d: d["networks"]["posenet"].update(file="../posenet.onnx"), "expected a file name without a folder"),
        (lambda d: d["networks"]["posenet"].update(file="/etc/passwd"), "expected a file name without a folder"),
        (lambda d: d["networks"]["posenet"].update(kind="handnet"), "expected one of detector, rootnet, posenet"),
        (lambda d: d["networks"]["posenet"].update(input_size=10**9), "expected px from 1 to 4096"),
        (lambda d: d["networks"]["posenet"]["coordinates"].pop("mirror_sum"), "mirror_sum: expected a number"),
        (
            lambda d: d["networks"]["posenet"]["coordinates"].update(depth_axis="up"),
            "posenet: coordinates.depth_axis: expected one of optical, ray, got 'up'",
        ),
        (lambda d: d["networks"]["posenet"].pop("sha256"), "sha256"),
        (lambda d: d.update(skeleton="octopus"), "unknown skeleton 'octopus'"),
        (lambda d: d.update(networks=[1]), "entry.json: "),
    ],
)
def test_entry_that_contradicts_itself(copied, change, match):
    edit(copied, change)
    with refused(match) as error:
        load_weights(copied)
    assert one_line(error)


def test_missing_file(copied):
    (copied / "rootnet.onnx").unlink()
    with refused("rootnet.onnx: expected the weights of the rootnet, found no such file"):
        load_weights(copied)


def test_file_that_was_cut_off(copied):
    path = copied / "posenet.onnx"
    path.write_bytes(path.read_bytes()[:1000])
    with refused(r"posenet.onnx: expected sha256 .* \(1000 bytes\): cut off or changed"):
        load_weights(copied)


def test_file_that_was_changed(copied):
    path = copied / "posenet.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with refused("cut off or changed"):
        load_weights(copied)


def forge(folder: Path, kind: str, data: bytes, file: str = "file", digest: str = "sha256") -> None:
    """Put ``data`` in place of a file, with the hash that it has."""

    def change(document):
        path = folder / document["networks"][kind][file]
        path.write_bytes(data)
        document["networks"][kind][digest] = sha256(path)

    edit(folder, change)


def test_file_that_is_not_a_network(copied):
    forge(copied, "posenet", b"not a network")
    with refused("posenet.onnx: expected an ONNX network, onnxruntime says: ") as error:
        load_weights(copied).open()
    assert one_line(error)


def test_another_network_under_the_name(copied):
    forge(copied, "posenet", (copied / "rootnet.onnx").read_bytes())
    with refused("posenet.onnx: expected crops of 64 px for a posenet"):
        load_weights(copied).open()


def test_wrong_joint_count(copied):
    edit(copied, lambda d: d.update(skeleton="h36m18"))
    with refused("posenet.onnx: holds 21 joints, skeleton h36m18 has 18"):
        load_weights(copied).open()


def test_malicious_state_does_not_run(copied, tmp_path):
    trap = tmp_path / "trap"
    torch.save({"weight": Malicious(trap)}, tmp_path / "bad.pt")
    forge(copied, "posenet", (tmp_path / "bad.pt").read_bytes(), "state_file", "state_sha256")
    with refused("posenet.pt: expected torch's state of a posenet, it is damaged or unsafe") as error:
        load_weights(copied, runtime="torch", device="cpu").open()
    assert one_line(error) and not trap.exists()
    torch.load(tmp_path / "bad.pt", weights_only=False)
    assert trap.exists()  # the trap is a real one


@pytest.mark.parametrize("size", [0, 1000])
def test_state_that_is_cut_off(copied, size):
    forge(copied, "rootnet", (copied / "rootnet.pt").read_bytes()[:size], "state_file", "state_sha256")
    with refused("rootnet.pt: expected torch's state of a rootnet, it is damaged or unsafe"):
        load_weights(copied, runtime="torch", device="cpu").open()


def test_state_of_other_arguments(copied):
    edit(copied, lambda d: d["networks"]["posenet"]["arguments"].update(depth_cells=4))
    with refused("arguments or weights do not fit") as error:
        load_weights(copied, runtime="torch", device="cpu").open()
    assert one_line(error)


def test_no_state_for_torch(copied):
    edit(copied, lambda d: [n.update(state_file=None) for n in d["networks"].values()])
    with refused("expected torch's state of the rootnet for the torch runtime"):
        load_weights(copied, runtime="torch").open()


def test_detector_is_the_default_ones_or_named_as_missing(entry_folder):
    weights = load_weights(entry_folder)
    if "default" in packaged_entries():
        assert weights.detector_path().name == "detector.onnx"
    weights.detector_entry = None
    with refused("expected a detector; neither these nor the default weights have one"):
        weights.detector_path()
