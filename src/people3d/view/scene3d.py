"""The result in space: an interactive figure, and the same as a page that needs no network.

The axes are metres: x to the camera's right, depth forward, and height above the camera (-y), so that people stand
upright on the screen.
"""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import plotly.io

from people3d.files import write_whole
from people3d.people import OUTSIDE, SEEN, UNCERTAIN, People
from people3d.view.colors import RGB, distances_m, joint_side, person_color, person_label, person_name, side_color
from people3d.view.frustum import frustum, image_plane
from people3d.view.ground import ground_plane

_FLAG_TEXT = {SEEN: "seen", UNCERTAIN: "hidden or uncertain", OUTSIDE: "outside the picture"}
_FOCAL_TEXT = {
    "given": "focal length as given",
    "exif": "focal length from the photograph's EXIF",
    "default": "focal length unknown, 55° assumed: distances scale with it",
    "auto": "focal length estimated from the people: distances scale with it",
}
_LABELLED = 10  # up to so many people, each one's distance stands in the scene
_INK, _GRID, _FLOOR = "#333", "#d5d9e0", "#9aa4b2"


def scene_points(points_cam_mm: np.ndarray) -> np.ndarray:
    """(..., 3) camera mm → (..., 3) metres as shown: right, depth, up."""
    return np.asarray(points_cam_mm)[..., [0, 2, 1]] / [1000, 1000, -1000]


def figure(people: People, image: np.ndarray | None = None) -> go.Figure:
    """Everybody in space, with the camera's frustum, the floor and each one's distance.

    Args:
        image: (H, W, 3) uint8 RGB; its thumbnail is shown as the frustum's image plane.
    """
    reach = _reach_m(people)
    plane_depth_mm = 1000 * min(0.8, 0.2 * reach)
    camera = frustum(people.camera, people.width, people.height, plane_depth_mm, scene_points)
    traces: list[go.Scatter3d | go.Mesh3d] = [camera]
    if image is not None:
        traces.append(image_plane(people.camera, image, plane_depth_mm, scene_points))
    corners = [np.array([camera.x, camera.y, camera.z], float).T]
    floor = ground_plane(people)
    for person in range(len(people)):
        traces += _person_traces(people, person, floor)
        corners.append(scene_points(people.joints_cam_mm[person]))
    points = np.concatenate(corners)
    low, high = np.nanmin(points, 0), np.nanmax(points, 0)
    margin = 0.05 * (high - low).max()
    low, high = low - margin, high + margin
    if floor is not None:
        traces.append(_floor_trace(floor, low, high))
    fig = go.Figure(traces)
    fig.update_layout(**_layout(people, low, high))
    return fig


def save_html(people: People, path: str | Path, image: np.ndarray | None = None) -> None:
    """:func:`figure` as one self-contained page; ``path`` appears only once it is whole."""
    plot = plotly.io.to_html(
        figure(people, image),
        full_html=False,
        include_plotlyjs=True,
        config={"displaylogo": False, "responsive": True},
        default_height="100%",
    )
    title = html.escape(Path(path).stem)
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title} · people3d</title>"
        '<link rel="icon" href="data:,"><style>html,body,body>div{height:100vh;margin:0;overflow:hidden}</style></head>'
        f"<body>{plot}</body></html>\n"
    )
    write_whole(path, page)


def _reach_m(people: People) -> float:
    """Distance of the nearest person, or 4 m where there is nobody."""
    distances = distances_m(people)
    distances = distances[np.isfinite(distances)]
    return float(distances.min()) if len(distances) else 4.0


