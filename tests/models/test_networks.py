"""RootNet and PoseNet: shapes, units, initialisation, mirror images."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from people3d.models import BACKBONES, PoseNet, RootNet, build_backbone  # noqa: E402

SMALL = {"backbone": "resnet18", "deconv_widths": (16, 16)}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def awake(network):
    """In evaluation mode, with heads whose heatmaps are not flat."""
    for name, parameter in network.named_parameters():
        if not name.startswith("backbone") and parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.1)
    return network.eval()


@pytest.mark.parametrize("backbone", ["resnet18", "efficientnet_lite0"])
@pytest.mark.parametrize("size", [64, 96])
@torch.no_grad()
def test_shapes(backbone, size):
    images = torch.randn(2, 3, size, size)
    root = RootNet(backbone, deconv_widths=(8, 8)).eval()
    pose = PoseNet(backbone, "h36m18", deconv_widths=(8,), depth_cells=8).eval()
    assert root(images, torch.ones(2)).shape == (2, 3)
    assert pose(images).shape == (2, 18, 3)
    assert pose.volume(images).shape == (2, 18 * 8, size // 16, size // 16) and pose.cells(size) == size // 16
    assert root.cells(size) == size // 8


@pytest.mark.parametrize("name", BACKBONES)
@torch.no_grad()
def test_backbones_have_stride_32(name):
    with torch.device("meta"):  # shapes only
        backbone = build_backbone(name).eval()
        assert backbone(torch.zeros(1, 3, 64, 96)).shape == (1, backbone.out_channels, 2, 3)


def test_the_defaults_are_the_papers():
    with torch.device("meta"):
        pose, root = PoseNet(), RootNet()
    assert pose.cells(256) == root.cells(256) == 64 and pose.depth_cells == 64
    assert pose.head.final_layer.weight.shape == (21 * 64, 256, 1, 1)
    assert pose.backbone.out_channels == 2048


@pytest.mark.parametrize("build", [PoseNet, RootNet])
def test_layers_after_the_backbone_start_small(build):
    torch.manual_seed(0)
    network = build(**SMALL)
    weights = [p for n, p in network.named_parameters() if not n.startswith("backbone") and p.ndim == 4]
    assert len(weights) >= 3
    # Five standard errors of a spread estimated from n weights: the smallest layers have few.
    assert all(abs(p.std().item() / 0.001 - 1) < 5 / (2 * p.numel()) ** 0.5 for p in weights)


@pytest.mark.parametrize("name", ["octopus", ""])
def test_unknown_names(name):
    with pytest.raises(ValueError, match="unknown backbone"):
        RootNet(name)
    with pytest.raises(ValueError, match="unknown skeleton"):
        PoseNet("resnet18", name)


@torch.no_grad()
def test_a_persons_answer_does_not_depend_on_the_batch():
    pose, root = awake(PoseNet(**SMALL, depth_cells=4)), awake(RootNet(**SMALL))
    images, k = torch.randn(5, 3, 64, 64), torch.rand(5) * 4000 + 1000
    torch.testing.assert_close(pose(images)[3:4], pose(images[3:4]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(root(images, k)[3:4], root(images[3:4], k[3:4]), atol=1e-3, rtol=1e-4)
    assert pose(images).std(0).max() > 1e-3  # and crops matter


@torch.no_grad()
def test_depth_is_gamma_times_k():
    root, images = awake(RootNet(**SMALL)), torch.randn(2, 3, 64, 64)
    once, twice = root(images, torch.tensor([1000.0, 2000.0])), root(images, torch.tensor([[2000.0], [4000.0]]))
    torch.testing.assert_close(twice[:, 2], 2 * once[:, 2])
    torch.testing.assert_close(twice[:, :2], once[:, :2])


@torch.no_grad()
def test_uncertainty_is_beside_the_answer_and_does_not_change_it():
    images, k = torch.randn(2, 3, 64, 64), torch.tensor([1000.0, 3000.0])
    pose, root = awake(PoseNet(**SMALL, depth_cells=4, uncertainty=True)), awake(RootNet(**SMALL, uncertainty=True))
    joints, logits, scale = pose.forward_with_scale(images)
    torch.testing.assert_close(joints, pose(images))
    torch.testing.assert_close(logits, pose.volume(images))
    assert scale.shape == (2, 21, 2)
    xy, gamma, scale = root.forward_with_scale(images)
    torch.testing.assert_close(torch.cat([xy, (gamma * k)[:, None]], 1), root(images, k))
    assert scale.shape == (2,)
    with pytest.raises(ValueError, match="uncertainty=False"):
        PoseNet(**SMALL).forward_with_scale(images)
    with pytest.raises(ValueError, match="uncertainty=False"):
        RootNet(**SMALL).forward_with_scale(images)


def test_the_scale_teaches_the_backbone_nothing():
    pose = PoseNet(**SMALL, depth_cells=4, uncertainty=True)
    pose.forward_with_scale(torch.randn(2, 3, 64, 64))[2].sum().backward()
    assert pose.scale_layer is not None and pose.scale_layer.weight.grad is not None
    assert all(p.grad is None for p in pose.backbone.parameters())


def test_voxels_span_two_metres_about_the_root():
    pose = PoseNet(**SMALL, depth_cells=8)
    torch.testing.assert_close(pose.depth_mm(torch.tensor([0.0, 4.0, 8.0])), torch.tensor([-1000.0, 0.0, 1000.0]))


@pytest.mark.parametrize(("cell_offset", "mirror_sum"), [(0.0, 7.0), (0.5, 8 - 8 / 64)])
@torch.no_grad()
def test_flip_test_is_the_mean_with_the_mirrored_crop(cell_offset, mirror_sum):
    pose = awake(PoseNet(**SMALL, depth_cells=4, cell_offset=cell_offset))
    images = torch.randn(2, 3, 64, 64)
    mirrored = pose(images.flip(3))
    left, right = pose.skeleton.index("L_Wrist"), pose.skeleton.index("R_Wrist")
    back = mirrored[:, right] * torch.tensor([-1, 1, 1]) + torch.tensor([mirror_sum, 0, 0])
    expected = (pose(images)[:, left] + back) / 2
    torch.testing.assert_close(pose.flip_test(images)[:, left], expected)


@torch.no_grad()
def test_flip_test_of_the_mirror_image_is_the_mirror_image():
    pose = awake(PoseNet(**SMALL, depth_cells=4, cell_offset=0.5))
    images = torch.randn(2, 3, 64, 64)
    back = pose.flip_test(images.flip(3))[:, torch.as_tensor(pose.skeleton.mirror)]
    back[..., 0] = pose.mirror_sum(64) - back[..., 0]
    torch.testing.assert_close(back, pose.flip_test(images))


@torch.no_grad()
def test_a_network_that_follows_pixels_needs_no_flip_test():
    """If x of the mirrored crop is exactly what mirrored pixels say, averaging changes nothing."""
    pose = PoseNet(**SMALL, depth_cells=4, cell_offset=0.5)
    place = torch.rand(1, 21, 3) * 40 + 10  # px of a 64 px crop

    def follow(images):
        joints = place.clone()
        if images[0, 0, 0, 0] < 0:  # the mirrored crop
            joints = joints[:, torch.as_tensor(pose.skeleton.mirror)]
            joints[..., 0] = 63 - joints[..., 0]
        return joints / 64 * pose.cells(64)

    pose.forward = follow  # type: ignore[method-assign]
    images = torch.ones(1, 3, 64, 64)
    images[..., 32:] = -1
    torch.testing.assert_close(pose.flip_test(images), place / 64 * pose.cells(64))
