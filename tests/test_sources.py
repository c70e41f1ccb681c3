"""Pictures of every kind, and files that are none."""

from __future__ import annotations

import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from people3d.sources import MAX_PIXELS, UnreadableImage, as_picture, find_images, read_image

ORIENTATION, EXIF_IFD, FOCAL_35MM = 0x0112, 0x8769, 0xA405
RED, BLUE = (200, 30, 20), (10, 40, 220)


def _half_red_half_blue(width: int = 40, height: int = 20) -> np.ndarray:
    """Red left, blue right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = RED, BLUE
    return image


def _near(pixel, colour, tolerance: int = 12) -> bool:
    return bool(np.abs(np.asarray(pixel, int) - colour).max() <= tolerance)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tif", "gif", "ppm"])
def test_every_format_gives_the_same_picture(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(_half_red_half_blue()).save(path)
    rgb = read_image(path).rgb
    assert rgb.shape == (20, 40, 3)
    assert rgb.dtype == np.uint8
    assert _near(rgb[10, 5], RED)
    assert _near(rgb[10, 35], BLUE)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "RGBA", "YCbCr", "PA", "I;16"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.tif" if mode == "PA" else "a.png")
    grey = np.full((8, 8), 128, np.uint8)
    if mode == "I;16":
        Image.fromarray(np.full((8, 8), 32896, np.uint16)).save(path)
    elif mode == "PA":
        Image.fromarray(np.full((8, 8, 4), (200, 30, 20, 255), np.uint8)).convert("P").convert("PA").save(path)
    elif mode in ("L", "LA", "1"):
        Image.fromarray(grey).convert(mode).save(path)
    else:
        Image.fromarray(_half_red_half_blue(8, 8)).convert(mode).save(path)
    with Image.open(path) as stored:
        assert stored.mode in (mode, "RGB") if mode == "YCbCr" else stored.mode == mode
    rgb = read_image(path).rgb
    assert rgb.shape == (8, 8, 3)
    if mode in ("L", "LA", "I;16"):
        assert (rgb == 128).all()
    elif mode != "1":
        assert _near(rgb[2, 1], RED, 40)


def test_sixteen_bit_colour(tmp_path):
    deep = _half_red_half_blue().astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / "a.png"), deep[..., ::-1])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").rgb, _half_red_half_blue())


def test_deeper_than_sixteen_bits_is_refused(tmp_path):
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(tmp_path / "float.tif")
    Image.fromarray(np.full((4, 4), 1 << 20, np.int32)).save(tmp_path / "int.tif")
    with pytest.raises(UnreadableImage, match=r"float\.tif: expected 8 or 16 bits a channel, got floating-point"):
        read_image(tmp_path / "float.tif")
    with pytest.raises(UnreadableImage, match=r"int\.tif: expected 8 or 16 bits a channel, got 32"):
        read_image(tmp_path / "int.tif")


def test_transparency_is_laid_over_white(tmp_path):
    image = np.zeros((4, 4, 4), np.uint8)
    image[:2] = (*RED, 255)
    Image.fromarray(image).save(tmp_path / "a.png")
    rgb = read_image(tmp_path / "a.png").rgb
    assert tuple(rgb[0, 0]) == RED
    assert tuple(rgb[3, 3]) == (255, 255, 255)


@pytest.mark.parametrize(("orientation", "red"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")])
def test_exif_orientation_is_applied(tmp_path, orientation, red):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(_half_red_half_blue()).save(tmp_path / "a.jpg", exif=exif, quality=95)
    rgb = read_image(tmp_path / "a.jpg").rgb
    height, width = rgb.shape[:2]
    assert (width, height) == ((40, 20) if orientation in (1, 3) else (20, 40))
    where = {"left": (height // 2, 3), "right": (height // 2, -4), "top": (3, width // 2), "bottom": (-4, width // 2)}
    assert _near(rgb[where[red]], RED, 30)


def test_the_camera_comes_from_exif_and_belongs_to_the_upright_picture(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF_IFD)[FOCAL_35MM] = 28
    Image.fromarray(_half_red_half_blue(400, 300)).save(tmp_path / "a.jpg", exif=exif)
    camera = read_image(tmp_path / "a.jpg").camera
    assert camera is not None
    assert (camera.cx, camera.cy, camera.focal_source) == (150, 200, "exif")
    assert camera.fx == pytest.approx(28 * 500 / 43.27)


def test_without_exif_there_is_no_camera(tmp_path):
    Image.fromarray(_half_red_half_blue()).save(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg").camera is None


def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    Image.fromarray(_half_red_half_blue()).save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05garbage")
    assert read_image(tmp_path / "a.jpg").rgb.shape == (20, 40, 3)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_of_an_animation_the_first_frame_is_taken_and_said_so(tmp_path, suffix):
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, BLUE, (0, 255, 0))]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    picture = read_image(tmp_path / f"a.{suffix}")
    assert _near(picture.rgb[8, 8], RED, 30)
    assert picture.notes == ("has 3 frames or pages; only the first is used",)


def test_heic(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.from_bytes("RGB", (40, 20), _half_red_half_blue().tobytes()).save(tmp_path / "a.heic")
    rgb = read_image(tmp_path / "a.heic").rgb
    assert rgb.shape == (20, 40, 3)
    assert _near(rgb[10, 5], RED, 30)
    (tmp_path / "cut.heic").write_bytes((tmp_path / "a.heic").read_bytes()[:300])
    with pytest.raises(UnreadableImage, match=r"cut\.heic: the picture is damaged"):
        read_image(tmp_path / "cut.heic")


def test_heic_without_its_extra_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic")
    with pytest.raises(UnreadableImage, match=r"a\.heic: .*pip install 'people3d\[heic\]'"):
        read_image(tmp_path / "a.heic")


def test_one_pixel_is_a_picture(tmp_path):
    Image.new("RGB", (1, 1), RED).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").rgb.tolist() == [[list(RED)]]


def test_twenty_thousand_pixels_wide(tmp_path):
    Image.new("RGB", (20_000, 300), BLUE).save(tmp_path / "a.jpg")
    rgb = read_image(tmp_path / "a.jpg").rgb
    assert rgb.shape == (300, 20_000, 3)


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", pixels)
    )


@pytest.mark.parametrize("size", [(20_000, 20_000), (2_000_000_000, 2_000_000_000)])
def test_a_header_that_claims_too_much_is_not_believed(tmp_path, size):
    (tmp_path / "bomb.png").write_bytes(_png_header(*size))
    assert size[0] * size[1] > MAX_PIXELS
    with pytest.raises(UnreadableImage, match=r"bomb\.png: expected at most 178,956,970 pixels"):
        read_image(tmp_path / "bomb.png")


def _damaged(kind: str) -> bytes:
    """Bytes of a picture that was cut off after two thirds, or of something else."""
    import io

    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    if kind in ("jpg", "png", "gif", "webp", "tif", "bmp"):
        Image.fromarray(noise).save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(kind, kind.upper()))
        return buffer.getvalue()[: len(buffer.getvalue()) * 2 // 3]
    return {
        "empty": b"",
        "text": b"not a picture at all\n" * 20,
        "zeros": bytes(1000),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n",
        "header": b"\x89PNG\r\n\x1a\n",
        "small": _png_header(64, 64),
        "nothing": _png_header(0, 10),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["jpg", "png", "gif", "webp", "tif", "bmp", "empty", "text", "zeros", "eps", "header", "small", "nothing"],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path, kind):
    path = tmp_path / f"bad.{kind}"
    path.write_bytes(_damaged(kind))
    with pytest.raises(UnreadableImage, match=rf"bad\.{kind}: ") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    expected = {"empty": "the file is empty", "text": "not a picture", "eps": "not a picture", "zeros": "not a picture"}
    assert expected.get(kind, "") in str(caught.value)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(UnreadableImage, match=r"gone\.jpg: No such file"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(UnreadableImage, match="Is a directory"):
        read_image(tmp_path)


def test_as_picture_takes_arrays_pillow_images_and_paths(tmp_path):
    image = _half_red_half_blue()
    Image.fromarray(image).save(tmp_path / "a.png")
    for given in (image, Image.fromarray(image), tmp_path / "a.png", str(tmp_path / "a.png"), image[:, ::-1][:, ::-1]):
        np.testing.assert_array_equal(as_picture(given).rgb, image)
    for wrong in (image[..., 0], image.astype(float), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(ValueError, match=r"expected an \(H, W, 3\) uint8 RGB image, got shape"):
            as_picture(wrong)


# -- finding files ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    for name in ("b.jpg", "a.png", "TS1/img_2.jpg", "TS1/img_1.JPG", "notes.txt", ".hidden/x.jpg", "out/a.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def test_a_folder_gives_everything_below_it_with_relative_names(tree):
    sources, problems = find_images([tree], skip=tree / "out")
    assert [s.file_name for s in sources] == ["TS1/img_1.JPG", "TS1/img_2.jpg", "a.png", "b.jpg"]
    assert problems == []


def test_results_may_go_beside_the_pictures(tree):
    sources, _ = find_images([tree], skip=tree)
    assert "b.jpg" in [s.file_name for s in sources]
    sources, _ = find_images([tree / "TS1"], skip=tree)
    assert len(sources) == 2


def test_files_and_globs_give_base_names(tree):
    sources, problems = find_images([tree / "TS1" / "img_1.JPG", f"{tree}/**/*.jpg", tree / "notes.txt"])
    assert sources[0].file_name == "img_1.JPG"
    assert {"b.jpg", "img_2.jpg", "notes.txt"} <= {s.file_name for s in sources}  # a file that is named is taken
    assert problems == []


def test_each_file_once(tree):
    sources, _ = find_images([tree / "a.png", tree / "a.png", f"{tree}/a.*"])
    assert len(sources) == 1


def test_sources_that_name_nothing_are_named(tree):
    (tree / "none").mkdir()
    _, problems = find_images([tree / "gone.jpg", f"{tree}/*.webp", tree / "none", tree / "a.png"])
    assert problems == [
        f"{tree}/gone.jpg: no such file or folder",
        f"{tree}/*.webp: matches no file",
        f"{tree}/none: no pictures in this folder",
    ]


def test_a_file_with_brackets_in_its_name_is_that_file(tree):
    (tree / "shot[1].jpg").write_bytes(b"x")
    sources, problems = find_images([tree / "shot[1].jpg"])
    assert [s.file_name for s in sources] == ["shot[1].jpg"]
    assert problems == []