def _css(color: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _person_traces(people: People, person: int, floor: np.ndarray | None) -> list[go.Scatter3d]:
    color, skeleton = person_color(people, person), people.skeleton
    name, label = person_name(people, person), person_label(people, person)
    points = scene_points(people.joints_cam_mm[person])
    sides = [joint_side(skeleton, j) for j in range(len(skeleton))]
    group = {"legendgroup": name}
    traces = []
    # One trace a side, the middle one (in the person's own colour) standing for the person in the legend.
    for side in ("", "L", "R"):
        bones = [points[[a, b]] for a, b in skeleton.edges if joint_side(skeleton, b, a) == side]
        gap = np.full((1, 3), np.nan)
        x, y, z = np.concatenate([row for bone in bones for row in (bone, gap)] or [gap]).T
        line = {"color": _css(side_color(color, side)), "width": 7}
        shown = {"name": label, "showlegend": side == "", "hoverinfo": "skip"}
        traces.append(go.Scatter3d(x=x, y=y, z=z, mode="lines", line=line, **shown, **group))
    x, y, z = points.T
    flags = people.joint_flags[person]
    traces.append(
        go.Scatter3d(
            x=x,
            y=y,
            z=z,
            mode="markers",
            marker={
                "size": 4.5,
                "color": [_css(side_color(color, side)) for side in sides],
                "symbol": ["circle" if flag == SEEN else "circle-open" for flag in flags],
                "opacity": 1,
            },
            text=_hover_texts(people, person),
            hoverinfo="text",
            name=label,
            showlegend=False,
            **group,
        )
    )
    # In a crowd there is no room for more than the number.
    text = label if len(people) <= _LABELLED else name.removeprefix("person ")
    traces.append(_name_trace(points, text, color, group))
    if floor is not None:
        traces.append(_drop_line(people, person, floor, color, group))
    if people.root_depth_std_mm is not None:
        traces.append(_depth_bar(people, person, color, group))
    return traces


def _hover_texts(people: People, person: int) -> list[str]:
    distance = f"{distances_m(people)[person]:.2f} m away"
    if people.root_depth_std_mm is not None:
        distance += f" ± {people.root_depth_std_mm[person] / 1000:.2f} m"
    head = f"<b>{person_name(people, person)}</b>, {distance}"
    texts = []
    std = people.joints_std_mm
    for j, (joint, (x, y, z), flag) in enumerate(
        zip(people.skeleton.joints, people.joints_cam_mm[person] / 1000, people.joint_flags[person], strict=True)
    ):
        where = f"right {x:.2f} m, down {y:.2f} m, depth {z:.2f} m"
        if std is not None:
            where += f"<br>± {std[person, j] / 10:.0f} cm about the root"
        texts.append(f"{head}<br>{joint} ({_FLAG_TEXT[int(flag)]})<br>{where}")
    return texts


def _name_trace(points: np.ndarray, text: str, color: RGB, group: dict) -> go.Scatter3d:
    finite = points[np.isfinite(points).all(-1)]
    x, y, z = (finite[finite[:, 2].argmax()] + [0, 0, 0.15]) if len(finite) else np.full(3, np.nan)
    font = {"size": 12, "color": _css(side_color(color, "R"))}
    return go.Scatter3d(
        x=[x], y=[y], z=[z], mode="text", text=[text], textfont=font, hoverinfo="skip", showlegend=False, **group
    )


def _drop_line(people: People, person: int, floor: np.ndarray, color: RGB, group: dict) -> go.Scatter3d:
    """From the root straight down to the floor: shows where on it the person is."""
    root = people.joints_cam_mm[person, people.skeleton.root]
    foot = np.array([root[0], floor @ [1, root[0], root[2]], root[2]])
    x, y, z = scene_points(np.stack([root, foot])).T
    line = {"color": _css(color), "width": 2, "dash": "dot"}
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", line=line, hoverinfo="skip", showlegend=False, **group)


def _depth_bar(people: People, person: int, color: RGB, group: dict) -> go.Scatter3d:
    """One standard deviation of the root's depth before and behind it, along its ray."""
    assert people.root_depth_std_mm is not None
    root = people.joints_cam_mm[person, people.skeleton.root]
    relative = people.root_depth_std_mm[person] / root[2]
    x, y, z = scene_points(np.stack([root * max(1 - relative, 0), root * (1 + relative)])).T
    line = {"color": _css(color), "width": 3, "dash": "dash"}
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", line=line, hoverinfo="skip", showlegend=False, **group)


def _floor_trace(floor: np.ndarray, low: np.ndarray, high: np.ndarray) -> go.Scatter3d:
    """A grid of metres on the floor, under the whole scene (``low``, ``high`` as shown)."""
    xs = np.arange(np.floor(low[0]), np.ceil(high[0]) + 1)
    depths = np.arange(max(0, np.floor(low[1])), np.ceil(high[1]) + 1)
    step = max(1, round(max(len(xs), len(depths)) / 25))
    xs, depths = xs[::step], depths[::step]
    lines = [[(x, depths[0]), (x, depths[-1])] for x in xs] + [[(xs[0], d), (xs[-1], d)] for d in depths]
    ends = np.array([[*line, (np.nan, np.nan)] for line in lines], float).reshape(-1, 2)
    y = floor[0] + 1000 * ends @ floor[1:]
    unit = "1 m" if step == 1 else f"{step} m"
    return go.Scatter3d(
        x=ends[:, 0],
        y=ends[:, 1],
        z=-y / 1000,
        mode="lines",
        line={"color": _FLOOR, "width": 1.5},
        name=f"floor, guessed from the feet ({unit} grid)",
        hoverinfo="skip",
    )


def _layout(people: People, low: np.ndarray, high: np.ndarray) -> dict:
    extent = high - low
    scale = extent.max()
    middle = (low + high) / 2

    def normalized(point_m: np.ndarray) -> dict[str, float]:
        return dict(zip("xyz", (np.asarray(point_m) - middle) / scale, strict=True))

    # Behind, above and to the left of the camera (which is at 0), looking at where people are.
    roots = scene_points(people.root_cam_mm)
    roots = roots[np.isfinite(roots).all(-1)]
    target = np.median(roots, 0) if len(roots) else middle
    size = max(float(np.linalg.norm(target)), (0.6 if len(roots) else 1.5) * scale)
    eye = np.array([target[0] - 0.4 * size, -0.45 * size, 0.5 * size])
    axis = {"backgroundcolor": "#fbfcfd", "gridcolor": _GRID, "zerolinecolor": _GRID, "showspikes": False}
    names = ("x, right (m)", "depth (m)", "up (m)")
    scene = {
        f"{letter}axis": {**axis, "title": {"text": name}, "range": [low[i], high[i]]}
        for i, (letter, name) in enumerate(zip("xyz", names, strict=True))
    }
    count = "nobody found" if not len(people) else "1 person" if len(people) == 1 else f"{len(people)} people"
    notes = [_FOCAL_TEXT[people.camera.focal_source]]
    if len(people):
        notes += ["left side of the body lighter, right darker", "hollow joints: hidden or uncertain"]
    title = {"text": f"{count}<br><sup>{' · '.join(notes)}</sup>", "x": 0.02, "font": {"size": 18}}
    return {
        "title": title,
        "scene": {
            **scene,
            "aspectmode": "manual",
            "aspectratio": dict(zip("xyz", extent / scale, strict=True)),
            "camera": {"eye": normalized(eye), "center": normalized(target), "up": {"x": 0, "y": 0, "z": 1}},
        },
        "margin": {"l": 0, "r": 0, "t": 70, "b": 0},
        "legend": {"x": 1, "xanchor": "right", "y": 1, "bgcolor": "rgba(255,255,255,0.7)", "maxheight": 0.98},
        "font": {"family": "system-ui, sans-serif", "color": _INK},
        "paper_bgcolor": "white",
    }
