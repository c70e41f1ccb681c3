"""The lifting network's training: views of poses, and that it learns from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.models import LiftingNet  # noqa: E402
from people3d.skeleton import get_skeleton  # noqa: E402
from people3d.train.checkpoint import load_checkpoint  # noqa: E402
from people3d.train.lifting import LiftingTask, lifting_task, of_human_size, see  # noqa: E402
from people3d.train.loop import LoopConfig, train  # noqa: E402

MUCO = get_skeleton("muco21")


def poses(count: int, seed: int = 0) -> np.ndarray:
    """A standing person with random limbs, z up, facing -y: left is +x."""
    rng = np.random.default_rng(seed)
    out = rng.normal(0, 60, (count, 21, 3))
    for n, name in enumerate(MUCO.joints):
        out[:, n, 0] += {"L_": 150, "R_": -150}.get(name[:2], 0)
        height = {"Head": 650, "Shou": 450, "Knee": -430, "Ankl": -830, "Toe": -880, "Hip": 0, "Pelv": 0}
        out[:, n, 2] += next((z for part, z in height.items() if part in name), 200)
    return out


def test_views_keep_the_body_and_its_left():
    world = poses(200)
    px, seen = see(world, np.random.default_rng(0))
    assert px.shape == (200, 21, 2) and (seen[..., 2] > 500).all()

    def lengths(joints):
        return np.stack([np.linalg.norm(joints[:, a] - joints[:, b], axis=-1) for a, b in MUCO.edges], 1)

    np.testing.assert_allclose(lengths(seen), lengths(world))
    # The same hand: up × (left - right) points backwards from a person, in any right-handed frame.
    joints = [MUCO.index(n) for n in ("L_Hip", "R_Hip", "L_Ankle", "Head_top")]
    frames = [np.stack([p[:, joints[0]] - p[:, joints[1]], p[:, joints[3]] - p[:, joints[2]], p[:, 0] - p[:, 16]], 1)
              for p in (world, seen)]  # fmt: skip
    np.testing.assert_allclose(np.linalg.det(frames[0]), np.linalg.det(frames[1]))
    # One focal length a view, the principal point in the middle of 1000 px.
    focal = (px - 500) / (seen[..., :2] / seen[..., 2:])
    np.testing.assert_allclose(focal, np.broadcast_to(focal[:, :1, :1], focal.shape), rtol=1e-6)
    assert (focal[:, 0, 0] > 499).all() and (focal[:, 0, 0] < 1600).all()
    head, feet = px[:, MUCO.index("Head_top"), 1], px[:, MUCO.index("L_Ankle"), 1]
    assert (head < feet).mean() > 0.95  # y points down


def test_bodies_get_human_legs():
    sized = of_human_size(poses(50) * np.random.default_rng(0).uniform(0.01, 10, (50, 1, 1)), np.random.default_rng(1))
    hip, knee, ankle = (sized[:, MUCO.index(f"L_{p}")] for p in ("Hip", "Knee", "Ankle"))
    legs = np.linalg.norm(hip - knee, axis=1) + np.linalg.norm(knee - ankle, axis=1)
    assert 650 < legs.mean() < 950


def small_task() -> LiftingTask:
    torch.manual_seed(0)
    arguments = {"skeleton": "muco17", "width": 64, "blocks": 1, "dropout": 0.1}
    return LiftingTask(LiftingNet(**arguments), arguments, [poses(300)], [1.0], poses(60, 1), 64, 0.05, 0.1)


def test_batches_depend_on_the_step_alone_and_some_joints_are_missing():
    task = small_task()
    a, b, other = task.batch(3, 0), task.batch(3, 0), task.batch(4, 0)
    np.testing.assert_array_equal(a.joints_px, b.joints_px)
    assert not np.array_equal(a.joints_mm, other.joints_mm)
    missing = np.isnan(a.joints_px).any(-1)
    assert 0.05 < missing.mean() < 0.15
    assert np.isfinite(a.joints_mm).all() and (a.joints_mm[:, task.model.skeleton.root] == 0).all()


def test_it_learns_and_resumes_exactly(tmp_path):
    config = LoopConfig(steps=120, batch_size=64, learning_rate=5e-3, warmup_steps=5, ema_decay=0.9, device="cpu",
                        precision="fp32", loader_threads=1, evaluate_every=120)  # fmt: skip
    task = small_task()
    before = task.evaluate(task.model)
    train(task, config, tmp_path / "whole")
    after = load_checkpoint(tmp_path / "whole" / "checkpoint.pt")["metrics"]
    assert after["mpjpe_mm"] < 0.6 * before["mpjpe_mm"] and after["mpjpe_mm"] < 0.95 * after["mean_pose_mm"]

    class Stops(LiftingTask):
        def batch(self, step, size):
            if step >= 60:
                raise KeyboardInterrupt
            return super().batch(step, size)

    stops = Stops(**{f: getattr(small_task(), f) for f in LiftingTask.__dataclass_fields__})
    with pytest.raises(KeyboardInterrupt):
        train(stops, replace(config, checkpoint_minutes=0), tmp_path / "broken")
    train(small_task(), config, tmp_path / "broken", resume=True)
    a, b = (load_checkpoint(tmp_path / n / "checkpoint.pt")["model"] for n in ("whole", "broken"))
    assert all(torch.equal(a[k], b[k]) for k in a)  # dropout's random numbers too


def test_the_recipe_makes_a_task():
    pytest.importorskip("scipy")
    task, loop = lifting_task("synthetic", None, batch_size=8, made_up=120)
    assert len(task.batch(0, 0).joints_px) == 8 == loop.batch_size
    assert len(task.held_out) + len(task.poses[0]) == 120
    with pytest.raises(ValueError, match="there are: synthetic, small"):
        lifting_task("mixed", None)
