"""The constant that RootNet has to beat."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.data.pack import Person, write_pack
from people3d.skeleton import get_skeleton

MUCO = get_skeleton("muco21")


def people(gammas, reach: float, weight: float = 1.0):
    """Standing people in boxes of 100 x 200 px, whose joints reach that share of the box's height."""
    for gamma in gammas:
        y = 150 + 100 * reach * np.linspace(-1, 1, len(MUCO))
        yield Person(
            image=np.zeros((300, 300, 3), np.uint8),
            box_xywh=np.array([100.0, 50, 100, 200]),
            joints_px=np.stack([np.full(len(MUCO), 150.0), y], -1),
            joints_rel_mm=np.zeros(len(MUCO)),
            xy_weight=np.full(len(MUCO), weight),
            z_weight=np.full(len(MUCO), weight),
            depth_over_focal=gamma * 2000 / 250,  # k / f for a crop box of 250 px
        )


def test_it_is_chosen_on_people_who_are_whole(tmp_path):
    pytest.importorskip("cv2")
    from result_tables import best_gamma

    whole, cut, unseen = people([1.0, 1.1, 1.2], 0.9), people([0.6] * 9, 1.4), people([0.6] * 9, 0.9, weight=0.0)
    write_pack(tmp_path / "mixed", [*whole, *cut, *unseen], 99, size=48)
    assert best_gamma(tmp_path / "mixed") == pytest.approx(1.1, abs=0.01)
    write_pack(tmp_path / "cut", people([0.6] * 9, 1.4), 99, size=48)
    with pytest.raises(ValueError, match="all limb joints in their box"):
        best_gamma(tmp_path / "cut")
