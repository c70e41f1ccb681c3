"""The result drawn over the photograph."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from people3d.people import SEEN, UNCERTAIN, People
from people3d.view.colors import RGB, distances_m, joint_side, person_color, person_label, side_color
from people3d.view.placement import place_labels

_CASING: RGB = (16, 16, 16)  # dark edge under every line, so that light lines stand out on light pictures too
_SHIFT = 4  # cv2 draws at 1/16 px


def draw(image_rgb: np.ndarray, people: People) -> np.ndarray:
    """Boxes, skeletons, names and distances over a copy of the image.

    The left side of a body is lighter than its right; joints that are hidden or uncertain are hollow and their bones
    thin; joints outside the picture are not drawn. Near people cover far ones.

    Args:
        image_rgb: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: the image is of another type or size than the one that the people were found in.
    """
    image_rgb = np.asarray(image_rgb)
    expected = (people.height, people.width, 3)
    if image_rgb.shape != expected or image_rgb.dtype != np.uint8:
        raise ValueError(f"expected an image of {expected} uint8, got {image_rgb.shape} {image_rgb.dtype}")
    canvas = np.ascontiguousarray(image_rgb).copy()
    far_to_near = np.argsort(-distances_m(people), kind="stable")
    for person in far_to_near:
        _draw_box(canvas, people, person)
    for person in far_to_near:
        _draw_skeleton(canvas, people, person)
    return _draw_labels(canvas, people, far_to_near[::-1])


def _line_width(people: People, person: int) -> float:
    """Width of a bone in px: that of a small person in a large image stays thin, and is never below 1."""
    x1, y1, x2, y2 = people.boxes_xyxy[person]
    by_image = np.hypot(people.width, people.height) / 220
    by_person = np.hypot(x2 - x1, y2 - y1) / 70
    return max(1.0, min(by_image, by_person))


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """A point as cv2 wants it for ``shift=_SHIFT``."""
    x, y = np.round(np.clip(point, -1e5, 1e5) * (1 << _SHIFT)).astype(int)
    return int(x), int(y)


def _stroke(canvas: np.ndarray, a: np.ndarray, b: np.ndarray, color: RGB, width: float) -> None:
    cv2.line(canvas, _fixed(a), _fixed(b), color, max(1, round(width)), cv2.LINE_AA, _SHIFT)


def _draw_box(canvas: np.ndarray, people: People, person: int) -> None:
    box = people.boxes_xyxy[person]
    if not np.isfinite(box).all():
        return
    width = max(1, round(_line_width(people, person) / 2.5))
    # The box's far edge is the last pixel inside it.
    top_left, bottom_right = _fixed(box[:2]), _fixed(box[2:] - 1)
    for color, extra in ((_CASING, 2 if width > 1 else 0), (person_color(people, person), 0)):
        cv2.rectangle(canvas, top_left, bottom_right, color, width + extra, cv2.LINE_AA, _SHIFT)


def _draw_skeleton(canvas: np.ndarray, people: People, person: int) -> None:
    color, width = person_color(people, person), _line_width(people, person)
    points, flags = people.joints_px[person], people.joint_flags[person]
    drawn = (flags >= UNCERTAIN) & np.isfinite(points).all(-1)
    casing = 1.5 if width < 2 else 2.0
    bones = []
    for a, b in people.skeleton.edges:
        if drawn[a] and drawn[b]:
            certain = min(flags[a], flags[b]) == SEEN
            side = joint_side(people.skeleton, b, a)
            bones.append((points[a], points[b], side_color(color, side), width if certain else width / 2))
    for a, b, _, w in bones:
        _stroke(canvas, a, b, _CASING, w + casing)
    for a, b, bone_color, w in bones:
        _stroke(canvas, a, b, bone_color, w)
    for j in np.flatnonzero(drawn).tolist():
        joint_color = side_color(color, joint_side(people.skeleton, j))
        _draw_joint(canvas, points[j], joint_color, 0.5 + 0.95 * width, hollow=flags[j] != SEEN)


def _draw_joint(canvas: np.ndarray, point: np.ndarray, color: RGB, radius: float, hollow: bool) -> None:
    def disc(r: float, c: RGB) -> None:
        cv2.circle(canvas, _fixed(point), round(r * (1 << _SHIFT)), c, cv2.FILLED, cv2.LINE_AA, _SHIFT)

    if hollow:
        radius = max(radius, 2.5)  # smaller, the hole could not be seen
        disc(radius + 1, _CASING)
        disc(radius, color)
        disc(radius * 0.55, _CASING)
    else:
        disc(radius + 0.8, _CASING)
        disc(radius, color)


def _draw_labels(canvas: np.ndarray, people: People, near_to_far: np.ndarray) -> np.ndarray:
    near_to_far = near_to_far[np.isfinite(people.boxes_xyxy[near_to_far]).all(-1)]
    if not len(near_to_far):
        return canvas
    font_px = float(np.clip(np.hypot(people.width, people.height) / 55, 10, 64))
    if len(near_to_far) > 12:  # a crowd: smaller labels cover less of it
        font_px = max(10.0, font_px * 0.8)
    font = ImageFont.load_default(size=font_px)
    pad = font_px * 0.25
    texts = [person_label(people, p) for p in near_to_far]
    ascent, descent = font.getmetrics() if isinstance(font, ImageFont.FreeTypeFont) else (font_px, 0)
    sizes = np.array([(font.getlength(t) + 2 * pad, ascent + descent + pad) for t in texts])
    places = place_labels(people.boxes_xyxy[near_to_far], sizes, _head_boxes(people), people.width, people.height)

    picture = Image.fromarray(canvas)
    pen = ImageDraw.Draw(picture)
    for person, place in zip(near_to_far, places, strict=True):
        _draw_leader(pen, place, people.boxes_xyxy[person], person_color(people, person), font_px)
    for person, text, (x1, y1, x2, y2) in zip(near_to_far, texts, places, strict=True):
        color = person_color(people, person)
        dark_text = np.dot(color, (0.299, 0.587, 0.114)) > 150
        pen.rounded_rectangle((x1, y1, x2 - 1, y2 - 1), radius=pad, fill=color, outline=_CASING)
        pen.text((x1 + pad, y1 + pad / 2), text, fill=(0, 0, 0) if dark_text else (255, 255, 255), font=font)
    return np.asarray(picture).copy()


def _head_boxes(people: People) -> np.ndarray:
    """(M, 4) xyxy squares about the faces, which labels should not cover."""
    head = [j for j, name in enumerate(people.skeleton.joints) if name in ("Head", "Nose", "Head_top")]
    points = people.joints_px[:, head].reshape(-1, 2)
    x1, y1, x2, y2 = np.repeat(people.boxes_xyxy, len(head), axis=0).T
    radius = np.hypot(x2 - x1, y2 - y1)[:, None] / 20
    boxes = np.concatenate([points - radius, points + radius], -1)
    return boxes[np.isfinite(boxes).all(-1)]


def _draw_leader(pen: ImageDraw.ImageDraw, place: np.ndarray, box: np.ndarray, color: RGB, font_px: float) -> None:
    """A line from a label to its box, where the two do not touch."""
    start = np.clip((box[:2] + box[2:]) / 2, place[:2], place[2:])
    end = np.clip(start, box[:2], box[2:])
    if np.abs(start - end).max() > font_px / 4:
        ends = [*start, *end]
        pen.line(ends, fill=_CASING, width=max(3, round(font_px / 5)))
        pen.line(ends, fill=color, width=max(1, round(font_px / 10)))
