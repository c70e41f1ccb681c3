"""Drawing people and things with OpenGL on EGL: the GPU where there is one, else Mesa's llvmpipe.

A whole coordinate is the middle of a pixel, (0, 0) that of the top left one (docs/conventions.md).
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from people3d.camera import Camera
from people3d.synth import shaders
from people3d.synth.body import Mesh, load_body_model
from people3d.synth.clothing import Outfit, load_surface

_SHADOW_SIZE = {"full": 2048, "coarse": 512}


@dataclass(frozen=True)
class Figure:
    """A person to draw: (V, 3) vertices and normals in camera space, mm, and looks."""

    vertices_cam_mm: np.ndarray
    normals_cam: np.ndarray
    outfit: Outfit


@dataclass(frozen=True)
class Thing:
    """A floor, a wall or an object: triangles (T, 3, 3), a normal and a texture coordinate (mm) for each corner."""

    triangles_mm: np.ndarray
    normals_cam: np.ndarray
    place_mm: np.ndarray
    colours: np.ndarray  # (2, 4): RGB + pattern, RGB + scale
    casts_shadow: bool = True
    label: int = 255


@dataclass(frozen=True)
class Light:
    """Directions in camera space, linear RGB colours."""

    up: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    sun: np.ndarray
    sun_colour: np.ndarray
    fill: np.ndarray
    fill_colour: np.ndarray
    exposure: float
    shadow_strength: float


def _load_llvm_of_triton() -> None:
    """Before Mesa's own LLVM is: the symbols of triton, which torch imports late, would bind to that one and crash."""
    spec = importlib.util.find_spec("triton")
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        for library in Path(folder, "_C").glob("libtriton*.so"):
            ctypes.CDLL(str(library))


