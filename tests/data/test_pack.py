from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.camera import REAL_SIDE_MM, k_value
from people3d.crop import extend_boxes
from people3d.data.pack import PACK_MARGIN, PACK_SIZE, Pack, packed, write_pack
from people3d.skeleton import get_skeleton

from .conftest import made_up_person

ROOT = get_skeleton("muco21").root


def test_a_pack_holds_as_many_as_there_were(pack):
    assert len(pack) == 12
    assert pack.images.shape == (12, PACK_SIZE, PACK_SIZE, 3)
    assert pack.joints.shape == (12, 21, 3)


def test_labels_move_with_the_picture(pack):
    for i in range(len(pack)):
        x, y = np.round(pack.joints[i, ROOT, :2]).astype(int)
        assert pack.images[i, y, x].min() > 150


def test_a_full_pack_stops_an_endless_stream(tmp_path):
    rng = np.random.default_rng(1)
    endless = iter(lambda: made_up_person(rng), None)
    assert write_pack(tmp_path / "p", endless, 3) == 3
    assert len(Pack.load(tmp_path / "p")) == 3


def test_depth_over_focal_and_side_give_gamma_times_k():
    person = made_up_person(np.random.default_rng(2), depth_over_focal=5000 / 1200)
    _, _, _, depth, side, _ = packed(person)
    crop_side = extend_boxes(person.box_xywh)[0, 2]
    assert side == pytest.approx(PACK_MARGIN * crop_side)
    gamma = depth * crop_side / REAL_SIDE_MM
    assert gamma * k_value(crop_side, 1200, 1200) == pytest.approx(5000)


def test_unlabelled_joints_may_be_nan():
    person = made_up_person(np.random.default_rng(3))
    joints = person.joints_px.copy()
    joints[0] = np.nan
    assert np.isfinite(packed(replace(person, joints_px=joints))[1]).all()


def test_a_broken_off_pack_is_not_there(tmp_path):
    def breaks():
        yield made_up_person(np.random.default_rng(4))
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        write_pack(tmp_path / "p", breaks(), 5)
    with pytest.raises(FileNotFoundError, match=r"images\.npy is missing"):
        Pack.load(tmp_path / "p")


def test_nobody_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="nobody"):
        write_pack(tmp_path / "p", [], 5)
