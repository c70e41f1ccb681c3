"""Crops in, sides of the crop and mm out: on onnxruntime as in torch, at every batch size."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from people3d.commands.weights import main as weights_command
from people3d.crop import resized_crops
from people3d.runtime import load_weights

from .conftest import MEAN, POSENET, SIZE, STD, checkpoint, noise


@pytest.fixture(scope="module")
def weights(entry_folder):
    return load_weights(entry_folder, threads=1)


def k_of(count: int) -> np.ndarray:
    return np.linspace(1500, 6000, count)


def normalised(crops: np.ndarray) -> torch.Tensor:
    """The preprocessing once more, in float64 numpy, apart from the code under test."""
    images = (crops / 255 - np.array(MEAN)) / np.array(STD)
    return torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32))


@pytest.mark.parametrize("count", [1, 7])
def test_onnx_gives_what_the_torch_networks_give(weights, networks, count):
    crops, k = noise(count), k_of(count)
    with torch.no_grad():
        xy, gamma, root_scale = networks["rootnet"].forward_with_scale(normalised(crops))
        cells, _, scale = networks["posenet"].forward_with_scale(normalised(crops))
    root, depth_std = weights.root(crops, k)
    joints, std = weights.pose(crops)
    side = SIZE / 32 * 2  # one deconvolution
    np.testing.assert_allclose(root[:, :2] * side, xy, atol=1e-4)
    np.testing.assert_allclose(root[:, 2], gamma.numpy() * k, rtol=1e-4)
    np.testing.assert_allclose(depth_std / np.abs(root[:, 2]), np.sqrt(2) * np.exp(root_scale.numpy()), rtol=1e-3)
    np.testing.assert_allclose(joints[..., :2] * side, cells[..., :2], atol=1e-4)
    np.testing.assert_allclose(joints[..., 2], (cells[..., 2].numpy() / 8 * 2 - 1) * 1000, atol=0.05)
    np.testing.assert_allclose(std, np.sqrt(2) * np.exp(scale.numpy()) * [1, 1000], rtol=1e-3)
    assert joints.shape == (count, 21, 3) and std.shape == (count, 21, 2)
    assert joints.std(0).max() > 1e-3 or count == 1  # the networks are awake: crops matter


@pytest.mark.parametrize("count", [1, 7])
def test_torch_runtime_agrees_with_onnxruntime(weights, entry_folder, count):
    by_torch = load_weights(entry_folder, runtime="torch", device="cpu")
    crops, k = noise(count, 1), k_of(count)
    for ours, theirs in zip(weights.root(crops, k), by_torch.root(crops, k), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(weights.pose(crops), by_torch.pose(crops), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=0.05)


def test_nobody_never_reaches_a_network(entry_folder):
    weights = load_weights(entry_folder)
    root, depth_std = weights.root(noise(0), np.zeros(0))
    joints, std = weights.pose(noise(0), flip_test=True)
    assert root.shape == (0, 3) and depth_std is None
    assert joints.shape == (0, 21, 3) and std is None
    assert "_rootnet" not in vars(weights) and "_posenet" not in vars(weights)  # nothing was opened


def test_chunks_do_not_change_anything(weights, entry_folder):
    crops, k = noise(7, 2), k_of(7)
    chunked = load_weights(entry_folder, batch_size=3, threads=1)
    np.testing.assert_allclose(chunked.root(crops, k).root, weights.root(crops, k).root, rtol=1e-5)
    np.testing.assert_allclose(chunked.pose(crops).joints, weights.pose(crops).joints, atol=0.01)


def test_flip_test_is_the_mean_with_the_mirrored_crop(weights):
    crops = noise(2, 3)
    plain, mirrored = weights.pose(crops).joints, weights.pose(crops[:, :, ::-1]).joints
    back = mirrored[:, weights.skeleton.mirror]
    back[..., 0] = (SIZE - 1) / SIZE - back[..., 0]  # px x of a crop lies at SIZE - 1 - x in its mirror image
    np.testing.assert_allclose(weights.pose(crops, flip_test=True).joints, (plain + back) / 2, rtol=1e-4, atol=1e-3)
    both = (weights.pose(crops).joints + 0, weights.pose(crops[:, :, ::-1], flip_test=True).joints)
    again = both[1][:, weights.skeleton.mirror]
    again[..., 0] = (SIZE - 1) / SIZE - again[..., 0]
    # The flip test of the mirror image is the mirror image of the flip test.
    np.testing.assert_allclose(again, weights.pose(crops, flip_test=True).joints, rtol=1e-4, atol=1e-3)


def test_flip_test_is_that_of_the_torch_network(weights, networks):
    crops = noise(2, 3)
    expected = networks["posenet"].flip_test(normalised(crops)).numpy()
    ours = weights.pose(crops, flip_test=True).joints
    np.testing.assert_allclose(ours[..., :2] * 4, expected[..., :2], atol=1e-4)


@pytest.mark.parametrize(
    ("crops", "message"),
    [
        (np.zeros((2, SIZE, SIZE + 1, 3), np.uint8), r"expected \(N, 64, 64, 3\) uint8"),
        (np.zeros((2, SIZE, SIZE, 3), np.float32), "float32"),
    ],
)
def test_wrong_crops_are_refused(weights, crops, message):
    with pytest.raises(ValueError, match=message):
        weights.pose(crops)


def test_one_k_a_crop(weights):
    with pytest.raises(ValueError, match=r"expected one a crop \(2\), got 1"):
        weights.root(noise(2), np.ones(1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runtime": "tensorflow"}, "expected one of onnxruntime, openvino, torch, got 'tensorflow'"),
        ({"batch_size": 0}, "at least 1, got 0"),
    ],
)
def test_impossible_options(entry_folder, options, message):
    with pytest.raises(ValueError, match=message):
        load_weights(entry_folder, **options)


def test_unknown_device(entry_folder):
    with pytest.raises(ValueError, match="expected auto, cpu or cuda, got 'tpu'"):
        load_weights(entry_folder, device="tpu").open()


def test_info_says_which_files(weights):
    info = weights.info
    assert info["posenet"] == {"id": "small/posenet", "sha256": weights.entry.networks["posenet"].sha256}
    assert len(info["rootnet"]["sha256"]) == 64


def test_each_network_sees_the_crop_at_its_own_size(entry_folder, networks, tmp_path):
    """PoseNet at 96 px beside RootNet at 64: both answer as alone, in sides of the same crop."""
    finer = checkpoint("posenet", POSENET, networks["posenet"])
    finer["preprocessing"]["input_size"] = 96
    torch.save(finer, tmp_path / "finer.pt")
    folder = shutil.copytree(entry_folder, tmp_path / "mixed")
    args = ["export", "--checkpoint", str(tmp_path / "finer.pt"), "--output", str(folder), "--storage", "float32"]
    assert weights_command(args) == 0
    mixed, alone = load_weights(folder, threads=1), load_weights(entry_folder, threads=1)
    assert (mixed.crop_size, alone.crop_size) == (96, 64)
    crops, k = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), dtype=np.uint8), k_of(3)
    smaller = resized_crops(crops, 64)
    np.testing.assert_array_equal(mixed.root(crops, k).root, alone.root(smaller, k).root)
    with torch.no_grad():
        cells = networks["posenet"].forward_with_scale(normalised(crops))[0]
    np.testing.assert_allclose(mixed.pose(crops).joints[..., :2] * 96 / 32 * 2, cells[..., :2], atol=1e-4)
    with pytest.raises(ValueError, match=r"expected \(N, 96, 96, 3\) uint8, got \(3, 64, 64, 3\)"):
        mixed.pose(smaller)
