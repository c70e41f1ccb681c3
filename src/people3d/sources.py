"""Pictures from files, folders and globs, as RGB arrays that are what a person would see.

Everything a picture file may be is made 8-bit RGB here: EXIF orientation is applied, grey and palette pictures are
expanded, transparency is laid over white, 16 bits become 8, of an animation the first frame is taken. What cannot be
read raises :class:`UnreadableImage` with one clear line.
"""

from __future__ import annotations

import glob
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from people3d.camera import Camera

# Formats that Pillow decodes itself; EPS, for one, would start another program.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")
SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("jpg", "jpeg", "jpe", "jfif", "mpo", "png", "apng", "webp", "bmp", "dib", "tif", "tiff", "gif"),
        *("ppm", "pgm", "pnm", "jp2", "avif", "heic", "heif"),
    )
)
VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg"),
        *("ts", "mts", "m2ts", "wmv", "flv", "3gp", "ogv"),
    )
)
MAX_PIXELS = 178_956_970  # Pillow's own limit (0.5 GiB as RGB); a header that claims more is not believed
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
HEIC_EXTRA = "HEIC pictures need pillow-heif: pip install 'people3d[heic]'"


class UnreadableImage(ValueError):
    """A file that is no picture, or is damaged; the message is one line and names the file."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        rgb: (H, W, 3) uint8.
        camera: from its EXIF data, or None.
        notes: what was decided on the way and may surprise, one line each.
    """

    rgb: np.ndarray
    camera: Camera | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One file to be read. ``file_name`` is relative to the given folder, else the base name."""

    path: Path
    file_name: str

    @property
    def is_video(self) -> bool:
        return self.path.suffix.lower() in VIDEO_SUFFIXES


def find_images(
    sources: Sequence[str | Path], skip: Path | None = None, suffixes: frozenset[str] = SUFFIXES
) -> tuple[list[Source], list[str]]:
    """The picture files that files, folders (with all below them) and globs name, sorted within each.

    Args:
        skip: a folder of results, left out where it lies below a given folder.
        suffixes: of the files to take from folders; with :data:`VIDEO_SUFFIXES`, videos too.

    Returns:
        The sources, each file once, and a line for every source that names nothing.
    """
    found: dict[Path, Source] = {}
    problems = []
    for source in map(str, sources):
        path = Path(source)
        if path.is_dir():
            results = skip if skip is not None and _below(skip, path) else None
            files = sorted(
                p for p in path.rglob("*") if _is_wanted(p, path, suffixes) and not (results and _below(p, results))
            )
            new = [Source(p, p.relative_to(path).as_posix()) for p in files]
            missing = f"{source}: no pictures in this folder"
        elif path.exists() or not glob.has_magic(source):
            new = [Source(path, path.name)] if path.exists() else []
            missing = f"{source}: no such file or folder"
        else:
            files = sorted(Path(p) for p in glob.glob(source, recursive=True))
            new = [Source(p, p.name) for p in files if p.is_file()]
            missing = f"{source}: matches no file"
        if not new:
            problems.append(missing)
        for item in new:
            found.setdefault(item.path.resolve(), item)
    return list(found.values()), problems


def _is_wanted(path: Path, folder: Path, suffixes: frozenset[str]) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in suffixes and not hidden and path.is_file()


def _below(path: Path, folder: Path) -> bool:
    return folder.resolve() in path.resolve().parents


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a picture file. Raises :class:`UnreadableImage`, also for files that are missing or empty."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{path}: {error.strerror or error}") from error
    return decode_image(data, path, max_pixels)


def decode_image(data: bytes, path: str | Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode what a picture file holds. Raises :class:`UnreadableImage`; ``path`` is what its message names.

    Args:
        max_pixels: a header that says more is refused before anything of that size is made.
    """
    if not data:
        raise UnreadableImage(f"{path}: the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, on odd but harmless metadata and on large pictures
            with _open(data, max_pixels) as image:
                return to_picture(image, max_pixels)
    except UnreadableImage as error:
        raise UnreadableImage(f"{path}: {error}") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"{path}: expected at most {MAX_PIXELS:,} pixels; the header claims more") from error
    except Image.UnidentifiedImageError as error:
        raise UnreadableImage(f"{path}: not a picture that can be read ({', '.join(FORMATS)} or HEIC)") from error
    except MemoryError as error:
        raise UnreadableImage(f"{path}: there is not enough memory for this picture") from error
    # Pillow's decoders raise many things on damaged files.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, ArithmeticError) as error:
        raise UnreadableImage(f"{path}: the picture is damaged or cut off ({error})") from error


def _open(data: bytes, max_pixels: int) -> Image.Image:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return _open_heic(data, max_pixels)
    Image.init()  # loads Pillow's decoders; some builds lack some
    return Image.open(io.BytesIO(data), formats=[name for name in FORMATS if name in Image.OPEN])


def _open_heic(data: bytes, max_pixels: int) -> Image.Image:
    try:
        import pillow_heif
    except ImportError as error:
        raise UnreadableImage(HEIC_EXTRA) from error
    heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    _check_size(*heif.size, max_pixels)
    return heif.to_pillow()  # already turned upright


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise UnreadableImage(f"expected at most {max_pixels:,} pixels, got {width} x {height}")
    if not width or not height:
        raise UnreadableImage(f"expected at least one pixel, got {width} x {height}")


def to_picture(image: Image.Image, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a Pillow image: orientation, colours and bit depth as described above. EXIF gives the camera."""
    _check_size(*image.size, max_pixels)
    notes = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # MPO: a photograph with a preview or depth map
        image.seek(0)
        notes.append(f"has {frames} frames or pages; only the first is used")
    image.load()
    try:
        image = ImageOps.exif_transpose(image)
        camera = Camera.from_exif(image)
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, ArithmeticError) as error:
        notes.append(f"its EXIF data cannot be read and is not used ({error})")
        camera = None
    return Picture(_to_rgb(image), camera, tuple(notes))


def _to_rgb(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8 of a decoded image of any mode."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow also keeps in 32 bits
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise UnreadableImage("expected 8 or 16 bits a channel, got 32")
        grey = ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=-1)
    if image.mode == "F":
        raise UnreadableImage("expected 8 or 16 bits a channel, got floating-point numbers")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.array(image.convert("RGB"))


def as_picture(image: np.ndarray | Image.Image | str | Path) -> Picture:
    """What a caller hands over as an image: an (H, W, 3) uint8 RGB array, a Pillow image or a path.

    Raises:
        ValueError: an array of another shape or type; :class:`UnreadableImage` for files.
    """
    if isinstance(image, str | Path):
        return read_image(image)
    if isinstance(image, Image.Image):
        return to_picture(image)
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or not array.size:
        raise ValueError(f"expected an (H, W, 3) uint8 RGB image, got shape {array.shape} of {array.dtype}")
    return Picture(np.ascontiguousarray(array))
