"""Packs of any source, in any skeleton, for any recipe."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.commands.train import main  # noqa: E402
from people3d.data.augment import NONE  # noqa: E402
from people3d.data.pack import Pack, Person, write_pack  # noqa: E402
from people3d.skeleton import get_skeleton  # noqa: E402
from people3d.train.checkpoint import load_checkpoint  # noqa: E402
from people3d.train.crops import crop_task, get_recipe  # noqa: E402
from people3d.train.sources import open_as, pack_skeleton, with_depth_axis, with_skeleton, with_z_weight  # noqa: E402

MUCO, COCO, H36M = (get_skeleton(n) for n in ("muco21", "coco19", "h36m18"))


def write(folder, skeleton, count=6, about=True):
    rng = np.random.default_rng(0)

    def people():
        for _ in range(count):
            n = len(skeleton)
            image = rng.integers(0, 255, (80, 60, 3), dtype=np.uint8)
            px = np.stack([rng.uniform(5, 55, n), rng.uniform(5, 75, n)], 1)
            weights = np.ones(n)
            yield Person(image, np.array([2.0, 2, 56, 76]), px, rng.normal(0, 200, n), weights, 0.5 * weights, 3.0)

    write_pack(folder, people(), count)
    if about:
        (folder / "about.json").write_text(json.dumps({"skeleton": skeleton.name}))
    return folder


def test_joints_come_in_the_recipes_skeleton(tmp_path):
    folder = write(tmp_path / "coco", COCO)
    assert pack_skeleton(folder) == COCO
    (pack,) = open_as("coco", folder, tmp_path, MUCO)
    raw = Pack.load(folder)
    assert pack.joints.shape == (6, 21, 3) and np.isfinite(pack.joints).all()
    knee = MUCO.index("L_Knee"), COCO.index("L_Knee")
    np.testing.assert_allclose(pack.joints[:, knee[0]], raw.joints[:, knee[1]])
    np.testing.assert_allclose(pack.weights[:, knee[0]], [[1, 0.5]] * 6)
    assert (pack.weights[:, MUCO.index("L_Hand")] == 0).all()  # COCO has none


def test_a_mean_is_known_where_both_its_joints_are(tmp_path):
    raw = Pack.load(write(tmp_path / "coco", COCO))
    weights = raw.weights.copy()
    weights[0, COCO.index("L_Shoulder")] = 0
    pack = with_skeleton(replace(raw, weights=weights), COCO, MUCO)
    neck = MUCO.index("Thorax")  # at the base of the neck: COCO's is the middle of the shoulders
    assert (pack.weights[0, neck] == 0).all() and (pack.weights[1, neck] > 0).all()


def test_depths_along_the_ray_take_the_place_of_z(tmp_path):
    folder, rays = tmp_path / "coco", np.arange(6 * 19.0).reshape(6, 19)
    write(folder, COCO)
    np.save(folder / "ray_mm.npy", rays.astype(np.float32))
    (optical,), (ray,) = (open_as("coco", folder, tmp_path, MUCO, axis) for axis in ("optical", "ray"))
    knee = MUCO.index("L_Knee"), COCO.index("L_Knee")
    np.testing.assert_array_equal(ray.joints[:, knee[0], 2], rays[:, knee[1]])
    np.testing.assert_array_equal(ray.joints[..., :2], optical.joints[..., :2])
    np.testing.assert_array_equal(optical.joints[:, knee[0], 2], Pack.load(folder).joints[:, knee[1], 2])
    with pytest.raises(ValueError, match="depth axis: expected one of optical, ray, got 'up'"):
        with_depth_axis(ray, "up")


def test_a_recipe_trains_along_its_networks_axis(tmp_path):
    folder = write(tmp_path / "p", MUCO, 20)
    np.save(folder / "ray_mm.npy", np.full((20, 21), 77, np.float32))
    recipe = replace(get_recipe("posenet", "own"), augmentation=NONE)
    task, _ = crop_task("posenet", recipe, {"own": folder}, tmp_path, None, 0, 4, random=True)
    assert (task.batch(0, 64).joints[..., 2] == 77).all()
    assert task.arguments["depth_axis"] == task.model.depth_axis == "ray"
    optical = replace(recipe, model={**recipe.model, "depth_axis": "optical"})
    task, _ = crop_task("posenet", optical, {"own": folder}, tmp_path, None, 0, 4, random=True)
    assert not (task.batch(0, 64).joints[..., 2] == 77).any()


def test_a_source_may_teach_2d_alone(tmp_path):
    sources = {"photos": write(tmp_path / "p", MUCO, 20), "synthetic": write(tmp_path / "s", MUCO, 20)}
    shares = {"photos": 0.5, "synthetic": 0.5}
    recipe = replace(get_recipe("posenet", "own"), augmentation=NONE, shares=shares, z_weights={"photos": 0.0})
    task, _ = crop_task("posenet", recipe, sources, tmp_path, None, 0, 4, random=True)
    photos, rendered = np.split(task.batch(0, 64).weights, 2)
    assert (photos[..., 0] == 1).all() and (photos[..., 1] == 0).all()
    assert (rendered[..., 0] == 1).all() and (rendered[..., 1] == 0.5).all()
    assert (task.held_out["photos"].weights[..., 1] == 0.5).all()  # z is measured as before
    for factor in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="weight of z: expected a number from 0 on, got"):
            with_z_weight(task.held_out["photos"], factor)


def test_a_pack_that_contradicts_itself_is_refused(tmp_path):
    folder = write(tmp_path / "p", COCO)
    (folder / "about.json").write_text('{"skeleton": "h36m18"}')
    with pytest.raises(ValueError, match=r"expected packs of 18 joints \(h36m18\), got 19"):
        open_as("p", folder, tmp_path, MUCO)
    (folder / "about.json").write_text('{"skeleton": "octopus"}')
    with pytest.raises(ValueError, match="unknown skeleton 'octopus'"):
        open_as("p", folder, tmp_path, MUCO)


def test_a_paper_recipe_takes_its_sets_half_and_half(tmp_path):
    sources = {"human36m": write(tmp_path / "h", H36M, 20), "mpii": write(tmp_path / "m", get_skeleton("mpii16"), 10)}
    small = replace(get_recipe("posenet", "h36m-p2"), model={"backbone": "resnet18", "skeleton": "h36m18"})
    task, loop = crop_task("posenet", small, sources, tmp_path, None, 0, 4, random=True)
    batch = task.batch(0, 64)
    assert batch.joints.shape == (4, 18, 3) and list(task.mixture.counts(4)) == [2, 2]
    # 20 epochs of the larger set, which is half of every batch; one of its people is held out.
    assert loop.steps == round(20 * 2 * 19 / 4)
    assert (batch.weights[2:, H36M.index("Torso")] == 0).all()  # MPII has none
    loss, _ = task.loss(batch)
    assert torch.isfinite(loss)


def test_the_command_takes_any_pack_and_shares(tmp_path, capsys):
    a, b = write(tmp_path / "a", MUCO), write(tmp_path / "b", COCO)
    args = ["rootnet", "--output", str(tmp_path / "run"), "--random", "--device", "cpu", "--precision", "fp32"]
    args += ["--steps", "1", "--batch-size", "2", "--half-checkpoints"]
    assert main([*args, "--recipe", "own", "--pack", f"mine={a}", f"theirs={b}"]) == 0
    weights = load_checkpoint(tmp_path / "run" / "weights.pt")
    assert weights["model"]["backbone.stem.0.weight"].dtype == torch.float16
    assert (tmp_path / "run/weights.pt").stat().st_size < 0.2 * (tmp_path / "run/checkpoint.pt").stat().st_size
    capsys.readouterr()
    refused = {
        ("--recipe", "synthetic", "--pack", f"mine={a}"): "uses synthetic; say with --share",
        ("--recipe", "own"): "name at least one with --pack",
        ("--recipe", "muco", "--pack", f"muco={a}"): "name its folder with --pack coco=DIR",
        ("--recipe", "own", "--pack", "mine"): "expected NAME=VALUE, got 'mine'",
        ("--recipe", "own", "--pack", f"mine={a}", "--share", "mine=-1"): "expected a positive number, got '-1'",
        ("--recipe", "own", "--pack", f"mine={tmp_path}/none"): "expected the folder of mine, found none",
    }
    for extra, message in refused.items():
        assert main([*args[:2], str(tmp_path / "x"), *args[3:], *extra]) == 2
        error = capsys.readouterr().err.strip()
        assert message in error and "\n" not in error
    shared = ["--recipe", "mixed", "--pack", f"mine={a}", "--synthetic", str(b), "--share", "mine=3", "synthetic=1"]
    assert main([*args[:2], str(tmp_path / "y"), *args[3:], *shared]) == 0
