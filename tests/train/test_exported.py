"""Training goes on from exported weights as if from the checkpoint they were made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from people3d.commands.train import main  # noqa: E402
from people3d.data.pack import Person, write_pack  # noqa: E402
from people3d.detect.default import OnnxDetector  # noqa: E402
from people3d.detect.views import View, parse_views  # noqa: E402
from people3d.models import PoseNet, RootNet  # noqa: E402
from people3d.models.detector import PersonDetector  # noqa: E402
from people3d.runtime.entry import WeightsError  # noqa: E402
from people3d.runtime.export import Trained, export_entry  # noqa: E402
from people3d.runtime.trained import read_checkpoint  # noqa: E402
from people3d.skeleton import get_skeleton  # noqa: E402
from people3d.train.checkpoint import load_checkpoint, weights_of  # noqa: E402
from people3d.train.crop_task import preprocessing  # noqa: E402
from people3d.train.crops import crop_task, get_recipe  # noqa: E402
from people3d.train.detector import detector_task  # noqa: E402
from people3d.train.exported import exported_state, settle_norms  # noqa: E402
from people3d.train.recipes.crops import COMPACT_ROOT, DEEPER_POSE  # noqa: E402

MUCO = get_skeleton("muco21")
POSE = {**DEEPER_POSE, "deconv_widths": [16, 16], "skeleton": "muco21"}
ROOT = {**COMPACT_ROOT, "deconv_widths": [16]}
DETECTOR = {"width": 16}


def lived_in(network: torch.nn.Module) -> torch.nn.Module:
    """As training leaves it: no batch norm is the identity, no two tensors are equal (of such an export keeps one)."""
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim < 2:
                parameter.add_(0.05 * torch.randn_like(parameter))
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
    return network.eval()


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return {
        "posenet": lived_in(PoseNet(**POSE)),
        "rootnet": lived_in(RootNet(**ROOT)),
        "detector": lived_in(PersonDetector(**DETECTOR)),
    }


@pytest.fixture(scope="module")
def folder(networks, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mine"
    arguments = {"posenet": POSE, "rootnet": ROOT, "detector": DETECTOR}
    trained = [Trained(k, arguments[k], preprocessing(64), n.state_dict()) for k, n in networks.items()]
    export_entry(path, trained, storage="float32")
    return path


@pytest.fixture(scope="module")
def pack_folder(tmp_path_factory):
    rng = np.random.default_rng(0)
    ones = np.ones(len(MUCO))

    def people():
        for _ in range(16):
            image = rng.integers(0, 256, (120, 120, 3), dtype=np.uint8)
            yield Person(
                image, np.array([10.0, 10, 100, 100]), rng.uniform(30, 90, (21, 2)), 0 * ones, ones, ones, 20.0
            )

    path = tmp_path_factory.mktemp("packs") / "noise"
    write_pack(path, people(), 16)
    return path


def task_of(kind, folder, pack_folder, arguments):
    recipe = get_recipe(kind, "synthetic")
    loop = replace(recipe.loop, sizes=((64, 1.0),))
    recipe = replace(recipe, model=arguments, frozen_blocks=0, loop=loop)
    return crop_task(kind, recipe, {"synthetic": pack_folder}, pack_folder, folder, 0, 8)[0]


def test_every_network_comes_back(networks, folder):
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    for kind, network in networks.items():
        again = {"posenet": lambda: PoseNet(**POSE), "rootnet": lambda: RootNet(**ROOT)}.get(
            kind, lambda: PersonDetector(**DETECTOR)
        )()
        state = exported_state(folder / f"{kind}.onnx", again)
        missing = again.load_state_dict(state, strict=False).missing_keys
        assert all(name.endswith("num_batches_tracked") for name in missing)
        inputs = (images,) if kind == "posenet" else (images, torch.ones(2)) if kind == "rootnet" else None
        inputs = inputs or ((255 * images).permute(0, 2, 3, 1),)
        with torch.no_grad():
            expected, got = network(*inputs), again.eval()(*inputs)
        for a, b in zip(*((x if isinstance(x, tuple) else (x,)) for x in (expected, got)), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(("kind", "arguments"), [("posenet", POSE), ("rootnet", ROOT)])
def test_training_starts_where_the_export_was(networks, folder, pack_folder, kind, arguments):
    task = task_of(kind, folder, pack_folder, arguments)
    batch = task.batch(0, 64)
    with torch.no_grad():
        answer = task.model.eval().read(task.inputs(batch))[0]
        expected = networks[kind].read(task.inputs(batch))[0]
        np.testing.assert_allclose(answer, expected, rtol=2e-3, atol=2e-3)
        # In training mode batch statistics are used: the same only because the norms know those of these people.
        many = task.mixture.batch(0, 16, 64)
        trained = task.model.train().read(task.inputs(many))[0]
        expected = networks[kind].read(task.inputs(many))[0]
        cold = {"posenet": PoseNet, "rootnet": RootNet}[kind](**arguments)
        cold.load_state_dict(exported_state(folder / f"{kind}.onnx", cold), strict=False)
        unsettled = cold.train().read(task.inputs(many))[0]
    assert (trained - expected).abs().mean() < 0.5 * (unsettled - expected).abs().mean()


def test_norms_hold_the_statistics_of_the_batches_and_the_answer_stays(pack_folder):
    recipe = get_recipe("rootnet", "synthetic")
    recipe = replace(recipe, model=ROOT, frozen_blocks=0)
    task, _ = crop_task("rootnet", recipe, {"synthetic": pack_folder}, pack_folder, None, 0, 8, random=True)
    lived_in(task.model)
    batch = task.batch(0, 64)
    norm = task.model.root.deconv_layers[1]
    seen = []
    handle = norm.register_forward_hook(lambda module, arguments, output: seen.append(arguments[0]))
    with torch.no_grad():
        before = task.model.read(task.inputs(batch))[0]
        settle_norms(task, 64, batches=1)
        after = task.model.read(task.inputs(batch))[0]
    handle.remove()
    np.testing.assert_allclose(norm.running_mean, seen[0].mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(norm.running_var, seen[0].var((0, 2, 3), unbiased=False), rtol=1e-2, atol=1e-4)
    np.testing.assert_allclose(before, after, rtol=1e-3, atol=1e-3)


def test_filters_have_the_length_of_one(folder):
    model = PoseNet(**POSE)
    state = exported_state(folder / "posenet.onnx", model)
    weight = state["backbone.blocks.3.layers.0.weight"]
    np.testing.assert_allclose(weight.flatten(1).norm(dim=1), 1, rtol=1e-5)


def test_a_folder_and_a_file_from_the_command_line(folder, pack_folder, tmp_path, capsys):
    def status(network: str, init: str) -> int:
        arguments = ["--recipe", "own", "--pack", f"mine={pack_folder}", "--steps", "1", "--batch-size", "2"]
        arguments += ["--precision", "fp32", "--output", str(tmp_path / network / init)]
        return main([network, *arguments, "--init", str(folder / init)])

    for network, init in (("rootnet", "."), ("rootnet", "rootnet.onnx"), ("posenet", "rootnet.onnx")):
        assert status(network, init) == 0  # the last: the backbone of another network, from which it grows
        assert load_checkpoint(tmp_path / network / init / "checkpoint.pt")["step"] == 1
    capsys.readouterr()
    assert status("rootnet", "posenet.onnx") == 2
    assert "posenet.onnx: its backbone does not fit, it is deeper: backbone.added." in capsys.readouterr().err


def test_what_is_no_export_is_named(folder, tmp_path):
    model = RootNet(**ROOT)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "rootnet.onnx").write_bytes(b"no protobuf at all \xff\xff\xff")
    with pytest.raises(WeightsError, match=r"rootnet\.onnx: expected an ONNX file"):
        exported_state(broken / "rootnet.onnx", model)
    with pytest.raises(ValueError, match="backbone"):
        from people3d.train.first_weights import start_from

        start_from(RootNet("resnet18"), folder)
    with pytest.raises(WeightsError):
        start_from(model, tmp_path)


@pytest.fixture
def boxes_folder(tmp_path, monkeypatch):
    """Pictures with boxes, and recipes: the exported detector's ("tiny"), of another width, of a block more."""
    import json

    import cv2

    from people3d.train.recipes import detector as recipes

    (tmp_path / "images").mkdir()
    rows = []
    for i in range(8):
        cv2.imwrite(str(tmp_path / "images" / f"{i}.png"), np.random.default_rng(i).integers(0, 255, (64, 64, 3)))
        rows.append({"image_id": i, "bbox": [10, 10, 20, 40], "iscrowd": 0})
    images = [{"id": i, "file_name": f"{i}.png", "width": 64, "height": 64} for i in range(8)]
    (tmp_path / "boxes.json").write_text(json.dumps({"images": images, "annotations": rows}))
    larger = recipes.DETECTOR["larger"]
    loop = replace(larger.loop, steps=1, sizes=((64, 1.0),), batch_size=2)
    models = {"tiny": {"width": 16}, "wider": {"width": 24}, "deep": {"width": 16, "added": (0, 0, 0, 0, 1, 0, 0)}}
    for name, model in models.items():
        tiny = replace(larger, model=model, loop=loop, views=(View(64), View(96, True)))
        monkeypatch.setitem(recipes.DETECTOR, name, tiny)
    return tmp_path


