"""Meshes: a body for everybody in one picture, in one GLB scene seen by the picture's camera (paper section 9)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from people3d.export.gltf import INDICES, VERTICES, Glb, srgb_factor
from people3d.export.mesh_fit import FittedBody, fit_body
from people3d.export.scenes import Scene, Track
from people3d.export.upright import camera_world
from people3d.files import write_whole
from people3d.synth.body import load_body_model
from people3d.view.colors import PALETTE


def write(scene: Scene, path: Path, frame: int | None = None) -> list[str]:
    """One frame of the scene: a node "person1" each, in camera space (metres; glTF's camera looks along -Z, so
    x, -y, -z), and the camera itself. Node extras tell how far the body's joints lie from the given ones.

    Args:
        scene: joints in camera space.
        frame: ``frame_index`` of the frame; the first of those with most people where None.

    Returns:
        One line a person, with the error in mm.

    Raises:
        ValueError: there is no such frame, or nobody in it has enough joints for a body.
        ImportError: anny is missing; names the extra.
    """
    at = _frame(scene, frame)
    glb, notes, problems = Glb(), [], []
    for track in scene.tracks:
        if not track.present[at]:
            continue
        try:
            body = fit_body(track.joints_mm[at], scene.skeleton)
        except ValueError as error:
            problems.append(f"{track.name}: {error}")
            continue
        _add_body(glb, track, body)
        notes.append(
            f"{path.name}: {track.name}: body {body.mean_error_mm:.0f} mm from the joints on average, "
            f"{np.nanmax(body.errors_mm):.0f} mm at most"
        )
    if not glb.roots:
        raise ValueError(f"{scene.file_names[at]}: {problems[0]}")
    _add_camera(glb, scene, at)
    write_whole(path, glb.to_bytes({"file_name": scene.file_names[at], "space": "camera, x, -y, -z, metres"}))
    return notes + problems


def _frame(scene: Scene, frame: int | None) -> int:
    if frame is None:
        return int(np.sum([track.present for track in scene.tracks], axis=0).argmax())
    found = np.flatnonzero(scene.frame_indices == frame)
    if not len(found) or not any(track.present[found[0]] for track in scene.tracks):
        raise ValueError(f"{scene.name}: expected a frame with people, got frame {frame}, which has none")
    return int(found[0])


def _add_body(glb: Glb, track: Track, body: FittedBody) -> None:
    turn = camera_world()
    color = PALETTE[(track.id - 1) % len(PALETTE)]
    material = glb.add(
        "materials",
        name=track.name,
        pbrMetallicRoughness={"baseColorFactor": srgb_factor(color), "metallicFactor": 0.0, "roughnessFactor": 0.9},
    )
    mesh = glb.add(
        "meshes",
        name=track.name,
        primitives=[
            {
                "attributes": {
                    "POSITION": glb.array(turn.from_camera(body.vertices_mm) / 1000, VERTICES),
                    "NORMAL": glb.array(turn.from_camera(body.normals), VERTICES),
                },
                "indices": glb.array(load_body_model("full").faces.ravel().astype(np.uint32), INDICES),
                "material": material,
            }
        ],
    )
    extras = {
        "track_id": track.id,
        "joint_error_mean_mm": round(body.mean_error_mm, 2),
        "joint_error_max_mm": round(float(np.nanmax(body.errors_mm)), 2),
    }
    glb.roots.append(glb.add("nodes", name=track.name, mesh=mesh, extras=extras))


def _add_camera(glb: Glb, scene: Scene, at: int) -> None:
    """The picture's camera; glTF has no principal point, so it is the picture's middle."""
    fy, (width, height) = scene.cameras[at, 1], scene.size
    if np.isfinite([fy, width, height]).all():
        lens = {"yfov": float(2 * np.arctan(height / 2 / fy)), "aspectRatio": width / height, "znear": 0.05}
        camera = glb.add("cameras", type="perspective", perspective=lens)
        glb.roots.append(glb.add("nodes", name="camera", camera=camera))
