from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.camera import REAL_SIDE_MM
from people3d.data.augment import NONE, TURN_DEG, Augmentation, compress, lower_resolution, make_batch
from people3d.data.mixture import Mixture
from people3d.data.pack import PACK_MARGIN
from people3d.skeleton import get_skeleton

MUCO = get_skeleton("muco21")
GEOMETRY = Augmentation(colour=0, light=0, grey_prob=0, blur_prob=0, occlusion_prob=0, truncation_prob=0)


def batch_of(pack, augmentation, seed=0, size=192):
    return make_batch(pack, np.arange(len(pack)), size, MUCO, augmentation, np.random.default_rng(seed))


def test_without_augmentation_the_crop_is_the_crop_box(pack):
    batch = batch_of(pack, NONE)
    expected = (pack.joints[..., :2] / pack.images.shape[1] - 0.5) * PACK_MARGIN + 0.5
    assert np.abs(batch.joints[..., :2] - expected).max() < 1e-5
    assert np.allclose(batch.gamma, pack.depth_over_focal * pack.side_px / PACK_MARGIN / REAL_SIDE_MM)


@pytest.mark.parametrize("turn_prob", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_rotation_turn_scale_shift_and_flip_move_picture_and_labels_together(pack, seed, turn_prob):
    batch = batch_of(pack, replace(GEOMETRY, turn_prob=turn_prob), seed)
    checked = 0
    for image, joints, weights in zip(batch.images, batch.joints, batch.weights, strict=True):
        if weights[MUCO.root, 0]:
            x, y = np.clip(np.round(joints[MUCO.root, :2] * 192).astype(int), 1, 190)
            assert image[y - 1 : y + 2, x - 1 : x + 2].max() > 150
            checked += 1
    assert checked > 6


def test_whoever_is_turned_may_lie_or_stand_on_their_head_and_keeps_its_depths(pack):
    plain, turned = batch_of(pack, NONE), batch_of(pack, replace(NONE, turn_prob=1.0))
    (x, y), (u, v) = (np.moveaxis(b.joints[:, 1, :2] - b.joints[:, MUCO.root, :2], -1, 0) for b in (plain, turned))
    angles = np.abs((np.rad2deg(np.arctan2(v, u) - np.arctan2(y, x)) + 180) % 360 - 180)
    assert angles.min() < 60 < 90 < angles.max() < TURN_DEG + 1e-3
    assert np.array_equal(turned.joints[..., 2], plain.joints[..., 2]) and np.array_equal(turned.gamma, plain.gamma)


def test_flip_swaps_left_and_right(pack):
    plain, flipped = batch_of(pack, NONE), batch_of(pack, Augmentation(0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0, (0, 0), 0))
    mirrored = plain.joints[:, MUCO.mirror]
    assert np.allclose(flipped.joints[..., 0], 191 / 192 - mirrored[..., 0], atol=1e-5)
    assert np.allclose(flipped.joints[..., 1:], mirrored[..., 1:], atol=1e-4)
    assert (flipped.images == plain.images[:, :, ::-1]).all()


def test_k_follows_the_scale_so_that_depth_stays(pack):
    """γ·k is the same whatever box was cropped: γ grows with the crop as k shrinks."""
    batch = batch_of(pack, Augmentation(0, 0, 0.25, 0, 0, 0, 0, 0, 0, 0, (0, 0), 0))
    plain = batch_of(pack, NONE)
    scale = batch.gamma / plain.gamma
    assert scale.std() > 0.05
    around = batch.joints[..., :2] - 0.5
    assert np.allclose(around * scale[:, None, None], plain.joints[..., :2] - 0.5, atol=1e-5)


def test_joints_outside_the_crop_weigh_nothing(pack):
    batch = batch_of(pack, Augmentation(scale=0, shift=0.6, rotation_prob=0))
    outside = ((batch.joints[..., :2] < 0) | (batch.joints[..., :2] >= 1)).any(-1)
    assert outside.any() and not batch.weights[outside].any()


def test_occlusion_always_ends_and_changes_only_pixels(pack):
    strong = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0, (0.7, 0.7), 0)
    batch, plain = batch_of(pack, strong), batch_of(pack, NONE)
    assert (batch.images != plain.images).any(axis=(1, 2, 3)).all()
    assert np.array_equal(batch.joints, plain.joints)


JPEG = replace(NONE, jpeg_prob=1.0)


def test_jpeg_changes_only_pixels(pack):
    batch, plain = batch_of(pack, JPEG), batch_of(pack, NONE)
    assert batch.images.shape == plain.images.shape and batch.images.dtype == np.uint8
    assert (batch.images != plain.images).any(axis=(1, 2, 3)).all()
    assert np.array_equal(batch.joints, plain.joints) and np.array_equal(batch.weights, plain.weights)
    assert np.array_equal(batch.gamma, plain.gamma)


def test_jpeg_depends_on_the_random_numbers_alone(pack):
    first, again, other = (batch_of(pack, JPEG, seed).images for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("later", ["jpeg_prob", "turn_prob"])
def test_without_what_came_later_no_random_number_is_drawn_for_it(pack, later):
    """Recipes without it see the batches that they saw before there was any, also the people behind the first."""
    used, unused = np.random.default_rng(0), np.random.default_rng(0)
    make_batch(pack, np.arange(1), 96, MUCO, replace(NONE, **{later: 1e-12}), used)
    make_batch(pack, np.arange(1), 96, MUCO, NONE, unused)
    unused.random()
    assert used.random() == unused.random()


def test_compression_keeps_the_channels_apart_and_is_worse_at_low_quality():
    crop = np.zeros((32, 32, 3), np.uint8)
    crop[:, :16, 0], crop[:, 16:, 2] = 250, 200
    coded = compress(crop, 95)
    assert coded.shape == crop.shape and coded.dtype == np.uint8 and coded.flags.writeable
    assert np.abs(coded[:, :8].mean((0, 1)) - [250, 0, 0]).max() < 10
    assert np.abs(coded[:, 24:].mean((0, 1)) - [0, 0, 200]).max() < 10
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    errors = [np.abs(compress(noise, q).astype(int) - noise).mean() for q in (90, 50, 15)]
    assert errors == sorted(errors) and errors[0] < errors[-1]


def test_low_resolution_takes_the_detail_and_keeps_the_mean():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    low = lower_resolution(noise, 16)
    assert low.shape == noise.shape and low.std() < noise.std() / 2 and abs(low.mean() - noise.mean()) < 2


def test_batches_depend_on_seed_and_step_alone(pack):
    mixture = Mixture((pack, pack), (0.25, 0.75), MUCO, Augmentation(), seed=3)
    assert mixture.counts(8).tolist() == [2, 6]
    again, other = mixture.batch(5, 8, 96), mixture.batch(6, 8, 96)
    assert np.array_equal(mixture.batch(5, 8, 96).images, again.images)
    assert not np.array_equal(again.images, other.images)


def test_an_epoch_shows_everybody_once(pack):
    mixture = Mixture((pack,), (1.0,), MUCO, NONE, seed=1)
    seen = np.concatenate([mixture.batch(step, 4, 32).gamma * 0 + 1 for step in range(3)])
    assert len(seen) == len(pack)
    images = np.concatenate([mixture.batch(step, 4, 32).images for step in range(3)])
    assert len({image.tobytes() for image in images}) == len(pack)


def test_shares_must_fit_the_packs(pack):
    with pytest.raises(ValueError, match="one positive share a pack, got 1 packs"):
        Mixture((pack,), (0.5, 0.5), MUCO, NONE)