def test_the_detector_goes_on_from_an_export(networks, folder, boxes_folder):
    task, _ = detector_task("tiny", boxes_folder, None, folder)
    batch = task.batch(0, 64)
    with torch.no_grad():
        expected = networks["detector"](torch.from_numpy(batch.images))[0]
        np.testing.assert_allclose(task.model.eval()(torch.from_numpy(batch.images))[0], expected, rtol=1e-2, atol=1e-2)


def test_a_checkpoint_that_is_no_such_detector(folder, boxes_folder, capsys):
    run = ["detector", "--detection", str(boxes_folder), "--precision", "fp32", "--recipe"]
    assert main([*run, "tiny", "--init", str(folder), "--output", str(boxes_folder / "tiny")]) == 0
    capsys.readouterr()
    tiny = str(boxes_folder / "tiny" / "checkpoint.pt")
    assert main([*run, "wider", "--init", tiny, "--output", str(boxes_folder / "wider")]) == 2
    assert "its detector does not fit, pyramid." in capsys.readouterr().err


@torch.no_grad()
def test_a_deeper_detector_grows_from_an_export_and_comes_back_from_its_own(folder, boxes_folder, tmp_path, capsys):
    run = ["detector", "--detection", str(boxes_folder), "--precision", "fp32", "--recipe"]
    grown, _ = detector_task("deep", boxes_folder, None, folder)
    plain, _ = detector_task("tiny", boxes_folder, None, folder)
    images = torch.from_numpy(grown.batch(0, 64).images)
    added = grown.model.backbone.added["10"][0].layers
    assert torch.equal(added[0].weight, grown.model.backbone.blocks[10].layers[0].weight)
    assert not torch.allclose(grown.model.eval()(images)[0], plain.model.eval()(images)[0], atol=1e-3)
    for parameter in added[-1].parameters():  # without what it adds: the plain one
        parameter.zero_()
    np.testing.assert_allclose(grown.model(images)[0], plain.model(images)[0], rtol=1e-2, atol=1e-2)

    torch.nn.init.normal_(added[-1].weight)  # of its own now, no copy
    own = Trained("detector", DETECTOR | {"added": [0, 0, 0, 0, 1, 0, 0]}, preprocessing(64), grown.model.state_dict())
    export_entry(tmp_path / "deep", [own], storage="float32")
    again, _ = detector_task("deep", boxes_folder, None, tmp_path / "deep")
    np.testing.assert_allclose(again.model.eval()(images)[0], grown.model(images)[0], rtol=1e-2, atol=1e-2)
    capsys.readouterr()
    assert main([*run, "tiny", "--init", str(tmp_path / "deep"), "--output", str(tmp_path / "run")]) == 2
    assert "its detector does not fit, backbone.added.10.0" in capsys.readouterr().err


