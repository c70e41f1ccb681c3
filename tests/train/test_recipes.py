"""The paper's recipes hold the paper's numbers; every recipe builds; what ours add is off in them."""

from __future__ import annotations

from dataclasses import fields

import pytest

torch = pytest.importorskip("torch")

from people3d.data.augment import Augmentation  # noqa: E402
from people3d.models import JointNet, PoseNet, RootNet  # noqa: E402
from people3d.train.crops import get_recipe  # noqa: E402
from people3d.train.loop import rate_at  # noqa: E402
from people3d.train.recipes import CROP_RECIPES  # noqa: E402

PAPER = [(network, name) for network in CROP_RECIPES for name in ("h36m-p1", "h36m-p2", "muco")]
OURS = ("shift", "light", "grey_prob", "blur_prob", "truncation_prob", "jpeg_prob", "turn_prob")
NETWORKS = {"rootnet": RootNet, "posenet": PoseNet, "jointnet": JointNet}


@pytest.mark.parametrize("network", CROP_RECIPES)
def test_every_recipe_builds_its_network(network):
    assert {"mixed", "synthetic", "own", "h36m-p1", "h36m-p2", "muco", "pw3d"} <= set(CROP_RECIPES[network])
    for recipe in CROP_RECIPES[network].values():
        with torch.device("meta"):
            NETWORKS[network](**recipe.model)
        assert all(share > 0 for share in recipe.shares.values())
        assert set(recipe.z_weights) <= set(recipe.shares)


@pytest.mark.parametrize(("network", "name"), PAPER)
def test_the_papers_settings(network, name):
    recipe = get_recipe(network, name)
    assert recipe.model["backbone"] == "resnet50" and recipe.loop.sizes == ((256, 1.0),)
    assert recipe.loop.batch_size == 128 and recipe.loop.learning_rate == 1e-3 and recipe.epochs == 20
    assert set(recipe.shares.values()) == {0.5}
    assert recipe.heatmap_weight == 0 and recipe.depth_loss == "mm"
    loop = recipe.loop
    assert not (loop.weight_decay or loop.ema_decay or loop.clip_norm or loop.warmup_steps)
    a = recipe.augmentation
    assert 2 * a.rotation_deg == 30 and a.flip_prob == a.occlusion_prob == 0.5 and a.colour == 0.2 and a.scale == 0
    assert all(getattr(a, f) == 0 for f in OURS)


def test_the_rate_falls_after_17_of_20_epochs_and_where_the_released_code_lets_it():
    from dataclasses import replace

    paper = replace(get_recipe("posenet", "muco").loop, steps=2000)
    assert [round(rate_at(paper, s), 4) for s in (0, 1699, 1700, 1999)] == [1, 1, 0.1, 0.1]
    recipe = get_recipe("posenet", "muco-released")
    released = replace(recipe.loop, steps=2500)
    assert recipe.epochs == 25
    assert [round(rate_at(released, s), 4) for s in (1699, 1701, 2099, 2101)] == [1, 0.1, 0.1, 0.01]


def test_the_released_codes_augmentation():
    root, pose = (get_recipe(n, "h36m-p2-released").augmentation for n in ("rootnet", "posenet"))
    assert root.scale == 0 and root.occlusion_prob == 0
    assert pose.scale == 0.25 and pose.occlusion_prob == 0.5
    assert all(a.rotation_deg == 30 and a.rotation_prob == 0.6 for a in (root, pose))
    assert {f.name for f in fields(Augmentation)} >= set(OURS)


def test_skeletons_of_the_sets():
    skeletons = {n: get_recipe("posenet", n).model["skeleton"] for n in ("h36m-p1", "h36m-p2", "muco", "pw3d")}
    assert skeletons == {"h36m-p1": "h36m18", "h36m-p2": "h36m18", "muco": "muco21", "pw3d": "smpl24"}
