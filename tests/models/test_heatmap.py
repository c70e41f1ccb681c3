"""Soft-argmax: the cell of a peak, the mean of two, any batch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from people3d.models.heatmap import expectation, heatmap_cells, init_head, soft_argmax  # noqa: E402


@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_a_peak_is_found_where_it_is(offset):
    heatmaps = torch.zeros(2, 3 * 4, 6, 5)  # 3 joints, 4 x 6 x 5 cells
    volume = heatmaps.view(2, 3, 4, 6, 5)
    peaks = {
        (0, 0): (3, 5, 4),
        (0, 1): (0, 0, 0),
        (0, 2): (1, 2, 3),
        (1, 0): (2, 4, 1),
        (1, 1): (3, 0, 2),
        (1, 2): (0, 5, 0),
    }
    for (n, j), (z, y, x) in peaks.items():
        volume[n, j, z, y, x] = 50
    found = soft_argmax(heatmaps, 4, offset)
    for (n, j), (z, y, x) in peaks.items():
        torch.testing.assert_close(found[n, j], torch.tensor([x, y, z]) + offset, atol=1e-4, rtol=0)


def test_two_equal_peaks_give_their_mean():
    heatmaps = torch.zeros(1, 2, 8, 8)
    heatmaps[0, 0, 2, 1] = heatmaps[0, 1, 6, 5] = 50  # of one joint with two depth cells
    torch.testing.assert_close(soft_argmax(heatmaps, 2), torch.tensor([[[3.0, 4.0, 0.5]]]), atol=1e-4, rtol=0)


def test_a_flat_map_gives_its_middle():
    torch.testing.assert_close(soft_argmax(torch.zeros(1, 64, 64, 64), 64), torch.full((1, 1, 3), 31.5))


def test_large_logits_stay_finite_and_half_precision_is_read_in_single():
    found = soft_argmax(torch.full((1, 2, 4, 4), 60000.0, dtype=torch.float16), 2, 0.5)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, torch.tensor([[[2.0, 2.0, 1.0]]]))


def test_nobody():
    assert soft_argmax(torch.zeros(0, 6, 4, 4), 2).shape == (0, 3, 3)


def test_expectation_of_one_cell_is_its_place():
    torch.testing.assert_close(expectation(torch.ones(2, 1), 0.5), torch.tensor([0.5, 0.5]))


@pytest.mark.parametrize(("size", "deconvs", "cells"), [(256, 3, 64), (160, 2, 20), (128, 0, 4), (200, 1, 14)])
def test_cells_a_side(size, deconvs, cells):
    assert heatmap_cells(size, deconvs) == cells


def test_heads_start_as_in_the_paper():
    torch.manual_seed(0)
    head = torch.nn.Sequential(torch.nn.ConvTranspose2d(64, 64, 4), torch.nn.Conv2d(64, 100, 1))
    init_head(head)
    for layer in head:
        assert abs(layer.weight.std().item() / 0.001 - 1) < 0.05 and abs(layer.weight.mean().item()) < 1e-4
        assert (layer.bias == 0).all()
