"""The lifting network's training: captured and made-up poses seen by random cameras. No pictures are needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from people3d.models.lifting import UNIT_MM, LiftingNet
from people3d.skeleton import get_skeleton
from people3d.train.loop import LoopConfig
from people3d.train.recipes.lifting import LIFTING

MADE_UP = 20_000  # poses
HELD_OUT_EVERY, HELD_OUT_RUN = 10, 50  # every tenth run of 50 poses: neighbours in a clip are alike
EVALUATED = 4096  # held-out views
_MUCO = get_skeleton("muco21")
_CAMERA_FROM_WORLD = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # z up → x right, y down, z forward


@dataclass(frozen=True)
class LiftingBatch:
    """N views of poses: ``joints_px`` (N, J, 2) with NaN where missing, ``joints_mm`` (N, J, 3) from the root, in the
    camera's axes."""

    joints_px: np.ndarray
    joints_mm: np.ndarray


@dataclass
class LiftingTask:
    """A :class:`people3d.train.loop.Task` for the lifting network.

    Attributes:
        poses: sets of (P, 21, 3) poses, z up, mm, MuCo's joints; ``shares`` their parts of a batch.
        held_out: (Q, 21, 3).
    """

    model: LiftingNet
    arguments: dict[str, Any]
    poses: list[np.ndarray]
    shares: list[float]
    held_out: np.ndarray
    batch_size: int
    noise: float
    missing_prob: float
    seed: int = 0
    network: str = "lifting"

    def __post_init__(self) -> None:
        self.preprocessing: dict[str, Any] = {}
        self._joints = [_MUCO.index(name) for name in self.model.skeleton.joints]

    def batch(self, step: int, size: int) -> LiftingBatch:
        """The batch of a step: the same for the same seed. ``size`` means nothing here."""
        rng = np.random.default_rng((self.seed, step))
        which = rng.choice(len(self.poses), self.batch_size, p=self.shares)
        poses = np.stack([self.poses[w][rng.integers(len(self.poses[w]))] for w in which])
        mirrored = rng.random(self.batch_size) < 0.5
        poses[mirrored] = poses[mirrored][:, _MUCO.mirror] * [-1, 1, 1]
        return self._seen(poses, rng, self.noise, self.missing_prob)

    def loss(self, batch: LiftingBatch) -> tuple[torch.Tensor, dict[str, float]]:
        """Mean distance of the joints in units of the output. (Martinez et al.: its square.)"""
        device = next(self.model.parameters()).device
        predicted = self.model(torch.from_numpy(batch.joints_px).to(device))
        distance = (predicted - torch.from_numpy(batch.joints_mm).to(device)).norm(dim=-1).mean()
        return distance / UNIT_MM, {"mpjpe_mm": float(distance.detach())}

    @torch.no_grad()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """MPJPE in mm on held-out poses, all joints given and no noise: the network's, and of their mean pose."""
        model.eval()
        rng = np.random.default_rng(0)
        poses = self.held_out[rng.integers(len(self.held_out), size=EVALUATED)]
        batch = self._seen(poses, rng, 0.0, 0.0)
        device = next(model.parameters()).device
        predicted = model(torch.from_numpy(batch.joints_px).to(device)).cpu().numpy()
        true = batch.joints_mm
        return {
            "mpjpe_mm": float(np.linalg.norm(predicted - true, axis=-1).mean()),
            "mean_pose_mm": float(np.linalg.norm(true.mean(0) - true, axis=-1).mean()),
        }

    def _seen(self, poses: np.ndarray, rng: np.random.Generator, noise: float, missing_prob: float) -> LiftingBatch:
        px, joints = see(poses[:, self._joints], rng)
        spread = np.linalg.norm(px - px.mean(1, keepdims=True), axis=-1).mean(1)[:, None, None]
        px = px + rng.uniform(0, noise, (len(px), 1, 1)) * spread * rng.standard_normal(px.shape)
        px[rng.random(px.shape[:2]) < missing_prob] = np.nan
        root = self.model.skeleton.root
        return LiftingBatch(px.astype(np.float32), (joints - joints[:, root, None]).astype(np.float32))


