"""int8 entries: near the single-precision ones, smaller, and marked as what they are."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.runtime import WeightsError, load_weights
from people3d.runtime.entry import read_entry
from people3d.runtime.quantize import quantize_entry

from .conftest import SIZE, noise


@pytest.fixture(scope="module")
def int8_folder(entry_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "int8"
    quantize_entry(read_entry(entry_folder), folder, noise(32, seed=1))
    return folder


def test_the_answers_stay_near(entry_folder, int8_folder):
    single, int8 = load_weights(entry_folder), load_weights(int8_folder)
    crops, k = noise(6, seed=2), np.full(6, 3000.0)
    a, b = single.pose(crops), int8.pose(crops)
    assert 0 < np.abs(a.joints[..., :2] - b.joints[..., :2]).max() < 0.1
    ratio = int8.root(crops, k).root[:, 2] / single.root(crops, k).root[:, 2]
    np.testing.assert_allclose(ratio, 1, atol=0.2)


def test_it_is_an_entry_of_its_own(entry_folder, int8_folder):
    entry, int8 = read_entry(entry_folder), read_entry(int8_folder)
    int8.verify()
    assert int8.name == "int8"
    for kind in ("rootnet", "posenet"):
        assert int8.network(kind).sha256 != entry.network(kind).sha256
        assert "int8" in int8.network(kind).training["quantised"]
        assert int8.verified_path(kind).stat().st_size < 0.5 * entry.verified_path(kind).stat().st_size
    assert {p.name for p in int8_folder.iterdir()} == {"entry.json", "rootnet.onnx", "posenet.onnx"}


def test_what_does_not_fit_is_refused(entry_folder, int8_folder, tmp_path):
    entry = read_entry(entry_folder)
    with pytest.raises(WeightsError, match="expected a new or empty folder"):
        quantize_entry(entry, int8_folder, noise(2))
    with pytest.raises(WeightsError, match=rf"expected crops of {SIZE} px"):
        quantize_entry(entry, tmp_path / "x", np.zeros((2, 9, 9, 3), np.uint8))
    assert not (tmp_path / "x").exists()
