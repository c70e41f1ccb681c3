"""A small weights entry, made once by the command line from checkpoints as `people3d train` writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.commands.weights import main as weights_command  # noqa: E402
from people3d.models import PoseNet, RootNet  # noqa: E402

SIZE = 64
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
POSENET = {
    "backbone": "efficientnet_lite0",
    "skeleton": "muco21",
    "deconv_widths": [16],
    "depth_cells": 8,
    "cell_offset": 0.5,
    "uncertainty": True,
}
ROOTNET = {"backbone": "resnet18", "deconv_widths": [16], "cell_offset": 0.5, "uncertainty": True}


class Malicious:
    """Unpickling it makes the file ``path``."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def wake(network: torch.nn.Module) -> torch.nn.Module:
    """Give a fresh network weights as of a trained one: without this, all heatmaps are flat and every test passes."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith("running_mean"):
            tensor.normal_(0, 0.1, generator=generator)
        elif name.startswith("backbone") and tensor.ndim == 4:
            torch.nn.init.kaiming_normal_(tensor, generator=generator)
        elif not name.startswith("backbone") and name.endswith("weight") and tensor.ndim > 1:
            tensor.normal_(0, 0.001 if "scale" in name else 0.05, generator=generator)
    return network.eval()


def checkpoint(kind: str, arguments: dict, network: torch.nn.Module) -> dict:
    """Its ``model`` is useless on purpose: the running average is what an export must take."""
    state = network.state_dict()
    return {
        "network": kind,
        "arguments": arguments,
        "preprocessing": {"input_size": SIZE, "scale": 1 / 255, "mean": MEAN, "std": STD},
        "model": {name: torch.zeros_like(tensor) for name, tensor in state.items()},
        "ema": state,
        "step": 3,
        "config": {"steps": 3, "sizes": ((SIZE, 1.0),)},
        "metrics": {"px256": float("nan")},
    }


@pytest.fixture(scope="session")
def networks() -> dict[str, torch.nn.Module]:
    torch.manual_seed(0)
    return {"rootnet": wake(RootNet(**ROOTNET)), "posenet": wake(PoseNet(**POSENET))}


@pytest.fixture(scope="session")
def checkpoints(networks, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    paths = {kind: folder / f"{kind}.pt" for kind in networks}
    for kind, arguments in (("rootnet", ROOTNET), ("posenet", POSENET)):
        torch.save(checkpoint(kind, arguments, networks[kind]), paths[kind])
    return paths


@pytest.fixture(scope="session")
def entry_folder(checkpoints, tmp_path_factory) -> Path:
    """Not to be changed: copy it (``copied``)."""
    folder = tmp_path_factory.mktemp("weights") / "small"
    files = [str(path) for path in checkpoints.values()]
    args = ["export", "--checkpoint", *files, "--output", str(folder), "--storage", "float32", "--keep-state"]
    assert weights_command(args) == 0
    return folder


@pytest.fixture
def copied(entry_folder, tmp_path) -> Path:
    import shutil

    return Path(shutil.copytree(entry_folder, tmp_path / "copy"))


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
