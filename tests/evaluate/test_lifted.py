"""Table 7's baseline from a 2D file: lifted by our network, then fitted."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from people3d.cli import main  # noqa: E402
from people3d.evaluate.annotations import annotations_from_coco  # noqa: E402
from people3d.evaluate.lifted import lift_poses  # noqa: E402
from people3d.models import LiftingNet  # noqa: E402
from people3d.train.checkpoint import save_checkpoint  # noqa: E402

from .evaluation_cases import document, image, person, standing_at, write  # noqa: E402

CAMERA = [1500.0, 1500.0, 1024.0, 1024.0]
SMALL = {"skeleton": "muco17", "width": 32, "blocks": 1, "dropout": 0.0}


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    state = {"network": "lifting", "arguments": SMALL, "preprocessing": {}, "step": 1, "ema": None}
    save_checkpoint(tmp_path / "lifting.pt", {**state, "model": LiftingNet(**SMALL).state_dict()})
    return tmp_path / "lifting.pt"


def people():
    images = [image(n, intrinsic=CAMERA) for n in range(2)]
    joints = [standing_at(-600, 0, 4000), standing_at(600, 0, 5000)]
    return images, [person(j, n, n, root_cam=j[14].tolist()) for n, j in enumerate(joints)]


def test_3d_comes_from_2d_alone(checkpoint):
    images, rows = people()
    before = annotations_from_coco(document(images, rows), "file")
    lifted = lift_poses(before, checkpoint)
    assert lifted.skeleton.joints == before.skeleton.joints and np.allclose(lifted.joints_px, before.joints_px)
    network = LiftingNet(**SMALL).eval()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    expected = network(torch.from_numpy(before.joints_px).float()).detach().numpy()
    assert np.allclose(lifted.joints_cam_mm, expected, atol=1e-3)
    assert np.isnan(lifted.root_cam_mm).all()


def test_other_files_are_refused(checkpoint, tmp_path):
    images, rows = people()
    before = annotations_from_coco(document(images, rows), "file")
    state = torch.load(checkpoint, weights_only=True) | {"network": "posenet"}
    save_checkpoint(tmp_path / "pose.pt", state)
    with pytest.raises(ValueError, match="expected a checkpoint of the network lifting, got one of posenet"):
        lift_poses(before, tmp_path / "pose.pt")
    with pytest.raises(FileNotFoundError, match="found no such file"):
        lift_poses(before, tmp_path / "none.pt")


def test_table_7_has_the_baselines_rows(checkpoint, tmp_path, capsys):
    images, rows = people()
    pred = write(tmp_path, "people3d.json", document(images, rows))
    truth = write(tmp_path, "truth.json", document(images, rows))
    args = ["table7", "--run", f"mine={pred}", "--ground-truth", str(truth), "--lifter", str(checkpoint), "--json"]
    assert main(["benchmark", *args]) == 0
    found = json.loads(capsys.readouterr().out)["here"]
    labels = [row["label"] for row in found]
    assert labels == ["mine", "Baseline (mine)", "W/o limb joints (mine)", "RANSAC (mine)"]
    assert found[0]["values"][0] < 1 and all(row["values"][0] > 1 for row in found[1:])
