from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.clip import clip


def test_people_move_smoothly_and_keep_their_place_in_the_list(egl):
    frames = list(clip(5, 1, frames=5, fps=10, image_size=(96, 72), people=(2, 2)))
    assert [len(s) for s in frames] == [2] * 5 and [s.index for s in frames] == list(range(5))
    assert len({s.people for s in frames}) == 1
    roots = np.stack([s.root_cam_mm for s in frames])
    steps = np.linalg.norm(np.diff(roots, axis=0), axis=-1)
    assert steps.max() < 600  # 6 m/s at 10 frames a second
    joints = np.stack([s.joints_cam_mm for s in frames])
    assert np.abs(np.diff(joints, axis=0)).max() > 10


def test_same_clip_again(egl):
    first, second = (next(clip(6, frames=3, image_size=(64, 48))) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()


def test_no_frames():
    with pytest.raises(ValueError, match="expected one frame or more"):
        next(clip(0, frames=0))
