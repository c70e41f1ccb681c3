"""The pinhole camera: projection, its inverse, and the paper's distance measure k.

Camera space has x to the right, y down, z forward, in millimetres; a pixel is ``f * X / Z + c``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, overload

import numpy as np

FocalSource = Literal["given", "exif", "default", "auto"]

DEFAULT_FOV_DEG = 55.0  # field of view of the longer side when nothing is known, about a 35 mm lens
REAL_SIDE_MM = 2000.0  # side of the square that a person is taken to fill: A_real of paper section 5.1
FULL_FRAME_DIAGONAL_MM = 43.27  # of the 36 x 24 mm frame that EXIF's 35 mm equivalent refers to
EXIF_FOV_RANGE_DEG = (10.0, 150.0)  # outside, the EXIF value is taken to be wrong
_EXIF_IFD, _EXIF_FOCAL_35MM = 0x8769, 0xA405


@dataclass(frozen=True)
class Camera:
    """Intrinsics of a pinhole camera in pixels, with OpenCV's five distortion coefficients (k1, k2, p1, p2, k3).

    ``focal_source`` says where the focal length came from: ``given``, ``exif``, ``default``, or ``auto``: estimated
    from the people in the picture, with a standard deviation of ``focal_std`` px.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    focal_source: FocalSource = "given"
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    focal_std: float | None = None

    def __post_init__(self) -> None:
        for name in ("fx", "fy", "cx", "cy"):
            value = getattr(self, name)
            if not _is_number(value) or (name[0] == "f" and value <= 0):
                positive = "positive " if name[0] == "f" else ""
                raise ValueError(f"{name}: expected a {positive}finite number of pixels, got {value!r}")
            object.__setattr__(self, name, float(value))
        distortion = tuple(float(d) for d in self.distortion)
        if len(distortion) != 5 or not all(map(math.isfinite, distortion)):
            raise ValueError(f"distortion: expected five finite coefficients (k1 k2 p1 p2 k3), got {self.distortion}")
        object.__setattr__(self, "distortion", distortion)

    # -- where a camera comes from -------------------------------------------------------------------------------

    @overload
    @classmethod
    def from_focal(cls, focal_px: float, width: int, height: int, focal_source: FocalSource = "given") -> Camera: ...

    @overload
    @classmethod
    def from_focal(cls, focal_px: float) -> UnsizedCamera: ...

    @classmethod
    def from_focal(
        cls, focal_px: float, width: int | None = None, height: int | None = None, focal_source: FocalSource = "given"
    ) -> Camera | UnsizedCamera:
        """Square pixels, principal point at (W/2, H/2). Without a size, a camera that takes that of each image."""
        if width is None or height is None:
            return UnsizedCamera(focal_px=focal_px)
        return cls(focal_px, focal_px, width / 2, height / 2, focal_source)

    @overload
    @classmethod
    def from_fov(cls, fov_deg: float, width: int, height: int, focal_source: FocalSource = "given") -> Camera: ...

    @overload
    @classmethod
    def from_fov(cls, fov_deg: float) -> UnsizedCamera: ...

    @classmethod
    def from_fov(
        cls, fov_deg: float, width: int | None = None, height: int | None = None, focal_source: FocalSource = "given"
    ) -> Camera | UnsizedCamera:
        """From the field of view in degrees across the longer side of the image.

        Without a size, a camera that takes that of each image.
        """
        if width is None or height is None:
            return UnsizedCamera(fov_deg=fov_deg)
        if not (_is_number(fov_deg) and 0 < fov_deg < 180):
            raise ValueError(f"field of view: expected degrees between 0 and 180, got {fov_deg!r}")
        return cls.from_focal(
            max(width, height) / (2 * math.tan(math.radians(fov_deg) / 2)), width, height, focal_source
        )

    @classmethod
    def from_exif(cls, image, width: int | None = None, height: int | None = None) -> Camera | None:
        """From the 35 mm equivalent focal length in a PIL image's EXIF; None where it has none that is believable."""
        width, height = width or image.size[0], height or image.size[1]
        f35 = image.getexif().get_ifd(_EXIF_IFD).get(_EXIF_FOCAL_35MM)
        try:
            f35 = float(f35)
        except (TypeError, ValueError, ZeroDivisionError):
            return None
        if not math.isfinite(f35) or f35 <= 0:
            return None
        focal = f35 * math.hypot(width, height) / FULL_FRAME_DIAGONAL_MM
        fov = 2 * math.degrees(math.atan(max(width, height) / (2 * focal)))
        low, high = EXIF_FOV_RANGE_DEG
        return cls.from_focal(focal, width, height, "exif") if low <= fov <= high else None

    @classmethod
    def default(cls, width: int, height: int) -> Camera:
        """55 degrees across the longer side: what is assumed when nothing is known."""
        return cls.from_fov(DEFAULT_FOV_DEG, width, height, "default")

    # -- geometry ------------------------------------------------------------------------------------------------

    @property
    def matrix(self) -> np.ndarray:
        """(3, 3) intrinsic matrix."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1.0]])

    @property
    def intrinsic(self) -> list[float]:
        """[fx, fy, cx, cy], as written to files."""
        return [self.fx, self.fy, self.cx, self.cy]

    def for_image(self, width: int, height: int) -> Camera:
        """This camera; what :class:`UnsizedCamera` has yet to become."""
        return self

    def project(self, points_cam_mm: np.ndarray) -> np.ndarray:
        """(..., 3) camera mm → (..., 2) px. Points with Z <= 0 give NaN."""
        points = np.asarray(points_cam_mm, np.float64)
        z = np.where(points[..., 2:] > 0, points[..., 2:], np.nan)
        xy = points[..., :2] / z
        if any(self.distortion):
            xy, _ = _distort(xy, self.distortion)
        return xy * [self.fx, self.fy] + [self.cx, self.cy]

    def unproject(self, points_px: np.ndarray, depth_mm: np.ndarray | float) -> np.ndarray:
        """(..., 2) px and (...) depth Z in mm → (..., 3) camera mm. The inverse of :meth:`project`."""
        xy = self.normalize(points_px)
        depth = np.asarray(depth_mm, np.float64)[..., None]
        return np.concatenate([xy * depth, np.broadcast_to(depth, (*xy.shape[:-1], 1))], -1)

    def normalize(self, points_px: np.ndarray) -> np.ndarray:
        """(..., 2) px → (..., 2) X/Z, Y/Z, with the lens distortion taken out.

        A pixel that the lens model reaches from nowhere, far outside the image, gives the nearest that it does reach.
        """
        xy = (np.asarray(points_px, np.float64) - [self.cx, self.cy]) / [self.fx, self.fy]
        return _undistort(xy, self.distortion) if any(self.distortion) else xy

    def with_focal(self, focal_px: float) -> Camera:
        """The same camera with another focal length (of x; the ratio fy/fx stays)."""
        return replace(self, fx=focal_px, fy=focal_px * self.fy / self.fx, focal_source="given", focal_std=None)


def k_value(crop_side_px: np.ndarray | float, fx: np.ndarray | float, fy: np.ndarray | float) -> np.ndarray:
    """Eq. 1 of the paper: k in mm for square crop boxes of the given side in pixels.

    ``k = sqrt(fx * fy * A_real / A_img)`` with A_real = (2000 mm)² and A_img the area of the *extended* box, the one
    that is cropped (facts of the released code).
    """
    return REAL_SIDE_MM * np.sqrt(np.asarray(fx, np.float64) * fy) / crop_side_px


@dataclass(frozen=True)
class UnsizedCamera:
    """A field of view or a focal length whose image is not known yet: :meth:`for_image` makes it a :class:`Camera`."""

    fov_deg: float | None = None
    focal_px: float | None = None

    def __post_init__(self) -> None:
        if (self.fov_deg is None) == (self.focal_px is None):
            raise ValueError(f"expected either a field of view or a focal length, got {self.fov_deg}, {self.focal_px}")
        self.for_image(2, 2)  # a bad number fails here, not at the first image

    def for_image(self, width: int, height: int) -> Camera:
        """The camera of an image of this size in px."""
        if self.focal_px is not None:
            return Camera.from_focal(self.focal_px, width, height)
        assert self.fov_deg is not None
        return Camera.from_fov(self.fov_deg, width, height)


def _is_number(value: object) -> bool:
    """Whether it is a finite number; True and False are none."""
    return (
        isinstance(value, int | float | np.integer | np.floating)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _distort(xy: np.ndarray, distortion: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """OpenCV's lens model: (..., 2) X/Z, Y/Z → where the lens puts them, and the (..., 2, 2) derivatives of that."""
    k1, k2, p1, p2, k3 = distortion
    x, y = xy[..., 0], xy[..., 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = k1 + r2 * (2 * k2 + r2 * 3 * k3)  # of radial, by r2
    distorted = np.stack(
        [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y], -1
    )
    dx_dx = radial + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x
    dx_dy = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
    dy_dy = radial + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x
    return distorted, np.stack([np.stack([dx_dx, dx_dy], -1), np.stack([dx_dy, dy_dy], -1)], -2)


def _undistort(target: np.ndarray, distortion: tuple[float, ...]) -> np.ndarray:
    """The inverse of :func:`_distort` by Newton's method, with shorter steps where a full one leads away."""
    xy = target.copy()
    distorted, derivative = _distort(xy, distortion)
    error = np.linalg.norm(distorted - target, axis=-1)
    step_length = np.ones(error.shape)
    for _ in range(50):
        # Levenberg's damping keeps the step finite where the lens model folds over.
        normal = derivative @ derivative + 1e-12 * np.eye(2)
        step = np.linalg.solve(normal, derivative @ (distorted - target)[..., None])[..., 0]
        tried = xy - step_length[..., None] * step
        tried_distorted, tried_derivative = _distort(tried, distortion)
        tried_error = np.linalg.norm(tried_distorted - target, axis=-1)
        better = tried_error < error
        if not better.any() and (error < 1e-12).all():
            break
        step_length = np.where(better, 1.0, step_length / 2)
        xy = np.where(better[..., None], tried, xy)
        distorted = np.where(better[..., None], tried_distorted, distorted)
        derivative = np.where(better[..., None, None], tried_derivative, derivative)
        error = np.where(better, tried_error, error)
    return xy
