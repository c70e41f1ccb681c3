from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.actor import character
from people3d.synth.clip import Mover, clip
from people3d.synth.joints import SYNTH
from people3d.synth.pose import procedural_pose


def test_people_move_smoothly_and_keep_their_place_in_the_list(egl):
    frames = list(clip(5, 3, frames=5, fps=10, image_size=(96, 72), people=(2, 2)))
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


FEET = np.array([[SYNTH.index(f"{s}_Ankle"), SYNTH.index(f"{s}_Toe")] for s in "LR"])
FPS = 25


@pytest.mark.parametrize("posture", ["walking", "standing", "crouching"])
def test_feet_stay_on_the_floor_between_key_poses(body_model, posture):
    """At key poses and between them: the lowest point is on the floor, and so is a foot, which slides no more than two
    feet must that both stand and come nearer to each other."""
    rng = np.random.default_rng(0)
    who = character(rng, 30, mesh="coarse")
    keys = None
    if posture != "walking":
        keys = np.stack([who.fit(lambda: procedural_pose(rng, posture), 30.0)[1] for _ in range(3)])
    mover = Mover(who, posture, np.array([500.0, 4000, 0]), 30.0, keys, seed=5, key_s=0.8)
    actors = [mover.at(frame / FPS) for frame in range(2 * FPS)]
    assert np.abs([a.vertices_mm[:, 2].min() for a in actors]).max() < 0.01
    feet = np.stack([a.joints_mm for a in actors])[:, FEET]  # (frames, sides, ankle and toe, 3)
    toes = feet[:, :, 1, 2]
    assert toes.min(1).max() < 80  # one foot at least; the toes' joint is about 20 mm above the sole
    middle = feet.mean(2)
    carries = middle[:-1, :, 2].argmin(1)
    moved = np.diff(middle[..., :2], axis=0) * FPS
    slides = np.linalg.norm(moved, axis=-1)[np.arange(len(carries)), carries]
    nearer = np.linalg.norm(moved[:, 0] - moved[:, 1], axis=-1)
    assert np.median(slides) < 150 and np.percentile(slides - nearer / 2, 90) < 30
    if posture == "walking":
        assert np.linalg.norm(actors[-1].joints_mm[SYNTH.root] - actors[0].joints_mm[SYNTH.root]) > 1000


def test_a_mover_goes_on_from_period_to_period(body_model):
    """A walk's third cycle begins where its second ends."""
    mover = Mover(character(np.random.default_rng(1), 30, mesh="coarse"), "walking", np.zeros(3), 0.0, seed=2)
    end = 2 / 0.9
    roots = np.stack([mover.at(end + t).joints_mm[SYNTH.root] for t in (-0.002, 0.002)])
    assert np.linalg.norm(roots[1] - roots[0]) < 20
