"""Where does it fail? The worst people of an evaluation as a page: picture, truth and prediction, 3D, error.

Above them, the error against distance, height in pixels, occlusion and age, as far as the ground truth tells them.
"""

from __future__ import annotations

import base64
import html
from pathlib import Path

import cv2
import numpy as np
import plotly.graph_objects as go
import plotly.io
from plotly.subplots import make_subplots

from people3d.evaluate.annotations import Annotations
from people3d.evaluate.report import Report
from people3d.view.scene3d import scene_points

ERRORS = ("relative_depth_error", "mrpe_mm", "mpjpe_mm_all_common_joints", "mpjpe_mm", "absolute_mm", "root_mm")
_TRUTH_RGB, _PRED_RGB = (0, 158, 115), (213, 94, 0)  # told apart by colour-blind people too
CROP_PX = 360  # side of a person's picture
_BINS = 8
_MOST_IN_3D = 12  # browsers draw at most 16 WebGL canvases on a page, and the charts take three


def worst_page(
    report: Report, pred: Annotations, truth: Annotations, images: Path, count: int, by: str | None = None
) -> str:
    """A self-contained HTML page.

    Args:
        report: of a protocol that scores people one by one.
        images: folder that the images' file names are relative to.
        by: column of ``report.people`` to rank by; the first of :data:`ERRORS` that there is if None.

    Raises:
        ValueError: the protocol has no such column, or nobody was scored.
    """
    by = by or next((name for name in ERRORS if name in report.people), None)
    if by not in report.people or by in ("image", "truth", "prediction"):
        known = [name for name in report.people if name not in ("image", "truth", "prediction")]
        raise ValueError(
            f"protocol {report.protocol} has no error {by!r} per person; it has {', '.join(known) or 'none'}"
        )
    error, person, prediction = report.people[by], report.people["truth"], report.people["prediction"]
    scored = np.flatnonzero(np.isfinite(error) & (person >= 0) & (prediction >= 0))
    if not len(scored):
        raise ValueError(f"nobody was scored by {by}: there is no worst person to show")
    name = by.replace("_", " ")
    charts = _charts(error[scored], _factors(truth, person[scored]), name)
    cards = [
        _card(
            pred,
            truth,
            int(prediction[k]),
            int(person[k]),
            f"{name}: {_value(by, float(error[k]))}",
            images,
            n < _MOST_IN_3D,
        )
        for n, k in enumerate(scored[np.argsort(-error[scored], kind="stable")][:count])
    ]
    provenance = "".join(
        f"<tr><td>{html.escape(k)}</td><td>{html.escape(str(v))}</td></tr>" for k, v in report.provenance.items()
    )
    style = (
        "body{font:15px system-ui,sans-serif;max-width:1100px;margin:1em auto;padding:0 1em;color:#222}"
        "section{display:flex;flex-wrap:wrap;gap:1em;border-top:1px solid #ccc;padding:1em 0}h3{width:100%;margin:0}"
        "td{padding:0 1em 0 0;vertical-align:top}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
        f"<title>{report.protocol}: worst by {name}</title><style>{style}</style></head><body>"
        f"<h1>{report.protocol}: the {len(cards)} worst of {len(scored)} people by {name}</h1>"
        '<p>Truth is <b style="color:rgb(0,158,115)">green</b>, '
        'the prediction <b style="color:rgb(213,94,0)">orange</b>; metres in camera space.</p>'
        f"{charts}{''.join(cards)}<table>{provenance}</table></body></html>\n"
    )


def _value(column: str, error: float) -> str:
    return f"{error:.0f} mm" if "_mm" in column else f"{100 * error:.0f} %" if "relative" in column else f"{error:.4g}"


def _factors(truth: Annotations, person: np.ndarray) -> dict[str, np.ndarray]:
    """What may explain an error, by name, (N,) each; only what the ground truth tells of somebody."""
    if np.isfinite(truth.occluded).any():
        hidden = np.nanmean(np.where(np.isfinite(truth.occluded).any(1, keepdims=True), truth.occluded != 0, np.nan), 1)
    else:
        labelled = truth.joint_flags.shape[1] and (truth.joint_flags == 1).any()
        hidden = (truth.joint_flags < 2).mean(1) if labelled else np.full(len(truth), np.nan)
    factors = {
        "distance, m": truth.root_depth_mm / 1000,
        "height, px": truth.boxes_or_extent_xywh[:, 3],
        "hidden joints, %": 100 * hidden,
        "age, years": truth.ages,
    }
    factors = {name: values[person] for name, values in factors.items()}
    return {name: values for name, values in factors.items() if np.isfinite(values).any()}


