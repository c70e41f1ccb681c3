"""People and things in front of a camera, and everything that is known about the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from people3d.camera import Camera
from people3d.hips import raised_hips
from people3d.skeleton import Skeleton
from people3d.synth.actor import ADULT_MM, Actor
from people3d.synth.body import Mesh, Person, load_body_model
from people3d.synth.joints import SYNTH
from people3d.synth.render import Figure, Light, Thing, renderer

# A joint is seen where what the camera sees at its pixel is its own body and lies no further in front of it than the
# body is thick there: mm for an adult of 1.7 m.
_THICKNESS_MM = {
    **{f"{s}_{k}": v for s in "LR" for k, v in dict(Shoulder=115, Elbow=85, Wrist=65, Hand=60).items()},
    **{f"{s}_{k}": v for s in "LR" for k, v in dict(Hip=190, Knee=100, Ankle=95, Toe=60).items()},
    **{f"{s}_{k}": v for s in "LR" for k, v in dict(Eye=40, Ear=45).items()},
    **dict(Pelvis=210, Spine=200, Thorax=150, Neck=120, Head=130, Head_top=110, Nose=40),
}


@dataclass(frozen=True)
class Scene:
    """A picture of N people with its whole truth. J joints are ``skeleton``'s (the first 21 are muco21's).

    Attributes:
        image: (H, W, 3) uint8 RGB.
        camera: intrinsics; the principal point may lie anywhere.
        joints_cam_mm: (N, J, 3). joints_px: (N, J, 2), NaN behind the camera.
        joint_visible: (N, J) bool: inside the picture and not hidden by anybody, anything or the body itself.
        boxes_xyxy: (N, 4) px around the visible pixels. amodal_xyxy: (N, 4) around the whole body, not cut. Both count
            edges as COCO does: the left edge of the picture is 0, its right edge W.
        people: who they are. postures: what they do.
        labels: (H, W) uint8: i + 1 where person i is seen, 0 nothing, else a thing.
        depth_mm: (H, W) float32 camera z, 0 where there is nothing.
        index: of the scene in its stream.
    """

    image: np.ndarray
    camera: Camera
    joints_cam_mm: np.ndarray
    joints_px: np.ndarray
    joint_visible: np.ndarray
    boxes_xyxy: np.ndarray
    amodal_xyxy: np.ndarray
    people: tuple[Person, ...]
    postures: tuple[str, ...]
    labels: np.ndarray
    depth_mm: np.ndarray
    index: int = 0
    skeleton: Skeleton = SYNTH

    def __len__(self) -> int:
        return len(self.people)

    @property
    def root_cam_mm(self) -> np.ndarray:
        """(N, 3) the pelvis."""
        return self.joints_cam_mm[:, self.skeleton.root]

    def mask(self, person: int) -> np.ndarray:
        """(H, W) bool: where that person is seen."""
        return self.labels == person + 1


@dataclass(frozen=True)
class View:
    """A camera in the world: ``rotation`` (3, 3) camera from world, ``position_mm`` (3,), intrinsics and frame."""

    rotation: np.ndarray
    position_mm: np.ndarray
    camera: Camera
    width: int
    height: int

    @property
    def horizon_px(self) -> float:
        """Row of the horizon at the principal point's column."""
        down = self.rotation @ np.array([0.0, 0.0, -1.0])
        return self.camera.cy - self.camera.fy * down[2] / max(down[1], 1e-3)

    def to_camera(self, points_mm: np.ndarray) -> np.ndarray:
        return (points_mm - self.position_mm) @ self.rotation.T


def compose(
    view: View,
    actors: list[Actor],
    things: list[Thing],
    light: Light,
    backdrop: np.ndarray,
    index: int = 0,
    draw_size: tuple[int, int] | None = None,
    samples: int = 4,
    mesh: Mesh = "full",
) -> Scene:
    """Render a scene. ``draw_size`` (w, h), at least the view's, is what is drawn before it is cut to the view."""
    model = load_body_model(mesh)
    figures, joints, amodal, worn = [], [], [], []
    for number, a in enumerate(actors, 1):
        vertices = view.to_camera(a.vertices_mm).astype(np.float32)
        figures.append(Figure(vertices, model.normals(vertices), a.outfit))
        joints.append(view.to_camera(raised_hips(a.joints_mm, SYNTH)))
        parts = [_seen_from(view, replace(t, label=number)) for t in a.worn]
        worn += parts
        px = view.camera.project(np.concatenate([vertices, *(t.triangles_mm.reshape(-1, 3) for t in parts)]))
        amodal.append([*np.nanmin(px, 0) + 0.5, *np.nanmax(px, 0) + 0.5])
    seen_things = [_seen_from(view, t) for t in things] + worn
    size = draw_size or (view.width, view.height)
    image, labels, depth = renderer(mesh).draw(view.camera, size, figures, seen_things, light, backdrop, samples)
    image, labels, depth = (x[: view.height, : view.width] for x in (image, labels, depth))
    joints_cam = np.array(joints).reshape(-1, len(SYNTH), 3)
    joints_px = view.camera.project(joints_cam)
    heights = np.array([a.person.height_mm for a in actors])
    return Scene(
        image=np.ascontiguousarray(image),
        camera=view.camera,
        joints_cam_mm=joints_cam,
        joints_px=joints_px,
        joint_visible=_visible(joints_cam, joints_px, heights, labels, depth),
        boxes_xyxy=np.array([_box(labels == i + 1) for i in range(len(actors))]).reshape(-1, 4),
        amodal_xyxy=np.array(amodal).reshape(-1, 4),
        people=tuple(a.person for a in actors),
        postures=tuple(a.posture for a in actors),
        labels=np.ascontiguousarray(labels),
        depth_mm=np.ascontiguousarray(depth),
        index=index,
    )


def _seen_from(view: View, thing: Thing) -> Thing:
    """The thing in the view's camera space."""
    triangles = view.to_camera(thing.triangles_mm)
    return replace(thing, triangles_mm=triangles, normals_cam=thing.normals_cam @ view.rotation.T)


def _box(mask: np.ndarray) -> np.ndarray:
    """(4,) xyxy around the set pixels; NaN if there are none."""
    rows, columns = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
    if not len(rows):
        return np.full(4, np.nan)
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)


def _visible(joints_cam, joints_px, heights_mm, labels, depth) -> np.ndarray:
    """(N, J) bool, see :class:`Scene`. A joint just off its silhouette (an ear) counts by the nearest pixel."""
    h, w = labels.shape
    out = np.zeros(joints_px.shape[:2], bool)
    thickness = np.array([_THICKNESS_MM[n] for n in SYNTH.joints])
    for i, (cam, px, height) in enumerate(zip(joints_cam, joints_px, heights_mm, strict=True)):
        inside = np.isfinite(px).all(1) & (px >= 0).all(1) & (px < [w, h]).all(1)
        column, row = np.minimum(np.where(inside[:, None], px, 0).round().astype(int), [w - 1, h - 1]).T
        limit = thickness * max(height / ADULT_MM, 0.5)
        in_front = cam[:, 2] - depth[row, column]
        own = labels[row, column] == i + 1
        out[i] = inside & own & (in_front < limit)
        beside = inside & ~own & ((depth[row, column] == 0) | (in_front < 0))  # off the silhouette, nothing before it
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            x, y = np.clip(column + dx, 0, w - 1), np.clip(row + dy, 0, h - 1)
            out[i] |= beside & (labels[y, x] == i + 1) & (cam[:, 2] - depth[y, x] < limit)
    return out
