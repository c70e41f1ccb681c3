"""Samples of a data set as they are learned from: boxes, joints and depth drawn into the pictures."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from people3d.crop import extend_boxes, sanitize_boxes
from people3d.data.labels import LabelledImage
from people3d.data.pictures import PictureReader
from people3d.view.colors import PALETTE

DEPTH_RANGE_MM = 600.0  # of a joint from its root, at either end of the colours
_TILE, _CAPTION = 360, 22  # px
_WIDEST = 900  # px of a picture in the page


@dataclass(frozen=True)
class Shown:
    """A picture with its labels drawn in, (H, W, 3) uint8 RGB, and a line about each person."""

    name: str
    picture_rgb: np.ndarray
    people: list[str]


def sample(images: Iterable[LabelledImage], count: int, seed: int = 0, look_at: int = 20_000) -> list[LabelledImage]:
    """``count`` images drawn at random from the first ``look_at``, in the set's order."""
    rng, chosen = np.random.default_rng(seed), []
    for n, image in enumerate(islice(images, look_at)):
        if len(chosen) < count:
            chosen.append((n, image))
        elif (place := int(rng.integers(n + 1))) < count:
            chosen[place] = n, image
    return [image for _, image in sorted(chosen, key=lambda pair: pair[0])]


def shown(images: Iterable[LabelledImage], problems: list[str]) -> Iterator[Shown]:
    """Pictures that cannot be read get a line in ``problems``."""
    reader = PictureReader()
    for image in images:
        try:
            picture = reader.read(image.picture, image.frame, image.upright)
        except ValueError as error:
            problems.append(str(error))
            continue
        name = image.picture.name if image.frame is None else f"{image.picture.name} frame {image.frame}"
        yield Shown(name, draw_labels(picture, image), [_describe(image, i) for i in range(len(image))])


def _describe(image: LabelledImage, i: int) -> str:
    depth = image.root_depth_mm[i]
    where = f"{depth / 1000:.2f} m away" if np.isfinite(depth) else "2D only"
    return f"person {i + 1}: {where}, {int((image.weights[i] > 0).sum())} of {len(image.skeleton)} joints"


def draw_labels(picture_rgb: np.ndarray, image: LabelledImage) -> np.ndarray:
    """A copy with tight boxes (thick), crop boxes (thin) and bones in a person's colour.

    Joints are coloured by their depth relative to the root: blue is nearer, red further, white unknown. Those of less
    weight are smaller.
    """
    canvas = picture_rgb.copy()
    height, width = canvas.shape[:2]
    line = max(1, round(np.hypot(height, width) / 500))
    boxes, valid = sanitize_boxes(image.boxes_xywh, width, height)
    relative = image.joints_cam_mm[..., 2] - image.roots_cam_mm[:, None, 2]
    for i in np.flatnonzero(valid):
        colour = PALETTE[i % len(PALETTE)]
        for box, thickness in ((boxes[i], 2 * line), (extend_boxes(boxes[i])[0], line)):
            x, y, w, h = np.round(box).astype(int).tolist()
            cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, thickness)
        px, known = image.joints_px[i], image.weights[i] > 0
        points = [tuple(int(v) for v in np.clip(np.round(p), -30000, 30000)) for p in np.nan_to_num(px)]
        for a, b in image.skeleton.edges:
            if known[a] and known[b]:
                cv2.line(canvas, points[a], points[b], colour, line, cv2.LINE_AA)
        for j in np.flatnonzero(known):
            radius = max(2, round(line * (1.5 + image.weights[i, j])))
            cv2.circle(canvas, points[j], radius + 1, (0, 0, 0), cv2.FILLED, cv2.LINE_AA)
            cv2.circle(canvas, points[j], radius, _depth_colour(relative[i, j]), cv2.FILLED, cv2.LINE_AA)
        depth = image.root_depth_mm[i]
        text = f"{i + 1}: {depth / 1000:.2f} m" if np.isfinite(depth) else f"{i + 1}: 2D"
        x, y = np.round(boxes[i, :2]).astype(int).tolist()
        for ink, extra in (((0, 0, 0), 2 * line), (colour, 0)):
            place = (x, max(y - 2 * line, 12 * line))
            cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4 * line, ink, line + extra, cv2.LINE_AA)
    return canvas


def _depth_colour(relative_mm: float) -> tuple[int, int, int]:
    if not np.isfinite(relative_mm):
        return 255, 255, 255
    level = np.uint8(np.clip(relative_mm / DEPTH_RANGE_MM * 127.5 + 127.5, 0, 255))
    b, g, r = cv2.applyColorMap(np.array([[level]]), cv2.COLORMAP_TURBO)[0, 0].tolist()
    return r, g, b


def contact_sheet(pictures: list[Shown], columns: int = 4) -> np.ndarray:
    """(H, W, 3) uint8 RGB: the pictures in rows, names below them.

    Raises:
        ValueError: there are none.
    """
    if not pictures:
        raise ValueError("expected pictures to show, got none")
    tiles = []
    for item in pictures:
        tile = np.full((_TILE + _CAPTION, _TILE, 3), 32, np.uint8)
        height, width = item.picture_rgb.shape[:2]
        scale = _TILE / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(item.picture_rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        x, y = (_TILE - size[0]) // 2, (_TILE - size[1]) // 2
        tile[y : y + size[1], x : x + size[0]] = small
        place = (4, _TILE + _CAPTION - 7)
        cv2.putText(tile, item.name[-52:], place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (230, 230, 230), 1, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 32)] * (-len(tiles) % columns)
    return np.concatenate([np.concatenate(tiles[n : n + columns], 1) for n in range(0, len(tiles), columns)])


def page(title: str, pictures: list[Shown]) -> str:
    """One HTML file that needs nothing else."""
    figures = "\n".join(_figure(item) for item in pictures)
    legend = (
        f"Thick: tight box; thin: crop box, made square and 1.25 times as large. Joints: blue nearer than the root, "
        f"red further (±{DEPTH_RANGE_MM:.0f} mm), white without depth; small ones weigh less."
    )
    style = "body{font:15px sans-serif;background:#202020;color:#eee}figure{display:inline-block;margin:8px;\
vertical-align:top}img{max-width:min(900px,95vw)}figcaption{max-width:900px;white-space:pre-line}"
    title = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{style}</style>'
        f"<h1>{title}</h1><p>{legend}</p>{figures}</html>"
    )


def _figure(item: Shown) -> str:
    picture = item.picture_rgb
    scale = _WIDEST / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    text = base64.b64encode(data.tobytes()).decode()
    caption = html.escape("\n".join([item.name, *item.people]))
    return f'<figure><img alt="" src="data:image/jpeg;base64,{text}"><figcaption>{caption}</figcaption></figure>'
