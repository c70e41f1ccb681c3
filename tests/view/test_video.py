"""The overlay video and the views from the side and from above."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from people3d.people import People
from people3d.view.plan import Plan


def _at(make_people, depths_mm) -> People:
    """Small people on the axis of the camera at these depths."""
    people = make_people(len(depths_mm))
    roots = np.array([[0, 0, z] for z in depths_mm], float)
    rng = np.random.default_rng(0)
    return replace(people, root_cam_mm=roots, joints_cam_mm=roots[:, None] + rng.normal(0, 80, (len(roots), 21, 3)))


def test_who_is_further_away_is_drawn_further_away(make_people):
    people = _at(make_people, [2000, 4500])
    nobody = Plan().draw(people[[]], 400, 600)
    assert nobody.shape == (600, 400, 3)
    near, far = ((Plan().draw(people[[i]], 400, 600) != nobody).any(-1) for i in (0, 1))
    assert np.flatnonzero(near[:300].any(0)).min() < np.flatnonzero(far[:300].any(0)).min() - 50  # side: to the right
    assert np.flatnonzero(near[300:].any(1)).max() > np.flatnonzero(far[300:].any(1)).max() + 50  # above: upwards


def test_the_scale_stays_when_people_leave_and_ignores_ghosts(make_people):
    plan = Plan()
    people = replace(_at(make_people, [3000]), track_ids=np.array([1]))
    first = plan.draw(people, 300, 400)
    ghost = replace(_at(make_people, [3000, 40000]), track_ids=np.array([1, 0]))
    plan.draw(ghost, 300, 400)
    np.testing.assert_array_equal(plan.draw(people, 300, 400), first)
    plan.draw(replace(ghost, track_ids=np.array([1, 2])), 300, 400)
    assert (plan.draw(people, 300, 400) != first).any()
    plan.draw(people[[]], 300, 400)  # nobody


def test_a_video_of_odd_size_and_odd_times(make_people, tmp_path):
    av = pytest.importorskip("av")
    from people3d.view.video import OverlayVideo

    people = make_people(2)
    video = OverlayVideo(tmp_path / "v.mp4", 29.97)
    times = [2.0, 2.04, 2.2, 2.2, 3.0]
    for time in times:
        video.add(np.full((480, 640, 3), 90, np.uint8), people, time)
        assert not (tmp_path / "v.mp4").exists()
    # Frames of another size, as in folders of pictures, are fitted.
    video.add(np.full((100, 77, 3), 90, np.uint8), People.empty(people.skeleton, people.camera, 77, 100), 3.1)
    video.close()
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]
    with av.open(str(tmp_path / "v.mp4")) as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
    assert [round(f.time, 2) for f in frames] == [0, 0.04, 0.2, 0.2, 1.0, 1.1]
    assert (frames[0].width, frames[0].height) == (640 + 360, 480)


def test_without_frames_there_is_no_file(tmp_path):
    pytest.importorskip("av")
    from people3d.view.video import OverlayVideo

    OverlayVideo(tmp_path / "v.mp4", 25).close()
    assert list(tmp_path.iterdir()) == []


def test_a_label_at_the_edge_is_whole():
    """Somebody at the far end of the side view had a distance that the edge cut."""
    import numpy as np

    from people3d.view import plan

    inside, beyond = (np.zeros((40, 200, 3), np.uint8) for _ in range(2))
    plan._text(inside, "1 · 10.3 m", np.array([20.0, 20]), (255, 255, 255))
    plan._text(beyond, "1 · 10.3 m", np.array([190.0, 20]), (255, 255, 255))
    assert beyond.any() and (beyond > 0).sum() == (inside > 0).sum()
