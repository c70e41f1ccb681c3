"""Rendered people straight into training: deterministic, endless, in processes of their own."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("anny")

from people3d.commands.train import main  # noqa: E402
from people3d.data.augment import NONE  # noqa: E402
from people3d.data.mixture import Mixture  # noqa: E402
from people3d.skeleton import get_skeleton  # noqa: E402
from people3d.train import stream as module  # noqa: E402
from people3d.train.crops import crop_task, get_recipe  # noqa: E402
from people3d.train.stream import RenderingError, Stream, StreamOptions  # noqa: E402

MUCO = get_skeleton("muco21")
SMALL = StreamOptions(workers=2, views=2, window=64)


@pytest.fixture(scope="module")
def can_render():
    """Asked in a process of its own: this one must not open OpenGL before torch's compiler is loaded."""
    import subprocess
    import sys

    code = "import moderngl; moderngl.create_context(standalone=True, backend='egl')"
    if subprocess.run([sys.executable, "-c", code], capture_output=True).returncode:
        pytest.skip("nothing can be rendered here")


@pytest.fixture(scope="module")
def stream(can_render):
    source = Stream(SMALL, seed=5, skeleton=MUCO)
    yield source
    source.close()


def test_everybody_is_seen_as_often_as_asked_for_and_then_never_again(stream):
    picked = stream.pick(0, 2 * 64, (0, 0))
    assert sum(len(indices) for _, indices in picked) == 128
    ((pack, indices),) = picked
    assert np.array_equal(np.bincount(indices, minlength=64), np.full(64, 2))
    ((later, _),) = stream.pick(128, 8, (0, 0))
    assert not any(np.array_equal(a, b) for a in pack.images[:8] for b in later.images)
    assert np.isfinite(pack.joints).all() and (pack.depth_over_focal > 0).all() and (pack.weights > 0).any((1, 2)).all()


def test_a_request_may_cross_from_window_to_window(stream):
    picked = stream.pick(120, 16, (0, 0))
    assert [len(indices) for _, indices in picked] == [8, 8]
    assert np.array_equal(picked[0][1], stream.pick(0, 128, (0, 0))[0][1][120:])


def test_the_same_whatever_the_number_of_processes_and_where_one_starts(stream):
    other = Stream(replace(SMALL, workers=1), seed=5, skeleton=MUCO)
    try:
        ((a, i),) = stream.pick(130, 4, (0, 0))
        ((b, j),) = other.pick(130, 4, (0, 0))  # this one never rendered the first window
    finally:
        other.close()
    assert np.array_equal(i, j)
    for name in ("joints", "weights", "depth_over_focal", "side_px", "images"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


def test_held_out_people_are_others(stream):
    held_out = stream.held_out(5)
    assert len(held_out) == 5
    pack = stream.window(0)
    assert not any(np.array_equal(a, b) for a in held_out.joints for b in pack.joints)


def test_a_batch_depends_on_seed_and_step_alone(stream):
    mixture = Mixture((stream,), (1.0,), MUCO, NONE, seed=3)
    first, again = mixture.batch(2, 8, 64), mixture.batch(2, 8, 64)
    assert np.array_equal(first.images, again.images) and np.array_equal(first.joints, again.joints)
    assert not np.array_equal(first.images, mixture.batch(3, 8, 64).images)


def test_another_skeleton(can_render):
    source = Stream(replace(SMALL, window=32), seed=5, skeleton=get_skeleton("h36m18"))
    try:
        assert source.window(0).joints.shape == (32, 18, 3)
    finally:
        source.close()


def test_a_process_that_dies_is_replaced(can_render, capsys):
    source = Stream(replace(SMALL, workers=1, window=32), seed=5, skeleton=MUCO)
    try:
        expected = source.window(0).joints
        source._windows.clear()
        source._pool.submit(os.kill, *(os.getpid(), 0)).result()  # the pool is alive
        source._pool.submit(_die)
        assert np.array_equal(source.window(0).joints, expected)
    finally:
        source.close()
    assert "a process died" in capsys.readouterr().err


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_processes_that_always_die_end_the_run(monkeypatch):
    monkeypatch.setattr(module, "_render", _dies)
    source = Stream(replace(SMALL, workers=1, window=32), seed=5, skeleton=MUCO)
    try:
        with pytest.raises(RenderingError, match="died 3 times in a row"):
            source.window(0)
    finally:
        source.close()


def test_where_there_is_no_opengl_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(module, "_render", _no_opengl)
    assert main(["rootnet", "--recipe", "synthetic", "--stream", "1", "--random"]) == 2
    assert capsys.readouterr().err == "people3d train: --stream: no OpenGL here\n"


def _no_opengl(*_) -> None:
    raise RuntimeError("no OpenGL here\nand a second line")


def _dies(*_) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_training_from_the_stream_resumes_exactly(can_render, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module.StreamOptions, "__init__", _small(module.StreamOptions.__init__))
    monkeypatch.setattr("people3d.train.crops.MAX_HELD_OUT", 8)
    common = ["rootnet", "--recipe", "synthetic", "--stream", "1", "--random", "--batch-size", "4"]
    common += ["--precision", "fp32", "--threads", "1"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main([*common, "--steps", "4", "--output", str(whole)]) == 0
    # The schedule depends on the number of steps, so the run is stopped by its time, and goes on.
    assert main([*common, "--steps", "4", "--minutes", "0.0001", "--output", str(parts)]) == 0
    assert main([*common, "--steps", "4", "--resume", "--output", str(parts)]) == 0
    capsys.readouterr()
    a, b = (torch.load(p / "checkpoint.pt", weights_only=True) for p in (whole, parts))
    assert a["step"] == b["step"] == 4
    for name, tensor in a["model"].items():
        assert torch.equal(tensor, b["model"][name]), name


def _small(original):
    def init(self, workers, views, **others):
        original(self, workers, views, window=32, **others)

    return init


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--synthetic", "."], "--stream renders people"),
        (["--mocap", "nowhere"], "--mocap nowhere: expected a folder"),
        (["--backgrounds", "nowhere"], "--backgrounds nowhere: expected a folder"),
        (["--recipe", "muco"], "--stream: the recipe muco uses muco, coco"),
        (["--stream-views", "0"], "views: expected 1 or more, got 0"),
    ],
)
def test_what_does_not_go_together_is_named(arguments, message, capsys):
    given = ["--recipe", "synthetic", *arguments] if "--recipe" not in arguments else arguments
    assert main(["rootnet", "--stream", "1", *given]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_epochs_need_an_end():
    recipe = replace(get_recipe("rootnet", "synthetic"), epochs=2)

    class Fake:
        def __init__(self, *_):
            pass

        def held_out(self, _):
            return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("people3d.train.crops.Stream", Fake)
        with pytest.raises(ValueError, match="no epochs"):
            crop_task("rootnet", recipe, {}, None, None, 0, 4, random=True, stream=SMALL)
