"""The focal length of an unknown camera, from people of ordinary height who stand on one floor.

Upright people of about the same height on a plane tell where the horizon is (by how their size changes with the place
of their feet), and how the camera is tilted (by how they lean towards the vertical vanishing point, and by how their
bodies lean in space); both together tell the focal length. A camera that looks straight ahead, or one person, tells
nearly nothing: then the answer is what cameras usually have, with the deviation to match.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from people3d.camera import DEFAULT_FOV_DEG, Camera
from people3d.people import OUTSIDE, People
from people3d.stature import chain_mm, joints_by_name

_ENDS = ("Head_top", "L_Ankle", "R_Ankle")
_UPRIGHT = 0.92  # of the bones' length from head to ankle that an upright body reaches; synthetic walkers: 0.92 to 0.99
# Standard deviations. Along a body, as shares of its length: heights of adults (6 %) and errors of the joints; across,
# how far bodies lean (3.5 degrees); of one body's lean towards the camera as estimated, and of the mean of many.
_STD_ALONG, _STD_ACROSS, _STD_LEAN, _STD_MEAN_LEAN = 0.09, 0.06, 0.2, 0.1
# What is usual before anybody is seen: tilt and roll in radians, height of the camera in bodies, all with deviations.
_TILT, _ROLL, _CAMERA_HEIGHT = (0.1, 0.25), (0.0, 0.07), (math.log(0.9), 0.5)
_STD_LOG_FOCAL = 0.35  # of log f about that of 55 degrees: from wide angle to a short telephoto lens
_FOV_RANGE_DEG, _STEPS = (15.0, 120.0), 22
_PER_PERSON = 10.0  # one person in many frames counts as so many: his height and his lean stay his


@dataclass(frozen=True)
class FocalEstimate:
    """``focal_px`` with its standard deviation. ``people`` upright people made it.

    ``informative``: whether they tell clearly more than is usual for cameras.
    """

    focal_px: float
    std_px: float
    people: int
    informative: bool

    def camera(self, width: int, height: int) -> Camera:
        return Camera(self.focal_px, self.focal_px, width / 2, height / 2, "auto", focal_std=self.std_px)


@dataclass(frozen=True)
class Upright:
    """N upright people: (N, 2) heads and feet in px, (N,) how far they lean towards the camera, as a share of length,
    and ``weight``: for how many independent ones each counts."""

    head_px: np.ndarray
    foot_px: np.ndarray
    lean: np.ndarray
    weight: float


def upright_people(images: Sequence[People]) -> Upright:
    """Those who stand or walk upright and are in the picture from head to ankles."""
    heads, feet, leans, most = [], [], [], 1
    for people in images:
        names = (people.joints_cam_mm, people.joints_px, (people.joint_flags != OUTSIDE)[..., None].astype(float))
        cam, px, inside = (joints_by_name(a, people.skeleton, _ENDS) for a in names)
        ends_cam = np.stack([cam[:, 0], cam[:, 1:].mean(1)], 1)
        body = ends_cam[:, 0] - ends_cam[:, 1]
        length = np.linalg.norm(body, axis=-1)
        with np.errstate(invalid="ignore"):
            good = (inside[..., 0] == 1).all(-1) & (length > _UPRIGHT * chain_mm(people)) & (body[:, 1] < 0)
        heads.append(px[good, 0])
        feet.append(px[good, 1:].mean(1))
        leans.append(body[good, 2] / length[good])
        most = max(most, int(good.sum()))
    count = sum(map(len, heads))
    if not count:
        return Upright(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), 1.0)
    weight = min(1.0, _PER_PERSON * most / count)
    return Upright(np.concatenate(heads), np.concatenate(feet), np.concatenate(leans), weight)


def estimate_focal(upright: Upright, width: int, height: int) -> FocalEstimate:
    """The mean of log f over all that is possible, each f with the tilt, roll and height of the camera that suit best.

    Args:
        width, height: of the image, px; the principal point is taken to be its middle.
    """
    from scipy.optimize import least_squares

    side = max(width, height)
    usual = math.log(side / (2 * math.tan(math.radians(DEFAULT_FOV_DEG) / 2)))
    fovs = np.linspace(*_FOV_RANGE_DEG, _STEPS)
    logs = np.log(side / (2 * np.tan(np.radians(fovs) / 2)))
    centre = np.array([width / 2, height / 2])
    start = np.array([_TILT[0], _ROLL[0], _CAMERA_HEIGHT[0]])
    costs = []
    for log_f in logs:
        fit = least_squares(_residuals, start, args=(math.exp(log_f), upright, centre), loss="soft_l1", max_nfev=25)
        start = fit.x  # the neighbour's answer is near
        costs.append(fit.cost + 0.5 * ((log_f - usual) / _STD_LOG_FOCAL) ** 2)
    # Even steps of the field of view are not even in log f.
    density = np.exp(-(np.array(costs) - min(costs))) * np.abs(np.gradient(logs))
    density /= density.sum()
    mean = float(density @ logs)
    std = math.sqrt(float(density @ (logs - mean) ** 2) + 0.02**2)
    focal = math.exp(mean)
    return FocalEstimate(focal, focal * std, len(upright.lean), std < 0.7 * _STD_LOG_FOCAL)


def _residuals(parameters: np.ndarray, focal: float, upright: Upright, centre: np.ndarray) -> np.ndarray:
    """Of everybody's head, seen from his feet, and of the means, in standard deviations; lengths are in bodies."""
    tilt, roll, log_height = parameters
    up = np.array([-math.sin(roll) * math.cos(tilt), -math.cos(roll) * math.cos(tilt), -math.sin(tilt)])
    rays = np.concatenate([(upright.foot_px - centre) / focal, np.ones((len(upright.lean), 1))], 1)
    below = np.minimum(rays @ up, -1e-3)  # feet above the horizon cannot be: as far away as may be
    head = rays * (-math.exp(log_height) / below)[:, None] + up
    head_px = head[:, :2] / np.maximum(head[:, 2:], 1e-3) * focal + centre
    body = upright.head_px - upright.foot_px
    length = np.linalg.norm(body, axis=1)
    along = body / length[:, None]
    error = (head_px - upright.head_px) / length[:, None]
    scale = math.sqrt(upright.weight)
    across = along[:, ::-1] * [1, -1]
    count = max(1.0, len(length) * upright.weight)
    lean = upright.lean.mean() - up[2] if len(length) else 0.0
    return np.concatenate(
        [
            (error * along).sum(1) / _STD_ALONG * scale,
            (error * across).sum(1) / _STD_ACROSS * scale,
            [
                lean / math.hypot(_STD_MEAN_LEAN, _STD_LEAN / math.sqrt(count)),
                (tilt - _TILT[0]) / _TILT[1],
                (roll - _ROLL[0]) / _ROLL[1],
                (log_height - _CAMERA_HEIGHT[0]) / _CAMERA_HEIGHT[1],
            ],
        ]
    )