def test_an_export_looks_at_pictures_as_the_training_did_or_as_it_is_told(folder, boxes_folder):
    run = ["detector", "--recipe", "tiny", "--detection", str(boxes_folder), "--precision", "fp32"]
    assert main([*run, "--init", str(folder), "--output", str(boxes_folder / "run")]) == 0
    path = boxes_folder / "run" / "checkpoint.pt"
    for given, views, size in ((), ("64", "96m"), 96), (("128", "80m"), ("128", "80m"), 128):
        entry = export_entry(boxes_folder / "out", [read_checkpoint(path, 0.2, parse_views(given))])
        detector = OnnxDetector(entry.verified_path("detector"), device="cpu", threads=1)
        assert (tuple(map(str, detector.views)), detector.score_threshold) == (views, 0.2)
        network = entry.network("detector")
        assert (network.input_size, network.preprocessing["views"]) == (size, list(views))


def test_the_detector_draws_by_the_seed_and_takes_the_batch_size(folder, boxes_folder):
    def norms_after_a_step(name: str, *options: str) -> torch.Tensor:
        output = boxes_folder / name
        run = ["detector", "--recipe", "tiny", "--detection", str(boxes_folder), "--init", str(folder)]
        assert main([*run, "--output", str(output), "--precision", "fp32", "--threads", "1", *options]) == 0
        weights = weights_of(load_checkpoint(output / "checkpoint.pt"))
        return torch.cat([value for key, value in weights.items() if key.endswith("running_mean")])

    first = norms_after_a_step("a")
    assert torch.equal(norms_after_a_step("b"), first)
    assert not torch.equal(norms_after_a_step("c", "--seed", "1"), first)
    assert not torch.equal(norms_after_a_step("d", "--batch-size", "3"), first)
