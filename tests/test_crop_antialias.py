"""Crops much coarser than their image average what they cover."""

import numpy as np

from people3d.crop import crop_affine, warp_crop


def test_fine_checkerboard_becomes_grey_and_stays_in_place():
    y, x = np.mgrid[:960, :960]
    board = np.repeat((255 * ((x + y) % 2)).astype(np.uint8)[..., None], 3, -1)
    affine = crop_affine(np.array([0, 0, 960, 960]), 160)
    grey = warp_crop(board, affine, 160)
    assert np.abs(grey[2:-2, 2:-2].astype(int) - 127).max() <= 2

    spot = np.zeros((960, 960, 3), np.uint8)
    spot[600:630, 300:330] = 255
    weight = warp_crop(spot, affine, 160)[..., 0].astype(float)
    centre = [(weight.sum(axis) * np.arange(160)).sum() / weight.sum() for axis in (0, 1)]
    expected = affine @ [314.5, 614.5, 1]
    assert np.abs(np.array(centre) - expected).max() < 0.05
