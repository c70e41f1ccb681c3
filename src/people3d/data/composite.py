"""The paper's training set MuCo-3DHP, made from MPI-INF-3DHP (section 7; Mehta et al., Single-Shot Multi-Person, 2018).

Each picture shows one to four people, seen by the same camera of the studio in different recordings, pasted by depth
through their masks. Half of the pictures keep the studio ("unaugmented"), half have a COCO picture without people
behind ("augmented"). Nobody sees to it that bodies do not meet in space: rule 4 leaves such people out when it learns.

Recordings differ a little in the camera's f and c. People are moved and scaled in the picture so that the one camera
written for it projects every joint to where it is seen; in space they stay where they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from people3d.camera import Camera
from people3d.data.mpi_inf_3dhp import BAD_MASKS, Sequence
from people3d.data.pictures import PictureReader
from people3d.data.rules import box_from_joints

PEOPLE = (1, 4)  # fewest and most in a picture
AUGMENTED_SHARE = 0.5  # of the pictures, whose background is another (paper section 7)
FOREGROUND, CHAIR = 100, 32  # red above this in FGmasks is no green screen; below this in ChairMasks it is a chair
REACH = 1.3  # a person's mask ends at the joints' box, so many times as large
MIN_ON_MASK = 0.5  # share of the joints that must lie on the mask; else the mask is broken
EDGE_PX = 1.5  # sigma of the mask's soft edge, at full resolution
MAX_TRIES = 30


@dataclass(frozen=True)
class Pick:
    """One person: a frame of a recording through a camera."""

    sequence: Sequence
    camera: int
    frame: int

    @property
    def joints_cam_mm(self) -> np.ndarray:
        return self.sequence.joints_cam_mm[self.camera][self.frame].astype(float)

    @property
    def joints_px(self) -> np.ndarray:
        return self.sequence.joints_px[self.camera][self.frame].astype(float)

    @property
    def lens(self) -> Camera:
        return self.sequence.lenses[self.camera]


@dataclass(frozen=True)
class Layer:
    """A person cut out: picture (H, W, 3) uint8 RGB and mask (H, W) 0..1, as the composite's camera would see them."""

    pick: Pick
    picture_rgb: np.ndarray
    mask: np.ndarray


def has_masks(sequence: Sequence) -> bool:
    """Whether people can be cut out of a recording: its masks are there and of use."""
    digits = [int("".join(filter(str.isdigit, n)) or 0) for n in (sequence.folder.parent.name, sequence.folder.name)]
    return tuple(digits) not in BAD_MASKS and bool(_masked_cameras(sequence))


def _masked_cameras(sequence: Sequence) -> list[int]:
    return [c for c in sequence.cameras() if sequence.picture(c, 0, "FGmasks")[0].exists()]


def draw(rng: np.random.Generator, sequences: list[Sequence], people: tuple[int, int] = PEOPLE) -> list[Pick]:
    """Who is in a picture: people of different subjects, seen by the same camera.

    Raises:
        ValueError: no recording can be cut out.
    """
    subjects: dict[str, list[Sequence]] = {}
    for sequence in sequences:
        subjects.setdefault(sequence.folder.parent.name, []).append(sequence)
    if not subjects:
        raise ValueError("expected recordings with pictures and masks, got none")
    count = min(int(rng.integers(people[0], people[1] + 1)), len(subjects))
    chosen = [str(name) for name in rng.permutation(sorted(subjects))]
    first = subjects[chosen[0]][rng.integers(len(subjects[chosen[0]]))]
    camera = int(rng.choice(_masked_cameras(first)))
    picks = []
    for name in chosen:
        candidates = [s for s in subjects[name] if camera in _masked_cameras(s) and s.length(camera) > 0]
        if candidates and len(picks) < count:
            sequence = candidates[rng.integers(len(candidates))]
            picks.append(Pick(sequence, camera, int(rng.integers(sequence.length(camera)))))
    return picks


def affine_between(source: Camera, target: Camera, scale: float = 1.0) -> np.ndarray:
    """(2, 3): px of one camera → px of another at the same place looking the same way, times ``scale``."""
    sx, sy = target.fx / source.fx * scale, target.fy / source.fy * scale
    return np.array([[sx, 0, target.cx * scale - sx * source.cx], [0, sy, target.cy * scale - sy * source.cy]])