def _charts(error: np.ndarray, factors: dict[str, np.ndarray], name: str) -> str:
    """Everybody's error against each factor, and the median over bins of equal count."""
    if not factors:
        return "<p>The ground truth tells neither distance nor size nor occlusion nor age.</p>" + _plot(
            go.Figure(), 10, True
        )
    fig = make_subplots(1, len(factors), shared_yaxes=True, horizontal_spacing=0.03)
    for column, (factor, values) in enumerate(factors.items(), 1):
        known = np.isfinite(values)
        x, y = values[known], error[known]
        fig.add_scattergl(
            x=x, y=y, mode="markers", marker={"size": 4, "opacity": 0.35, "color": "#56779c"}, row=1, col=column
        )
        bins = np.array_split(np.argsort(x, kind="stable"), min(_BINS, len(x)))
        middle, median = [float(np.median(x[b])) for b in bins], [float(np.median(y[b])) for b in bins]
        fig.add_scatter(x=middle, y=median, mode="lines+markers", line={"color": "#222"}, row=1, col=column)
        fig.update_xaxes(title_text=factor, row=1, col=column)
    fig.update_yaxes(title_text=name, rangemode="tozero", row=1, col=1)
    fig.update_layout(showlegend=False, margin={"l": 60, "r": 10, "t": 10, "b": 50})
    return "<p>Dots are people, lines the median of as many people each.</p>" + _plot(fig, 300, True)


def _card(pred: Annotations, truth: Annotations, p: int, t: int, error: str, images: Path, in_3d: bool) -> str:
    image = truth.images[truth.image_index[t]]
    name = str(image.get("file_name") or f"image {image['id']}")
    depths = [
        f"{word} {z / 1000:.2f} m"
        for word, z in (("truth", truth.root_depth_mm[t]), ("predicted", pred.root_depth_mm[p]))
        if np.isfinite(z)
    ]
    picture = person_picture(pred, truth, p, t, images / name)
    if picture is None:
        shown = f"<p>no picture at {html.escape(str(images / name))}</p>"
    else:
        data = base64.b64encode(cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()).decode()
        shown = f'<img alt="{html.escape(name)}" src="data:image/jpeg;base64,{data}">'
    title = html.escape(f"{error}; {', '.join(depths)}; {name}, annotation {truth.ids[t]}")
    plot = _plot(_space(pred, truth, p, t, in_3d), CROP_PX, False)
    return f"<section><h3>{title}</h3>{shown}{plot}</section>"


def person_picture(pred: Annotations, truth: Annotations, p: int, t: int, path: Path) -> np.ndarray | None:
    """The surroundings of both boxes with both skeletons drawn in, (CROP_PX, CROP_PX, 3) uint8 RGB; None where the
    picture cannot be read.

    Args:
        p, t: of the prediction in ``pred`` and of the person in ``truth``.
        path: of the picture.
    """
    image = cv2.imread(str(path)) if path.is_file() else None
    if image is None:
        return None
    boxes = np.stack([truth.boxes_or_extent_xywh[t], pred.boxes_or_extent_xywh[p]])
    boxes = boxes[np.isfinite(boxes).all(1)]
    low, high = boxes[:, :2].min(0), (boxes[:, :2] + boxes[:, 2:]).max(0)
    side = 1.2 * (high - low).max()
    scale = CROP_PX / side
    crop_from_image = np.array([[scale, 0, 0], [0, scale, 0.0]])
    crop_from_image[:, 2] = CROP_PX / 2 - scale * (low + high) / 2
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = cv2.warpAffine(image[..., ::-1], crop_from_image, (CROP_PX, CROP_PX), flags=interpolation)
    for people, n, color in ((truth, t, _TRUTH_RGB), (pred, p, _PRED_RGB)):
        joints = people.seen_px[n] * scale + crop_from_image[:, 2]
        for a, b in people.skeleton.edges:
            if np.isfinite(joints[[a, b]]).all():
                start, end = (tuple(np.round(joints[j]).astype(int).tolist()) for j in (a, b))
                cv2.line(canvas, start, end, color, 2, cv2.LINE_AA)
    return canvas


def _space(pred: Annotations, truth: Annotations, p: int, t: int, in_3d: bool) -> go.Figure:
    """Both people in camera space, or that seen from the side: their 3D joints, or their roots where they have none."""
    fig = go.Figure()
    for people, n, color, name in ((truth, t, _TRUTH_RGB, "truth"), (pred, p, _PRED_RGB, "prediction")):
        joints, edges = people.joints_cam_mm[n], people.skeleton.edges
        if not np.isfinite(joints).any():
            joints, edges = people.root_or_pelvis_mm[n : n + 1], ((0, 0),)
        bones = [np.concatenate([joints[[a, b]], np.full((1, 3), np.nan)]) for a, b in edges]  # NaN lifts the pen
        right, distance, up = scene_points(np.concatenate(bones)).T
        style = {"mode": "lines+markers", "name": name, "line": {"color": f"rgb{color}", "width": 5}}
        if in_3d:
            fig.add_scatter3d(x=right, y=distance, z=up, marker={"size": 2.5}, **style)
        else:
            fig.add_scatter(x=distance, y=up, **style)
    fig.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False)
    if in_3d:
        axes = {"xaxis_title_text": "right, m", "yaxis_title_text": "distance, m", "zaxis_title_text": "up, m"}
        fig.update_layout(scene={"aspectmode": "data", **axes})
    else:
        fig.update_xaxes(title_text="distance, m")
        fig.update_yaxes(title_text="up, m", scaleanchor="x")
    return fig


def _plot(fig: go.Figure, height_px: int, with_library: bool) -> str:
    """The figure's HTML; the first on a page brings plotly's own script with it."""
    width = "100%" if with_library else f"{2 * height_px - 40}px"
    return plotly.io.to_html(
        fig,
        full_html=False,
        include_plotlyjs=with_library,
        default_height=f"{height_px}px",
        default_width=width,
        config={"displaylogo": False, "displayModeBar": False},
    )