class Renderer:
    """One OpenGL context. Make one a process; :func:`renderer` keeps it.

    Raises ``RuntimeError`` saying what to install where no context can be had.
    """

    def __init__(self, mesh: Mesh = "full") -> None:
        try:
            import moderngl
        except ImportError as error:
            raise ImportError('rendering needs moderngl: pip install "people3d[synth]"') from error
        # Mesa's llvmpipe, at least up to 22.3, signals a fence from a thread of its own while the caller may already
        # have freed it (lp_fence_signalled takes no lock): now and then that corrupts the heap. Without threads it
        # cannot. Read when the driver starts.
        os.environ.setdefault("LP_NUM_THREADS", "0")
        _load_llvm_of_triton()
        settings: dict[str, Any] = {"standalone": True, "backend": "egl"}
        try:
            self._ctx = moderngl.create_context(**settings)
        except Exception as error:
            raise RuntimeError(f"no OpenGL on EGL ({error}); on Debian: apt install libegl1 libgl1-mesa-dri") from error
        self._gl = moderngl
        ctx = self._ctx
        self._programs: dict[str, Any] = {
            "person": ctx.program(shaders.PERSON_VERTEX, shaders.PERSON_FRAGMENT),
            "thing": ctx.program(shaders.THING_VERTEX, shaders.THING_FRAGMENT),
            "label": ctx.program(shaders.LABEL_VERTEX, shaders.LABEL_FRAGMENT),
            "shadow": ctx.program(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT),
            "backdrop": ctx.program(shaders.BACKDROP_VERTEX, shaders.BACKDROP_FRAGMENT),
        }
        surface = load_surface(mesh)
        static = np.concatenate([surface.place, surface.limb], 1).astype("f4")
        self._static = ctx.buffer(static.tobytes())
        self._faces = ctx.buffer(load_body_model(mesh).faces.astype("i4").tobytes())
        self._people: list = []  # buffers and vertex arrays, one a person, reused from scene to scene
        self._corners = ctx.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], "f4").tobytes())
        self._backdrop = ctx.vertex_array(self._programs["backdrop"], [(self._corners, "2f", "corner")])
        shadow = ctx.depth_texture((_SHADOW_SIZE[mesh], _SHADOW_SIZE[mesh]))
        shadow.compare_func = "<="
        shadow.repeat_x = shadow.repeat_y = False
        self._shadow_map, self._shadow = shadow, ctx.framebuffer(depth_attachment=shadow)
        self._frames: dict = {}
        grain = np.random.default_rng(0).integers(0, 256, (32, 32, 32, 4), np.uint8)
        self._noise = ctx.texture3d((32, 32, 32), 4, grain.tobytes())
        person = self._programs["person"]
        person["head"].value = tuple(surface.head)
        person["knee_ankle_neck"].value = (surface.knee, surface.ankle, surface.neck)

    def draw(
        self,
        camera: Camera,
        size: tuple[int, int],
        figures: list[Figure],
        things: list[Thing],
        light: Light,
        backdrop: np.ndarray,
        samples: int = 4,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw one picture.

        Args:
            size: (width, height).
            backdrop: (h, w, 3) uint8 picture behind everything, stretched to the frame.
            samples: a pixel, against jagged edges; 0 smooths only along outlines, at half the cost.

        Returns:
            ``(image, labels, depth_mm)``: (H, W, 3) uint8, (H, W) uint8 with the figure's number from 1 (0 nothing,
            else a thing's label), (H, W) float32, 0 where there is nothing.
        """
        with self._ctx:  # the other mesh's renderer has a context of its own, with other objects under the same numbers
            return self._draw(camera, size, figures, things, light, backdrop, samples)

    def _draw(
        self,
        camera: Camera,
        size: tuple[int, int],
        figures: list[Figure],
        things: list[Thing],
        light: Light,
        backdrop: np.ndarray,
        samples: int,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ctx = self._ctx
        ctx.front_face = "cw"  # our y points down
        colour, resolved, label = self._framebuffers(size, samples)
        things = sorted(things, key=lambda t: float(t.triangles_mm[..., 2].min()))  # near ones hide the rest unshaded
        self._set_uniforms(camera, size, figures, light)
        people = [self._upload(i, figure) for i, figure in enumerate(figures)]
        objects = [self._upload_thing(thing) for thing in things]

        ctx.enable_only(self._gl.DEPTH_TEST)
        self._shadow.use()
        self._shadow.clear(depth=1.0)
        for arrays in people:
            arrays["shadow"].render()
        for thing, arrays in zip(things, objects, strict=True):
            if thing.casts_shadow:
                arrays["shadow"].render()

        label.use()
        label.clear()
        ctx.enable(self._gl.CULL_FACE)
        for i, arrays in enumerate(people):
            self._programs["label"]["label"].value = i + 1
            arrays["label"].render()
        ctx.disable(self._gl.CULL_FACE)
        for thing, arrays in zip(things, objects, strict=True):
            self._programs["label"]["label"].value = thing.label
            arrays["label"].render()

        colour.use()
        if samples:
            colour.clear()
        else:  # the labels' depth: every pixel is shaded once
            ctx.depth_func = "<="
        ctx.enable(self._gl.CULL_FACE)
        self._shadow_map.use(0)
        self._noise.use(2)
        for figure, arrays in zip(figures, people, strict=True):
            self._programs["person"]["outfit"].write(figure.outfit.uniform().tobytes())
            arrays["person"].render()
        ctx.disable(self._gl.CULL_FACE)
        for thing, arrays in zip(things, objects, strict=True):
            self._programs["thing"]["colours"].write(thing.colours.astype("f4").tobytes())
            arrays["thing"].render()
        texture = ctx.texture(backdrop.shape[1::-1], 3, np.ascontiguousarray(backdrop).tobytes(), alignment=1)
        texture.use(1)
        self._programs["backdrop"]["picture"].value = 1
        self._backdrop.render(self._gl.TRIANGLE_STRIP)
        ctx.depth_func = "<"
        if samples:
            ctx.copy_framebuffer(resolved, colour)
        w, h = size
        drawn = (resolved if samples else colour).read(components=4, alignment=1)  # as it is stored: quicker
        image = cv2.cvtColor(np.frombuffer(drawn, np.uint8).reshape(h, w, 4), cv2.COLOR_RGBA2RGB)
        values = np.frombuffer(label.read(components=2, dtype="f4", alignment=1), np.float32).reshape(h, w, 2)
        texture.release()
        for arrays in objects:
            for item in arrays.values():
                item.release()
        labels, depth = values[..., 0].astype(np.uint8), np.ascontiguousarray(values[..., 1])
        image = _darken_creases(image, labels, depth, len(figures), camera.fx)
        return image if samples else _smooth_outlines(image, labels, depth), labels, depth

    def _framebuffers(self, size: tuple[int, int], samples: int):
        key = (size, samples)
        if key not in self._frames:
            if len(self._frames) > 12:
                for frames in self._frames.values():
                    parts = {id(p): p for f in frames for p in (*f.color_attachments, f.depth_attachment)}
                    for part in (*frames, *parts.values()):
                        part.release()
                self._frames.clear()
            ctx = self._ctx
            depth = ctx.depth_renderbuffer(size)
            label = ctx.framebuffer([ctx.renderbuffer(size, 2, dtype="f4")], depth)
            single = ctx.framebuffer([ctx.renderbuffer(size, 4)], depth)
            colour = single
            if samples:
                colour = ctx.framebuffer(
                    [ctx.renderbuffer(size, 4, samples=samples)], ctx.depth_renderbuffer(size, samples=samples)
                )
            self._frames[key] = (colour, single, label)
        return self._frames[key]

    def _set_uniforms(self, camera: Camera, size, figures: list[Figure], light: Light) -> None:
        shadow = _shadow_matrix(figures, light.sun)
        for name in ("person", "thing", "label"):
            self._programs[name]["lens"].value = tuple(camera.intrinsic)
            self._programs[name]["frame"].value = size
        for name in ("person", "thing"):
            program = self._programs[name]
            for key in ("up", "sky", "ground", "sun", "sun_colour", "fill", "fill_colour"):
                program[key].value = tuple(float(v) for v in getattr(light, key))
            program["exposure"].value = light.exposure
            program["shadow_strength"].value = light.shadow_strength
            program["shadow_map"].value = 0
            program["noise_map"].value = 2
            program["shadow_from_camera"].write(shadow.T.astype("f4").tobytes())
        self._programs["shadow"]["shadow_from_camera"].write(shadow.T.astype("f4").tobytes())

    def _upload(self, i: int, figure: Figure) -> dict:
        ctx, programs = self._ctx, self._programs
        data = np.concatenate([figure.vertices_cam_mm, figure.normals_cam], 1).astype("f4").tobytes()
        if i == len(self._people):
            moving = ctx.buffer(reserve=len(data), dynamic=True)
            self._people.append(
                (
                    moving,
                    {
                        "person": ctx.vertex_array(
                            programs["person"],
                            [(moving, "3f 3f", "position", "normal"), (self._static, "3f 3f", "place", "limb")],
                            self._faces,
                        ),
                        "label": ctx.vertex_array(programs["label"], [(moving, "3f 12x", "position")], self._faces),
                        "shadow": ctx.vertex_array(programs["shadow"], [(moving, "3f 12x", "position")], self._faces),
                    },
                )
            )
        moving, arrays = self._people[i]
        moving.orphan()
        moving.write(data)
        return arrays

    def _upload_thing(self, thing: Thing) -> dict:
        ctx, programs = self._ctx, self._programs
        parts = [thing.triangles_mm.reshape(-1, 3), thing.normals_cam.reshape(-1, 3), thing.place_mm.reshape(-1, 3)]
        buffer = ctx.buffer(np.concatenate(parts, 1).astype("f4").tobytes())
        layout = (buffer, "3f 3f 3f", "position", "normal", "place")
        return {
            "thing": ctx.vertex_array(programs["thing"], [layout]),
            "label": ctx.vertex_array(programs["label"], [(buffer, "3f 24x", "position")]),
            "shadow": ctx.vertex_array(programs["shadow"], [(buffer, "3f 24x", "position")]),
            "buffer": buffer,
        }


_CREASE_MM, _CREASE_DARK = 90.0, 0.55


def _darken_creases(image: np.ndarray, labels: np.ndarray, depth: np.ndarray, people: int, focal: float) -> np.ndarray:
    """The picture with people darker where something near them stands before them: light reaches folds, armpits and
    what an arm covers less. The mean depth of the surroundings tells, at half the resolution."""
    if not people:
        return image
    small = depth[::2, ::2]
    on = (labels[::2, ::2] > 0) & (labels[::2, ::2] <= people)
    near = small[on]
    if not len(near):
        return image
    radius = int(np.clip(_CREASE_MM * focal / float(np.median(near)) / 2, 1, max(small.shape) // 8))
    around = cv2.blur(np.where(small > 0, small, near.max() + 500), (2 * radius + 1, 2 * radius + 1))
    dark = np.clip((small - around) * (_CREASE_DARK / _CREASE_MM), 0, _CREASE_DARK) * on
    keep = 255 - cv2.resize((dark * 255).astype(np.uint8), labels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(image, cv2.merge([keep, keep, keep]), scale=1 / 255)


def _smooth_outlines(image: np.ndarray, labels: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """The picture, changed in place, with the pixels on both sides of a depth step or of another label mixed."""
    step = np.zeros(labels.shape, np.uint8)
    for a, b in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        beyond = cv2.addWeighted(cv2.absdiff(depth[a], depth[b]), 1, cv2.min(depth[a], depth[b]), -0.02, -15)
        jump = np.asarray(beyond > 0) | (labels[a] != labels[b])
        step[a] |= jump
        step[b] |= jump
    return cv2.copyTo(cv2.GaussianBlur(image, (3, 3), 0.7), step, image)


def _shadow_matrix(figures: list[Figure], sun: np.ndarray) -> np.ndarray:
    """(4, 4) from camera space to the clip space of a light far away that sees all figures."""
    points = np.concatenate([f.vertices_cam_mm[::20] for f in figures]) if figures else np.zeros((1, 3))
    z = -sun / np.linalg.norm(sun)
    x = np.cross(z, np.eye(3)[np.argmin(np.abs(z))])
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z])
    seen = points @ axes.T
    low, high = seen.min(0) - 150, seen.max(0) + 150
    high[2] += 6000  # the floor behind
    scale = 2 / (high - low)
    matrix = np.eye(4)
    matrix[:3, :3] = axes * scale[:, None]
    matrix[:3, 3] = -(high + low) / 2 * scale
    return matrix


@lru_cache(maxsize=2)
def renderer(mesh: Mesh = "full") -> Renderer:
    """This process's renderer."""
    return Renderer(mesh)
