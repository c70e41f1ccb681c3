"""Every weights entry that comes with the package: whole, small, documented, and its networks open and answer."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.detect.default import OnnxDetector
from people3d.runtime import load_weights, packaged_entries

MEGABYTES = 25  # of all files together, so that the package stays small


@pytest.mark.parametrize("name", packaged_entries())
def test_packaged_weights(name):
    weights = load_weights(name, device="cpu", threads=1)  # checks every hash
    crops = np.random.default_rng(0).integers(0, 256, (2, weights.crop_size, weights.crop_size, 3), dtype=np.uint8)
    root, depth_std = weights.root(crops, np.array([3000.0, 6000.0]))
    joints, std = weights.pose(crops, flip_test=True)
    assert np.isfinite(root).all() and (root[:, 2] > 0).all()
    assert joints.shape == (2, len(weights.skeleton), 3) and np.isfinite(joints).all()
    assert depth_std is None or (depth_std > 0).all()
    assert std is None or (std > 0).all()
    boxes, scores = OnnxDetector(weights.detector_path(), device="cpu", threads=1)(crops[0])
    assert boxes.shape == (len(scores), 4)


@pytest.mark.parametrize("name", packaged_entries())
def test_packaged_weights_have_a_card(name):
    entry = load_weights(name).entry
    assert entry.card is not None and (entry.folder / entry.card).read_text(encoding="utf-8").startswith("# ")


def test_packaged_weights_are_small():
    files = [path for folder in packaged_entries().values() for path in folder.iterdir()]
    assert sum(path.stat().st_size for path in files) <= MEGABYTES * 1e6
