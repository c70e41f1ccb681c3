"""rerun .rrd: the camera and everybody's skeleton over time; metres.

People are logged in camera space below ``world/camera``, whose transform stands them upright in the viewer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from people3d.export.extras import need
from people3d.export.recording import is_known
from people3d.export.scenes import Scene, Track
from people3d.export.upright import World, camera_world
from people3d.files import whole_path
from people3d.view.colors import PALETTE

_JOINT_M, _BONE_M = 0.025, 0.012  # radii


def write(scene: Scene, path: Path) -> list[str]:
    """Timelines ``frame`` and ``time``; a person's joints are logged in skeleton order, those without a place as NaN.

    Args:
        scene: joints in camera space, or in the world that people are to stand in.

    Raises:
        ImportError: rerun-sdk is missing.
    """
    rr = need("rerun", "rerun")
    world = scene.world or camera_world()
    with whole_path(path) as temporary:
        log = rr.RecordingStream("people3d", recording_id=scene.name)
        log.save(str(temporary))
        log.log("world", rr.ViewCoordinates.RIGHT_HAND_Y_UP, static=True)
        place = rr.Transform3D(translation=world.from_camera(np.zeros(3)) / 1000, mat3x3=world.rotation)
        log.log("world/camera", place, static=True)
        for f, (frame, time) in enumerate(zip(scene.frame_indices, scene.times_s, strict=True)):
            log.set_time("frame", sequence=int(frame))
            log.set_time("time", duration=float(time))
            _log_camera(rr, log, scene, f)
            for track in scene.tracks:
                _log_person(rr, log, scene, track, f, world)
        log.flush()
        log.disconnect()  # closes the file
    return []


def _log_camera(rr: Any, log: Any, scene: Scene, f: int) -> None:
    fx, fy, cx, cy = scene.cameras[f]
    if not np.isfinite(scene.cameras[f]).all() or not np.isfinite(scene.size).all():
        return
    if f and (scene.cameras[f] == scene.cameras[f - 1]).all():
        return
    pinhole = rr.Pinhole(
        focal_length=[fx, fy],
        principal_point=[cx, cy],
        resolution=scene.size,
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=0.5,
    )
    log.log("world/camera/image", pinhole)


def _log_person(rr: Any, log: Any, scene: Scene, track: Track, f: int, world: World) -> None:
    name = f"world/camera/people/{track.name}"
    if not track.present[f]:
        if f and track.present[f - 1]:
            log.log(name, rr.Clear(recursive=True))
        return
    joints = track.joints_mm[f] if scene.space == "camera" else world.to_camera(track.joints_mm[f])
    color = PALETTE[(track.id - 1) % len(PALETTE)]
    points = (joints / 1000).astype(np.float32)
    log.log(f"{name}/joints", rr.Points3D(points, radii=_JOINT_M, colors=[color]))
    known = is_known(points)
    bones = [points[[a, b]] for a, b in scene.skeleton.edges if known[a] and known[b]]
    log.log(f"{name}/bones", rr.LineStrips3D(bones, radii=_BONE_M, colors=[color]))
