"""A camera for each image, from a COCO-style file whose images have ``intrinsic`` (docs/formats.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from people3d.camera import Camera
from people3d.camera_file import load_camera


@dataclass(frozen=True)
class ImageCameras:
    """Cameras by file name; ``path`` is the file that they come from."""

    cameras: dict[str, Camera]
    path: str

    def of(self, file_name: str) -> Camera:
        """The camera of an image, found by its path, or by its base name where only one image has it.

        Raises:
            ValueError: the file has no camera for it.
        """
        same = [key for key in self.cameras if PurePosixPath(key).name == PurePosixPath(file_name).name]
        name = file_name if file_name in self.cameras else same[0] if len(same) == 1 else None
        if name is None:
            raise ValueError(f"{self.path}: expected one image {file_name} with intrinsic, found {len(same)}")
        return self.cameras[name]


def load_cameras(path: str | Path) -> Camera | ImageCameras:
    """One camera for all from a calibration tool's file, or one for each image from a COCO-style file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds neither, or impossible numbers.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        try:
            data = json.loads(path.read_bytes())
        except ValueError:
            data = None
        if isinstance(data, dict) and isinstance(data.get("images"), list):
            return ImageCameras(
                dict(_camera(path, index, image) for index, image in enumerate(data["images"])), str(path)
            )
    return load_camera(path)


def _camera(path: Path, index: int, image: Any) -> tuple[str, Camera]:
    try:
        distortion = image.get("distortion", (0, 0, 0, 0, 0))
        return str(image["file_name"]).replace("\\", "/"), Camera(*image["intrinsic"], distortion=distortion)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = str(error) if isinstance(error, ValueError) else "expected file_name and intrinsic [fx, fy, cx, cy]"
        raise ValueError(f"{path}: image {index}: {reason}") from error
