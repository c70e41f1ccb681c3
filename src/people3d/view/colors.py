"""Who is who: the colour and the name of a person, the same in the overlay and in the 3D view."""

from __future__ import annotations

import numpy as np

from people3d.people import People
from people3d.skeleton import Skeleton

RGB = tuple[int, int, int]

# Neighbours in the list differ in hue and in lightness, so that people side by side are told apart.
PALETTE: tuple[RGB, ...] = (
    (230, 76, 40),
    (38, 122, 230),
    (46, 158, 66),
    (172, 74, 214),
    (238, 160, 0),
    (0, 165, 170),
    (226, 60, 140),
    (126, 132, 20),
    (104, 92, 240),
    (176, 104, 56),
)
_LEFT_TINT = 0.55  # how far the left side of the body goes to white
_RIGHT_SHADE = 0.42  # and the right side to black


def _identity(people: People, person: int) -> int:
    """Starts at 1: the track id where people are tracked, else the place in the result."""
    return person + 1 if people.track_ids is None else int(people.track_ids[person])


def person_color(people: People, person: int) -> RGB:
    """The colour of person number ``person`` (0-based)."""
    return PALETTE[(_identity(people, person) - 1) % len(PALETTE)]


def side_color(color: RGB, side: str) -> RGB:
    """A person's colour for one side of the body: lighter for "L", darker for "R", itself for "" (the middle)."""
    towards, amount = {"L": (255, _LEFT_TINT), "R": (0, _RIGHT_SHADE), "": (0, 0.0)}[side]
    r, g, b = (round(c + (towards - c) * amount) for c in color)
    return r, g, b


def joint_side(skeleton: Skeleton, *joints: int) -> str:
    """ "L" or "R" where any of the joints lies on that side of the body, else ""."""
    return next((skeleton.joints[j][0] for j in joints if skeleton.joints[j][:2] in ("L_", "R_")), "")


def distances_m(people: People) -> np.ndarray:
    """(N,) distance of each person's root from the camera in metres, along the line of sight."""
    return np.linalg.norm(people.root_cam_mm, axis=-1) / 1000


def person_name(people: People, person: int) -> str:
    """As "person 1"."""
    return f"person {_identity(people, person)}"


def person_label(people: People, person: int) -> str:
    """Name and distance, as "person 1 · 3.4 m"."""
    return f"{person_name(people, person)} · {distances_m(people)[person]:.1f} m"
