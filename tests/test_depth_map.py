"""Depth maps as files: what is read, and what is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from people3d.camera import Camera
from people3d.depth_map import DepthMap, find_depth_maps, load_depth_map
from people3d.root_depth import Poses
from people3d.skeleton import SKELETONS

MM = np.array([[1500, 1600, 0], [1700, 65535, 2000]], np.uint16)
NOBODY = Poses(np.zeros((0, 4)), np.zeros((0, 21, 2)), np.zeros((0, 21)), SKELETONS["muco21"], Camera.default(30, 20))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_16_bit_picture(tmp_path, suffix):
    Image.fromarray(MM).save(tmp_path / f"a.{suffix}")
    depth = load_depth_map(tmp_path / f"a.{suffix}").depth_mm
    np.testing.assert_array_equal(depth, np.where(MM == 0, np.nan, MM))
    fifth = load_depth_map(tmp_path / f"a.{suffix}", 0.2).depth_mm  # 5000 a metre
    np.testing.assert_allclose(fifth[0, :2], [300, 320], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint16, np.float64, np.float16, ">f4"])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (1, 2, 3)])
def test_an_array(tmp_path, dtype, shape):
    metres = np.array([[1, 2, 0], [3, 4, 5]]).astype(dtype)
    np.save(tmp_path / "a.npy", metres.reshape(shape))
    depth = load_depth_map(tmp_path / "a.npy", 1000).depth_mm
    np.testing.assert_array_equal(depth, [[1000, 2000, np.nan], [3000, 4000, 5000]])


def test_what_is_no_distance_is_a_hole():
    values = np.array([[np.inf, -np.inf, np.nan], [-5, 0, 1200]])
    np.testing.assert_array_equal(DepthMap(values).depth_mm, [[np.nan] * 3, [np.nan, np.nan, 1200]])
    assert np.isinf(values[0, 0]), "the caller's array is as it was"


def _truncated(path):
    np.save(path, np.ones((100, 100)))
    path.write_bytes(path.read_bytes()[:500])


def _huge(path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 64)


@pytest.mark.parametrize(
    ("name", "write", "reason"),
    [
        ("a.png", lambda p: Image.new("RGB", (4, 4)).save(p), "one channel of 16 bits or more, got .* mode RGB"),
        ("a.png", lambda p: Image.new("L", (4, 4)).save(p), "mode L"),
        ("a.png", lambda p: p.write_bytes(b"nothing"), "expected a depth map, cannot be read"),
        ("a.png", lambda p: p.write_bytes(b""), "expected a depth map, cannot be read"),
        ("a.npy", lambda p: p.write_bytes(b""), "expected"),
        ("a.npy", _truncated, "expected a NumPy array"),
        ("a.npy", _huge, "expected a"),
        ("a.npy", lambda p: np.save(p, np.array([{}], object), allow_pickle=True), "expected"),
        ("a.npy", lambda p: np.save(p, np.ones((4, 4), bool)), "array of numbers, got bool"),
        ("a.npy", lambda p: np.save(p, np.ones((4, 4, 3))), r"height x width numbers, got shape \(4, 4, 3\)"),
        (
            "a.npy",
            lambda p: np.save(p, np.full((4, 4), 2.5)),
            "expected millimetres, got a median of 2.5; .*1000: metres",
        ),
        ("a.npy", lambda p: np.save(p, np.full((4, 4), 1e9)), "expected millimetres, got a median of 1e"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path, name, write, reason):
    write(tmp_path / name)
    with pytest.raises(ValueError, match=rf"{name}: .*{reason}") as caught:
        load_depth_map(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_map_of_another_shape():
    image = np.zeros((20, 30, 3), np.uint8)
    for shape in ((20, 30), (10, 15), (40, 60), (7, 10)):
        assert DepthMap(np.ones(shape))(image, NOBODY).shape == (0,)
    for shape in ((30, 20), (20, 20), (9, 15)):
        with pytest.raises(ValueError, match=rf"x: expected 30 x 20 px like .*, got {shape[1]} x {shape[0]}"):
            DepthMap(np.ones(shape), "x")(image, NOBODY)


def test_a_folder(tmp_path):
    for name in ("one.png", "sub/two.png", "walk/000012.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(MM).save(tmp_path / name)
    (tmp_path / "readme.txt").write_text("")
    maps = find_depth_maps(tmp_path)
    assert not maps.is_one
    assert len(maps.paths) == 3
    for file_name in ("one.jpg", "sub/two.jpeg", "walk.mp4#000012"):
        assert maps.of(file_name).depth_mm[0, 0] == 1500
    for file_name, wanted in (("two.jpg", "two"), ("walk.mp4#000013", "walk/000013"), ("other/two.png", "other/two")):
        with pytest.raises(ValueError, match=rf"expected a depth map {wanted}\.png or \.npy, found none"):
            maps.of(file_name)
    np.save(tmp_path / "one.npy", MM)
    with pytest.raises(ValueError, match=r"expected one depth map of one, found one\.npy as well"):
        find_depth_maps(tmp_path)


def test_one_file_and_none(tmp_path):
    Image.fromarray(MM).save(tmp_path / "a.png")
    maps = find_depth_maps(tmp_path / "a.png", 2)
    assert maps.is_one
    assert maps.of("whatever.jpg").depth_mm[0, 0] == 3000
    with pytest.raises(ValueError, match="found none"):
        find_depth_maps(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"a folder of them .*found none"):
        find_depth_maps(tmp_path / "empty")
    for scale in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="scale of depth maps: expected a positive number"):
            find_depth_maps(tmp_path / "a.png", scale)
