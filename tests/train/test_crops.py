"""RootNet and PoseNet learn from packs; recipes and first weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.commands.train import main  # noqa: E402
from people3d.data.augment import NONE  # noqa: E402
from people3d.data.mixture import Mixture  # noqa: E402
from people3d.data.pack import Pack, Person, write_pack  # noqa: E402
from people3d.models import PoseNet, RootNet  # noqa: E402
from people3d.skeleton import get_skeleton  # noqa: E402
from people3d.train.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from people3d.train.crop_task import laplace_nll  # noqa: E402
from people3d.train.crops import crop_task, get_recipe, split, start_from  # noqa: E402
from people3d.train.loop import LoopConfig, train  # noqa: E402
from people3d.train.pose import PoseTask, heatmap_cross_entropy  # noqa: E402
from people3d.train.root import RootTask  # noqa: E402

MUCO = get_skeleton("muco21")
NUMBERS = {"batch_size": 4, "sizes": ((64, 1.0),), "warmup_steps": 1, "learning_rate": 1e-2}
LOOP = LoopConfig(steps=30, device="cpu", precision="fp32", **NUMBERS)
COMPACT = {"backbone": "efficientnet_lite0", "deconv_widths": (16,), "cell_offset": 0.5, "uncertainty": True}


@pytest.fixture(scope="module")
def pack_folder(tmp_path_factory):
    """Everybody has the same pose at a place that the picture shows: something to learn in a few steps."""
    rng = np.random.default_rng(0)

    def people():
        for _ in range(8):
            image = rng.integers(0, 60, (120, 120, 3), dtype=np.uint8)
            at = rng.uniform(35, 85, 2)
            image[int(at[1]) - 6 : int(at[1]) + 6, int(at[0]) - 6 : int(at[0]) + 6] = 255
            ones = np.ones(len(MUCO))
            box = np.array([10.0, 10, 100, 100])
            yield Person(image, box, at + np.zeros((len(MUCO), 2)), 0 * ones + 100, ones, ones, 20.0)

    folder = tmp_path_factory.mktemp("packs") / "spots"
    write_pack(folder, people(), 8)
    return folder


def mixture(folder) -> Mixture:
    return Mixture((Pack.load(folder),), (1.0,), MUCO, NONE)


def losses_of(task, tmp_path) -> list[float]:
    seen, loss = [], task.loss

    def watched(batch):
        value, figures = loss(batch)
        seen.append(value.item())
        return value, figures

    task.loss = watched
    train(task, LOOP, tmp_path)
    return seen


def test_posenet_learns(pack_folder, tmp_path):
    torch.manual_seed(0)
    arguments = {**COMPACT, "depth_cells": 4}
    pack = Pack.load(pack_folder)
    task = PoseTask(PoseNet(**arguments), arguments, mixture(pack_folder), {"spots": pack}, 4, 64)
    before = task.evaluate(task.model)
    losses = losses_of(task, tmp_path)
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    assert set(before) == {"spots_px256", "spots_z_mm"} and before["spots_z_mm"] == pytest.approx(100, abs=20)


def test_rootnet_learns_gamma(pack_folder, tmp_path):
    torch.manual_seed(0)
    pack = Pack.load(pack_folder)
    task = RootTask(RootNet(**COMPACT), COMPACT, mixture(pack_folder), {"spots": pack}, 4, 64)
    before = task.evaluate(task.model)
    assert before["spots_depth"] == pytest.approx(1, abs=0.2)  # γ starts at 0
    assert before["spots_constant"] < 0.01  # here one γ serves everybody
    losses = losses_of(task, tmp_path)
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])


def test_unknown_depth_teaches_rootnet_nothing_about_depth(pack_folder):
    pack = Pack.load(pack_folder)
    unknown = replace(pack, depth_over_focal=np.full(len(pack), np.nan, np.float32))
    task = RootTask(RootNet(**COMPACT), COMPACT, Mixture((unknown,), (1.0,), MUCO, NONE), {}, 4, 64)
    loss, figures = task.loss(task.batch(0, 64))
    assert np.isfinite(loss.item()) and figures["depth"] == 0


def test_joints_without_weight_teach_nothing(pack_folder):
    pack = Pack.load(pack_folder)
    moved = pack.joints.copy()
    moved[:, 3] = 9999
    weights = pack.weights.copy()
    weights[:, 3] = 0
    torch.manual_seed(0)
    model = PoseNet(**COMPACT, depth_cells=4).eval()
    values = []
    for joints in (pack.joints, moved):
        changed = replace(pack, joints=joints, weights=weights)
        task = PoseTask(model, COMPACT, Mixture((changed,), (1.0,), MUCO, NONE), {}, 4, 64)
        values.append(task.loss(task.batch(0, 64))[0].item())
    assert values[0] == pytest.approx(values[1])


def test_heatmap_cross_entropy_is_least_at_the_truth():
    truth = torch.tensor([[[0.40625, 0.71875]]])  # the middle of cell (6, 11) of 16
    heat = torch.full((1, 1, 16, 16), -20.0)

    def at(x, y):
        logits = heat.clone()
        logits[0, 0, y - 1 : y + 2, x - 1 : x + 2] = 0
        return float(heatmap_cross_entropy(logits, 1, truth, torch.ones(1, 1), 0.5))

    assert at(6, 11) < min(at(4, 11), at(6, 9), at(11, 6))


def test_laplace_scale_that_fits_the_error_is_the_best():
    error = torch.tensor(0.1)
    best = laplace_nll(error, torch.log(error))
    assert best < laplace_nll(error, torch.log(2 * error)) and best < laplace_nll(error, torch.log(error / 2))


def test_held_out_people_are_not_trained_on(pack_folder):
    pack = Pack.load(pack_folder)
    training, held_out = split(pack)
    assert len(training) + len(held_out) == len(pack) and len(held_out) == 1
    assert not (training.images == held_out.images[0]).all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize("network", ["posenet", "rootnet", "jointnet"])
def test_recipes_make_tasks(network, pack_folder, tmp_path):
    sources = dict.fromkeys(["photos", "synthetic", "mine"], pack_folder)
    for name in ("mixed", "synthetic", "own"):
        recipe = get_recipe(network, name)
        task, loop = crop_task(network, name, sources, tmp_path, None, 0, 2)
        assert len(task.batch(0, 64)) == 2 == loop.batch_size
        assert set(task.held_out) == set(recipe.shares or sources)
        frozen = [p for p in task.model.parameters() if not p.requires_grad]
        assert bool(frozen) == bool(recipe.frozen_blocks)


def saved(path, network):
    state = {"network": "any", "arguments": {}, "preprocessing": {}, "model": network.state_dict(), "ema": None}
    save_checkpoint(path, {**state, "step": 1})
    return path


def test_start_from_takes_the_backbone_of_another_network(tmp_path):
    pose, root = PoseNet(**COMPACT, depth_cells=4), RootNet(**COMPACT)
    file = saved(tmp_path / "c.pt", pose)
    start_from(root, file)
    assert all(torch.equal(v, pose.state_dict()[k]) for k, v in root.state_dict().items() if k.startswith("backbone."))
    with pytest.raises(ValueError, match="backbone does not fit"):
        start_from(RootNet("resnet18"), file)


def test_a_deeper_backbone_grows_from_a_plain_one_and_goes_on_from_its_own(tmp_path):
    deeper = {**COMPACT, "backbone": "efficientnet_lite0_deeper"}
    plain, grown, again = RootNet(**COMPACT), RootNet(**deeper), RootNet(**deeper)
    start_from(grown, saved(tmp_path / "plain.pt", plain))
    last = plain.backbone.blocks[14].state_dict()
    for name, tensor in grown.backbone.added["14"][0].state_dict().items():
        halved = name in ("layers.7.weight", "layers.7.bias")  # of the last batch norm
        assert torch.equal(tensor, last[name] / 2 if halved else last[name])
    with torch.no_grad():
        grown.backbone.added["14"][0].layers[0].weight.add_(1)
    start_from(again, saved(tmp_path / "grown.pt", grown))
    assert all(torch.equal(v, grown.state_dict()[k]) for k, v in again.state_dict().items())
    with pytest.raises(ValueError, match=r"backbone does not fit, it is deeper: backbone\.added\."):
        start_from(plain, tmp_path / "grown.pt")


def test_unknown_recipe_names_those_there_are():
    with pytest.raises(ValueError, match="there are: photos, mixed, "):
        get_recipe("posenet", "nonsense")


def test_the_command_trains_stops_in_time_and_resumes(pack_folder, tmp_path, capsys):
    args = ["posenet", "--recipe", "photos", "--photos", str(pack_folder), "--output", str(tmp_path / "run")]
    args += ["--batch-size", "2", "--device", "cpu"]
    assert main([*args, "--minutes", "0"]) == 0
    first = load_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"]
    assert main([*args, "--minutes", "0"]) == 2
    assert "resume it" in capsys.readouterr().err
    assert main([*args, "--minutes", "0", "--resume"]) == 0
    assert load_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] == first + 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["posenet", "--recipe", "photos"], "name its folder with --photos"),
        (["rootnet", "--recipe", "mixed", "--photos", "/nowhere"], "expected the folder of photos, found none"),
    ],
)
def test_missing_data_is_one_clear_line(args, message, capsys, tmp_path):
    assert main([*args, "--output", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1 and message in error
