"""Where in the picture and how large a pose is does not matter to the lifting network; which joints are given does."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from people3d.models import LiftingNet  # noqa: E402


@pytest.fixture
def network():
    torch.manual_seed(0)
    return LiftingNet("muco17", width=64, blocks=1).eval()


@torch.no_grad()
def test_place_and_size_do_not_matter_the_pose_does(network):
    px = torch.rand(3, 17, 2) * 200 + 100
    out = network(px)
    assert out.shape == (3, 17, 3) and (out[:, network.skeleton.root] == 0).all()
    torch.testing.assert_close(network(px * 2.5 + torch.tensor([700.0, -40.0])), out, atol=0.1, rtol=1e-4)
    assert (network(px.flip(1)) - out).abs().max() > 1


@torch.no_grad()
def test_a_missing_joint_is_not_one_in_the_middle(network):
    px = torch.rand(1, 17, 2) * 200
    px[:, 4] = float("nan")
    out = network(px)
    others = [j for j in range(17) if j != 4]
    px[:, 4] = px[:, others].mean(1)  # where the network sees a 0 as well
    assert torch.isfinite(out).all() and (network(px) - out).abs().max() > 1e-3


@torch.no_grad()
def test_of_nobody_it_says_something_finite(network):
    assert torch.isfinite(network(torch.full((2, 17, 2), float("nan")))).all()
    assert network(torch.zeros(0, 17, 2)).shape == (0, 17, 3)
