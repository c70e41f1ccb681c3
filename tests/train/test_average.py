"""The mean of checkpoints."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from people3d.commands.weights import main  # noqa: E402
from people3d.models import RootNet  # noqa: E402
from people3d.train.average import average_checkpoints  # noqa: E402
from people3d.train.checkpoint import load_checkpoint, save_checkpoint, weights_of  # noqa: E402
from people3d.train.crop_task import preprocessing  # noqa: E402
from people3d.train.first_weights import start_from  # noqa: E402

ARGUMENTS = {"backbone": "resnet18", "deconv_widths": [8]}


def write(path, seed, average=False, **other):
    torch.manual_seed(seed)
    state = RootNet(**ARGUMENTS).state_dict()
    ema = {k: v + 1 if v.is_floating_point() else v for k, v in state.items()} if average else None
    checkpoint = {"network": "rootnet", "arguments": ARGUMENTS, "preprocessing": preprocessing(64), "step": 10}
    save_checkpoint(path, {**checkpoint, "model": state, "ema": ema, "config": {"seed": seed}, **other})
    return path


def test_the_mean_is_of_the_weights_to_use_and_can_be_gone_on_from(tmp_path):
    paths = [write(tmp_path / "a.pt", 0), write(tmp_path / "b.pt", 1, average=True)]
    assert main(["average", "--checkpoint", *map(str, paths), "--output", str(tmp_path / "mean.pt")]) == 0
    mean = load_checkpoint(tmp_path / "mean.pt")
    a, b = (weights_of(load_checkpoint(path)) for path in paths)
    for name, value in weights_of(mean).items():
        if value.is_floating_point():
            torch.testing.assert_close(value, (a[name] + b[name]) / 2)
    assert mean["step"] == 20 and mean["config"] == {"mean_of": [{"seed": 0}, {"seed": 1}]}
    network = RootNet(**ARGUMENTS)
    start_from(network, tmp_path / "mean.pt")
    torch.testing.assert_close(network.state_dict(), weights_of(mean))


def test_networks_that_do_not_belong_together_are_refused(tmp_path, capsys):
    a, b = write(tmp_path / "a.pt", 0), write(tmp_path / "b.pt", 0, preprocessing=preprocessing(96))
    with pytest.raises(ValueError, match="expected two checkpoints or more, got 1"):
        average_checkpoints([a])
    assert main(["average", "--checkpoint", str(a), str(b), "--output", str(tmp_path / "mean.pt")]) == 2
    assert "b.pt: preprocessing: expected {'input_size': 64" in capsys.readouterr().err
    assert not (tmp_path / "mean.pt").exists()


def test_detectors_that_look_at_pictures_in_another_way_belong_together(tmp_path):
    seen = {"scale": 1 / 255, "mean": [0.5] * 3, "std": [0.2] * 3}
    a = write(
        tmp_path / "a.pt", 0, network="detector", preprocessing={**seen, "input_size": 512, "views": ["320", "512"]}
    )
    b = write(tmp_path / "b.pt", 1, network="detector", preprocessing={**seen, "input_size": 384})
    assert average_checkpoints([a, b])["preprocessing"]["views"] == ["320", "512"]
    c = write(tmp_path / "c.pt", 1, network="detector", preprocessing={**seen, "scale": 1.0, "input_size": 384})
    with pytest.raises(ValueError, match=r"c\.pt: preprocessing: expected"):
        average_checkpoints([a, c])
