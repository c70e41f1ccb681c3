"""Cameras from the files of calibration tools: OpenCV's YAML and Pose2Sim's TOML."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from people3d.camera import Camera

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

# What tools call the two in OpenCV's files.
_MATRIX_NAMES = ("camera_matrix", "cameraMatrix", "Camera_Matrix", "K", "M", "M1", "intrinsic_matrix")
_DISTORTION_NAMES = (
    "distortion_coefficients",
    "Distortion_Coefficients",
    "dist_coeffs",
    "distCoeffs",
    "dist_coeff",
    "distortion",
    "D",
    "D1",
)
_SKEW_LIMIT_PX = 1e-3


def load_camera(path: str | Path) -> Camera:
    """The camera in an OpenCV file (``.yml``, ``.yaml``, ``.xml``, ``.json``) or the first in a Pose2Sim ``.toml``.

    The focal length counts as given, and the numbers as pixels of the images that it will be used with.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no intrinsics, or ones that this camera model does not have (skew, fisheye, more than the
            five distortion coefficients k1 k2 p1 p2 k3).
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path}: expected a camera file (OpenCV YAML or Pose2Sim TOML), got something binary"
        ) from None
    try:
        matrix, distortion = _from_toml(text) if path.suffix.lower() == ".toml" else _from_opencv(text)
        return _camera(matrix, distortion)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _camera(matrix: np.ndarray, distortion: np.ndarray) -> Camera:
    if matrix.shape != (3, 3):
        raise ValueError(f"expected a 3 x 3 camera matrix, got shape {matrix.shape}")
    if abs(matrix[0, 1]) > _SKEW_LIMIT_PX:
        raise ValueError(f"expected a camera matrix without skew, got {matrix[0, 1]:g} px")
    if not np.allclose(matrix[[1, 2, 2, 2], [0, 0, 1, 2]], [0, 0, 0, 1]):
        raise ValueError(f"expected a camera matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], got {matrix.tolist()}")
    if distortion.size > 5 and distortion[5:].any():
        raise ValueError(f"expected at most five distortion coefficients (k1 k2 p1 p2 k3), got {distortion.size}")
    k1, k2, p1, p2, k3 = np.concatenate([distortion[:5], np.zeros(5 - min(5, distortion.size))]).tolist()
    fx, fy, cx, cy = matrix[[0, 1, 0, 1], [0, 1, 2, 2]].tolist()
    return Camera(fx, fy, cx, cy, "given", (k1, k2, p1, p2, k3))


def _from_toml(text: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not a TOML file: {error}") from None
    camera = next((t for t in tables.values() if isinstance(t, dict) and "matrix" in t), None)
    if camera is None:
        raise ValueError("expected a camera as Pose2Sim writes it, a table with 'matrix', found none")
    if camera.get("fisheye"):
        raise ValueError("expected a pinhole camera, got a fisheye one")
    return _numbers("matrix", camera["matrix"]), _numbers("distortions", camera.get("distortions", [])).ravel()


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        return np.array(value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: expected numbers, got {value!r}") from None


def _from_opencv(text: str) -> tuple[np.ndarray, np.ndarray]:
    if not text.lstrip().startswith(("%YAML", "<?xml", "{")):
        text = "%YAML:1.0\n---\n" + text.removeprefix("---\n")  # ROS writes the same without OpenCV's first line
    try:
        storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
        matrix, distortion = (_first_node(storage, names) for names in (_MATRIX_NAMES, _DISTORTION_NAMES))
    except (cv2.error, SystemError) as error:
        reason = str(error.__cause__ or error).strip().rpartition("error: ")[2]
        raise ValueError(f"not a file that OpenCV reads: {reason}") from None
    if matrix is None:
        raise ValueError(f"expected one of {', '.join(_MATRIX_NAMES)}, found none")
    return matrix, np.zeros(0) if distortion is None else distortion.ravel()


def _first_node(storage: cv2.FileStorage, names: tuple[str, ...]) -> np.ndarray | None:
    for name in names:
        node = storage.getNode(name)
        if not node.empty():
            return _node_array(name, node)
    return None


def _node_array(name: str, node: cv2.FileNode) -> np.ndarray:
    """A matrix as OpenCV writes it, as ROS does (rows, cols, data), or as a list of lists."""
    if node.isMap():
        # Not node.mat(), which allocates what rows and cols ask for before it looks at the data.
        sizes = [node.getNode(key) for key in ("rows", "cols")]
        if not node.getNode("sizes").empty():  # as OpenCV 5 writes lists
            sizes = [node.getNode("sizes").at(i) for i in range(node.getNode("sizes").size())]
        data = node.getNode("data")
        if data.empty() or any(size.empty() for size in sizes):
            raise ValueError(f"{name}: expected rows, cols and data")
        flat = _numbers(name, _node_list(name, data))
        shape = [int(size.real()) for size in sizes]
        if flat.size != math.prod(shape):
            raise ValueError(f"{name}: expected {' x '.join(map(str, shape))} numbers, got {flat.size}")
        return flat.reshape(shape)
    return _numbers(name, _node_list(name, node))


def _node_list(name: str, node: cv2.FileNode) -> list[Any]:
    if not node.isSeq():
        raise ValueError(f"{name}: expected a matrix or a list of numbers")
    items = [node.at(i) for i in range(node.size())]
    if not all(item.isSeq() or item.isReal() or item.isInt() for item in items):
        raise ValueError(f"{name}: expected numbers")
    return [_node_list(name, item) if item.isSeq() else item.real() for item in items]