def cut_out(pick: Pick, camera: Camera, scale: float, size: tuple[int, int], reader: PictureReader) -> Layer | None:
    """The person of a pick as ``camera`` sees it, ``scale`` times as large; None where the mask does not hold them.

    The mask is what is connected with the joints and no green screen, and chairs there (they hide people as well).

    Raises:
        ValueError: a picture cannot be read.
    """
    red = reader.read(*pick.sequence.picture(pick.camera, pick.frame, "FGmasks"))[..., 0]
    chair_file, chair_frame = pick.sequence.picture(pick.camera, pick.frame, "ChairMasks")
    x, y, w, h = box_from_joints(pick.joints_px)
    grow = (REACH - 1) / 2 * max(w, h)
    low = np.maximum(np.floor([x - grow, y - grow]), 0).astype(int)
    high = np.minimum(np.ceil([x + w + grow, y + h + grow]), red.shape[1::-1]).astype(int)
    if (high <= low).any():
        return None
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    foreground = np.zeros(red.shape, np.uint8)
    foreground[window] = red[window] > FOREGROUND
    if chair_file.exists():
        foreground[window] |= reader.read(chair_file, chair_frame)[..., 0][window] < CHAIR
    labels = cv2.connectedComponents(foreground, connectivity=4)[1]
    at = np.round(pick.joints_px).astype(int)
    inside = ((at >= 0) & (at < red.shape[1::-1])).all(1)
    under = labels[at[inside, 1], at[inside, 0]]
    if not inside.any() or (under > 0).mean() < MIN_ON_MASK:
        return None
    mask = np.isin(labels, under[under > 0]).astype(np.float32)
    picture = reader.read(*pick.sequence.picture(pick.camera, pick.frame))
    affine = affine_between(pick.lens, camera, scale)
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    mask = cv2.warpAffine(cv2.GaussianBlur(mask, (0, 0), EDGE_PX), affine, size, flags=flags)
    return Layer(pick, cv2.warpAffine(picture, affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), mask)


def composite(
    picks: list[Pick], size: int, background_rgb: np.ndarray | None, reader: PictureReader
) -> tuple[np.ndarray, dict[str, Any], list[dict[str, Any]]] | None:
    """Paste people together, furthest first.

    Args:
        size: px of the picture's longer side.
        background_rgb: (H, W, 3) of any size, fitted over the picture; the studio of the first pick if None.

    Returns:
        The picture (H, W, 3) uint8 RGB, the image's entry in MuCo-3DHP.json (size, f, c), and an annotation a person
        (bbox, keypoints_img, keypoints_cam, occluded); None where somebody's mask is broken.
    """
    first = picks[0]
    width, height = first.sequence.sizes[first.camera]
    scale = size / max(width, height)
    shape = round(width * scale), round(height * scale)
    layers = [cut_out(pick, first.lens, scale, shape, reader) for pick in picks]
    whole = [layer for layer in layers if layer is not None]
    if len(whole) < len(picks):
        return None
    canvas = whole[0].picture_rgb if background_rgb is None else _cover(background_rgb, shape)
    canvas = canvas.astype(np.float32)
    depths = np.array([layer.pick.joints_cam_mm[14, 2] for layer in whole])
    for n in np.argsort(-depths, kind="stable"):
        canvas += whole[n].mask[..., None] * (whole[n].picture_rgb - canvas)
    lens = first.lens
    camera = Camera(lens.fx * scale, lens.fy * scale, lens.cx * scale, lens.cy * scale)
    rows = []
    for n, layer in enumerate(whole):
        cam = layer.pick.joints_cam_mm
        px = camera.project(cam)
        nearer = [other.mask for m, other in enumerate(whole) if (depths[m], m) < (depths[n], n)]
        rows.append(
            {
                "bbox": np.round(box_from_joints(px), 2).tolist(),
                "keypoints_img": np.round(px, 3).tolist(),
                "keypoints_cam": np.round(cam, 3).tolist(),
                "occluded": [int(_covered(point, nearer)) for point in px],
            }
        )
    entry = {"width": shape[0], "height": shape[1], "f": [camera.fx, camera.fy], "c": [camera.cx, camera.cy]}
    return np.clip(np.round(canvas), 0, 255).astype(np.uint8), entry, rows


def _covered(point_px: np.ndarray, masks: list[np.ndarray]) -> bool:
    """Whether a point lies on one of the masks."""
    x, y = np.round(point_px).astype(int)
    return any(0 <= y < m.shape[0] and 0 <= x < m.shape[1] and m[y, x] > 0.5 for m in masks)


def _cover(picture_rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scaled and cut about its centre to fill (width, height)."""
    height, width = picture_rgb.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    grown = max(size[0], round(width * scale)), max(size[1], round(height * scale))
    out = cv2.resize(picture_rgb, grown, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (grown[0] - size[0]) // 2, (grown[1] - size[1]) // 2
    return out[y : y + size[1], x : x + size[0]]
