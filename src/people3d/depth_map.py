"""Metric depth maps as files: 16-bit pictures and NumPy arrays, one for an image or a folder of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from people3d.root_depth import Poses, root_depth_of_surface
from people3d.sources import MAX_PIXELS

SUFFIXES = (".png", ".npy", ".tif", ".tiff")
_MODES = {"I;16", "I;16B", "I;16L", "I", "F"}  # Pillow's names of 16 bits, 32 bits and floating point
_PLAUSIBLE_MM = (100.0, 200_000.0)  # of the median: nobody is nearer than that, and few sensors see further


@dataclass(frozen=True)
class DepthMap:
    """A :class:`people3d.root_depth.RootDepth` that looks at a map of the surfaces which the camera sees.

    Attributes:
        depth_mm: (H, W) depth Z (not distance) of each pixel of the upright image, mm; what is not finite or not
            positive is a hole. The map may be coarser than the image, not of another shape.
        name: for messages.
    """

    depth_mm: np.ndarray
    name: str = "depth map"

    def __post_init__(self) -> None:
        depth = np.array(self.depth_mm, np.float32)
        if depth.ndim != 2 or not depth.size:
            raise ValueError(f"{self.name}: expected height x width numbers, got shape {depth.shape}")
        with np.errstate(invalid="ignore"):
            depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
        depth.flags.writeable = False
        object.__setattr__(self, "depth_mm", depth)

    def __call__(self, image_rgb: np.ndarray, poses: Poses) -> np.ndarray:
        """(N,) depths Z of the roots, mm; NaN where the map does not show them.

        Raises:
            ValueError: a map of another shape than the image.
        """
        (height, width), (map_height, map_width) = image_rgb.shape[:2], self.depth_mm.shape
        if abs(map_height - map_width * height / width) >= 1:
            expected = f"{width} x {height} px like the image, or the same shape"
            raise ValueError(f"{self.name}: expected {expected}, got {map_width} x {map_height}")
        return root_depth_of_surface(self.depth_mm, poses, (width, height))


def load_depth_map(path: str | Path, scale_mm: float = 1.0) -> DepthMap:
    """A PNG or TIFF with 16 bits (or more) a pixel, or a ``.npy`` with numbers of any kind.

    Args:
        scale_mm: what one unit of the file is in mm: 1000 for metres.

    Raises:
        ValueError: something else, or numbers that cannot be mm.
    """
    path = Path(path)
    try:
        values = _read_array(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    except (OSError, EOFError, SyntaxError) as error:
        reason = getattr(error, "strerror", None) or f"cannot be read ({' '.join(str(error).split())})"
        raise ValueError(f"{path}: expected a depth map, {reason}") from error
    result = DepthMap(values.astype(np.float32) * scale_mm, str(path))
    known = result.depth_mm[np.isfinite(result.depth_mm)]
    if len(known) and not _PLAUSIBLE_MM[0] <= (median := float(np.median(known))) <= _PLAUSIBLE_MM[1]:
        raise ValueError(
            f"{path}: expected millimetres, got a median of {median:g}; is another scale meant (1000: metres)?"
        )
    return result


def _read_array(path: Path) -> np.ndarray:
    try:
        # Mapped, so that a header which promises more than the file has is refused before anything is allocated.
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{path}: expected a NumPy array, got something else ({error})") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "uif":
        raise ValueError(f"{path}: expected an array of numbers, got {getattr(values, 'dtype', type(values).__name__)}")
    if values.ndim == 3 and 1 in values.shape:
        values = values.squeeze(values.shape.index(1))
    if values.size > MAX_PIXELS:
        raise ValueError(f"{path}: expected at most {MAX_PIXELS:,} pixels, got {values.size:,}")
    return values


def _read_picture(path: Path) -> np.ndarray:
    with Image.open(path, formats=("PNG", "TIFF")) as picture:
        if picture.mode not in _MODES:
            raise ValueError(f"{path}: expected one channel of 16 bits or more, got a picture of mode {picture.mode}")
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError(f"{path}: expected at most {MAX_PIXELS:,} pixels, got {picture.width} x {picture.height}")
        return np.array(picture)


@dataclass(frozen=True)
class DepthMaps:
    """The maps of a folder by their path in it without the suffix; or one for the only image there is.

    The map of ``sub/photo.jpg`` is ``sub/photo.png`` (or ``.npy``, ``.tif``), that of frame 12 of ``walk.mp4``
    ``walk/000012.png``.
    """

    where: Path
    files: dict[str, Path]
    scale_mm: float = 1.0

    @property
    def is_one(self) -> bool:
        """Whether it is one file, for one image."""
        return not self.files

    @property
    def paths(self) -> list[Path]:
        return list(self.files.values()) or [self.where]

    def of(self, file_name: str) -> DepthMap:
        """The map of an image; raises ``ValueError`` where there is none, or none that can be used."""
        if self.is_one:
            return load_depth_map(self.where, self.scale_mm)
        video, _, frame = file_name.rpartition("#")
        name = (
            f"{PurePosixPath(video).with_suffix('')}/{frame}"
            if video
            else str(PurePosixPath(file_name).with_suffix(""))
        )
        if name not in self.files:
            raise ValueError(f"{self.where}: expected a depth map {name}{SUFFIXES[0]} or {SUFFIXES[1]}, found none")
        return load_depth_map(self.files[name], self.scale_mm)


def find_depth_maps(where: str | Path, scale_mm: float = 1.0) -> DepthMaps:
    """A file or a folder with all below it; files are read when they are asked for.

    Raises:
        ValueError: there is none, two are for the same image, or the scale is impossible.
    """
    where = Path(where)
    if not (np.isfinite(scale_mm) and scale_mm > 0):
        raise ValueError(f"scale of depth maps: expected a positive number of mm, got {scale_mm:g}")
    if where.is_file():
        return DepthMaps(where, {}, scale_mm)
    files: dict[str, Path] = {}
    for path in sorted(where.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            name = path.relative_to(where).with_suffix("").as_posix()
            if name in files:
                raise ValueError(f"{path}: expected one depth map of {name}, found {files[name].name} as well")
            files[name] = path
    if not files:
        raise ValueError(f"{where}: expected a depth map or a folder of them ({', '.join(SUFFIXES)}), found none")
    return DepthMaps(where, files, scale_mm)
