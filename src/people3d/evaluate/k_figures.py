"""The paper's Figures 3 and 4: how well k tells the distance, and where it cannot."""

from __future__ import annotations

import base64
import html
from pathlib import Path

import cv2
import numpy as np
import plotly.graph_objects as go
import plotly.io

from people3d.crop import crop_affine, crop_boxes
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.relift import k_of

_ALIKE = 0.02  # two values within 2 % are the same here
_SHOWN_PX = 220
_MOST = 3000  # people among whom pairs are looked for


def known_people(truth: Annotations) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Valid people whose depth and k are known: (N,) index, (N,) k and (N,) depth Z of the root, mm.

    Raises:
        ValueError: fewer than two of them, or an image without its camera.
    """
    k = k_of(truth)
    people = np.flatnonzero(truth.valid & np.isfinite(k) & np.isfinite(truth.root_depth_mm))
    if len(people) < 2:
        raise ValueError(f"{truth.source}: expected at least two people with a box and a depth, got {len(people)}")
    return people, k[people], truth.root_depth_mm[people]


def correlation(k_mm: np.ndarray, depth_mm: np.ndarray) -> float:
    """Pearson's r of k and depth; NaN where one of them does not vary."""
    if np.ptp(k_mm) == 0 or np.ptp(depth_mm) == 0:
        return float("nan")
    return float(np.corrcoef(k_mm, depth_mm)[0, 1])


def figure3(truth: Annotations) -> go.Figure:
    """k against the true depth of every person, with their correlation."""
    _, k, depth = known_people(truth)
    fig = go.Figure(go.Scattergl(x=k / 1000, y=depth / 1000, mode="markers", marker={"size": 4, "opacity": 0.5}))
    most = float(max(k.max(), depth.max()) / 1000)
    fig.add_scatter(x=[0, most], y=[0, most], mode="lines", line={"color": "#888", "dash": "dot"}, name="depth = k")
    title = f"{len(k)} people, correlation {correlation(k, depth):.3f}, median depth / k {np.median(depth / k):.3f}"
    fig.update_layout(title=title, xaxis_title="k, m", yaxis_title="true depth of the root, m", showlegend=False)
    return fig


def ambiguous_pairs(k_mm: np.ndarray, depth_mm: np.ndarray, count: int = 3) -> dict[str, list[tuple[int, int]]]:
    """Pairs of people that k misjudges: the same k at the most different depths, and the other way round.

    Args:
        k_mm, depth_mm: (N,).
        count: pairs of each kind at most; nobody is in two of one kind.

    Returns:
        ``same_k`` and ``same_depth``: pairs of indices, the most different first.
    """
    return {"same_k": _pairs(k_mm, depth_mm, count), "same_depth": _pairs(depth_mm, k_mm, count)}


def _pairs(alike: np.ndarray, different: np.ndarray, count: int) -> list[tuple[int, int]]:
    close = np.abs(np.log(alike[:, None] / alike)) < _ALIKE
    spread = np.triu(np.where(close, np.abs(np.log(different[:, None] / different)), 0), 1)
    pairs: list[tuple[int, int]] = []
    while len(pairs) < count and spread.max(initial=0) > _ALIKE:
        a, b = (int(n) for n in np.unravel_index(spread.argmax(), spread.shape))
        pairs.append((a, b))
        spread[[a, b], :] = 0
        spread[:, [a, b]] = 0
    return pairs


def figure4(truth: Annotations, images: Path, count: int = 3) -> str:
    """Body of a page: the crops of those pairs, with k and depth."""
    people, k, depth = known_people(truth)
    if len(people) > _MOST:
        chosen = np.linspace(0, len(people) - 1, _MOST).astype(int)
        people, k, depth = people[chosen], k[chosen], depth[chosen]
    titles = {"same_k": "The same k, different depths", "same_depth": "The same depth, different k"}
    parts = []
    for kind, pairs in ambiguous_pairs(k, depth, count).items():
        parts.append(f"<h2>{titles[kind]}</h2>" + ("" if pairs else "<p>no such pair here</p>"))
        for pair in pairs:
            shown = "".join(_figure(truth, int(people[n]), float(k[n]), float(depth[n]), images) for n in pair)
            parts.append(f'<div style="display:flex;gap:1em">{shown}</div>')
    return "".join(parts)


def _figure(truth: Annotations, person: int, k: float, depth: float, images: Path) -> str:
    image = truth.images[truth.image_index[person]]
    path = images / str(image.get("file_name"))
    picture = cv2.imread(str(path)) if path.is_file() else None
    if picture is None:
        shown = f"no picture at {html.escape(str(path))}"
    else:
        box = crop_boxes(truth.boxes_xywh[person : person + 1], image["width"], image["height"])[0][0]
        crop = cv2.warpAffine(picture, crop_affine(box, _SHOWN_PX), (_SHOWN_PX, _SHOWN_PX))
        data = base64.b64encode(cv2.imencode(".jpg", crop)[1].tobytes()).decode()
        shown = f'<img alt="" src="data:image/jpeg;base64,{data}">'
    caption = f"k {k / 1000:.2f} m, depth {depth / 1000:.2f} m"
    return f'<figure style="margin:0;width:{_SHOWN_PX}px">{shown}<figcaption>{caption}</figcaption></figure>'


def page(title: str, body: str | go.Figure) -> str:
    """A self-contained page of a figure or of HTML."""
    if isinstance(body, go.Figure):
        body = plotly.io.to_html(body, full_html=False, include_plotlyjs=True, config={"displaylogo": False})
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title></head>"
        f'<body style="font:15px system-ui,sans-serif"><h1>{html.escape(title)}</h1>{body}</body></html>\n'
    )