def see(poses: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(N, J, 3) poses, z up, mm, the feet down, each by a camera of its own → (N, J, 2) px and (N, J, 3) camera mm.

    Cameras of 35 to 90° look from any side, mostly from a little above, at people 1.5 to 10 m away.
    """
    n = len(poses)
    heading, elevation = rng.uniform(0, 2 * np.pi, n), rng.normal(np.deg2rad(10), np.deg2rad(14), n)
    roll = rng.normal(0, np.deg2rad(4), n)
    turned = np.einsum("nij,nkj->nki", _rotations(2, heading), poses - poses.mean(1, keepdims=True))
    axes = _rotations(2, roll) @ _rotations(0, elevation) @ _CAMERA_FROM_WORLD
    joints = np.einsum("nij,nkj->nki", axes, turned)
    half = np.tan(np.deg2rad(rng.uniform(35, 90, n)) / 2)
    depth = np.exp(rng.uniform(np.log(1500), np.log(10000), n))
    depth = np.maximum(depth, 600 - joints[..., 2].min(1))  # nobody's hand behind the camera
    place = rng.uniform(-0.8, 0.8, (n, 2)) * half[:, None] * depth[:, None]
    joints = joints + np.concatenate([place, depth[:, None]], 1)[:, None]
    px = joints[..., :2] / joints[..., 2:] / half[:, None, None] * 500 + 500
    return px, joints


def _rotations(axis: int, angles: np.ndarray) -> np.ndarray:
    """(N, 3, 3) about x (0) or z (2)."""
    c, s, out = np.cos(angles), np.sin(angles), np.tile(np.eye(3), (len(angles), 1, 1))
    a, b = [i for i in range(3) if i != axis]
    out[:, a, a], out[:, a, b], out[:, b, a], out[:, b, b] = c, -s, s, c
    return out


def of_human_size(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(P, 21, 3) poses at whatever scale → legs of 700 to 920 mm from hip to ankle, as most adults have."""
    legs = np.zeros(len(poses))
    for side in "LR":
        hip, knee, ankle = (poses[:, _MUCO.index(f"{side}_{part}")] for part in ("Hip", "Knee", "Ankle"))
        legs += (np.linalg.norm(hip - knee, axis=1) + np.linalg.norm(knee - ankle, axis=1)) / 2
    wanted = np.clip(rng.normal(810, 45, len(poses)), 700, 920)
    return poses * (wanted / np.maximum(legs, 1e-9))[:, None, None]


def lifting_task(
    recipe_name: str, mocap: Path | None, seed: int = 0, batch_size: int | None = None, made_up: int = MADE_UP
) -> tuple[LiftingTask, LoopConfig]:
    """The task and the loop of a recipe.

    Args:
        mocap: folder of motion capture (see :mod:`people3d.synth.mocap`); None: made-up poses only.
        made_up: how many of those.

    Raises:
        ValueError: no such recipe, no motion capture in the folder.
        ImportError: made-up poses and motion capture need the extra ``synth``.
    """
    from people3d.synth.mocap import load_poses
    from people3d.synth.pose import procedural_pose

    if recipe_name not in LIFTING:
        raise ValueError(f"no recipe {recipe_name!r} for lifting; there are: {', '.join(LIFTING)}")
    recipe = LIFTING[recipe_name]
    rng = np.random.default_rng(seed)
    sets = [np.stack([procedural_pose(rng).joints_mm for _ in range(made_up)])]
    shares = [1.0]
    if mocap is not None:
        sets.append(load_poses(mocap))
        shares = [1 - recipe.mocap_share, recipe.mocap_share]
    training, held_out = [], []
    for poses in sets:
        poses = of_human_size(poses, rng)
        aside = np.arange(len(poses)) // HELD_OUT_RUN % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        aside[-1] = True
        training.append(poses[~aside])
        held_out.append(poses[aside])
    model = LiftingNet(**recipe.model)
    loop = recipe.loop if batch_size is None else replace(recipe.loop, batch_size=batch_size)
    task = LiftingTask(
        model=model,
        arguments=dict(recipe.model),
        poses=training,
        shares=shares,
        held_out=np.concatenate(held_out),
        batch_size=loop.batch_size,
        noise=recipe.noise,
        missing_prob=recipe.missing_prob,
        seed=seed,
    )
    return task, loop
