"""GLB: everybody's skeleton as animated bones with a simple shape around them; Y up, metres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from people3d.export.extras import need
from people3d.export.gltf import INDICES, VERTICES, Glb, srgb_factor
from people3d.export.recording import part_of
from people3d.export.rig import Motion, Rig, fill_gaps, make_rig, pose_rig
from people3d.export.scenes import Scene, Track
from people3d.files import write_whole
from people3d.view.colors import PALETTE

_JOINT_M = 0.022  # radius of the shape around a joint
_BONE_SHARE, _BONE_MAX_M = 0.1, 0.035  # thickness of a bone over its length, and at most
_STILL_M = 1e-6  # a node that moves less has no track of places


def write(scene: Scene, path: Path) -> list[str]:
    """Nodes called "person1:Pelvis", each below the joint before it, with keys in every frame of theirs: places are
    exact, bones change their length. A person has no size in the frames without them. Bones' turns about themselves
    are unknown and 0 (:mod:`.rig`).

    Args:
        scene: joints with Y up.

    Raises:
        ImportError: scipy is missing.
    """
    glb = Glb()
    channels: list[dict[str, Any]] = []
    samplers: list[dict[str, Any]] = []
    times = scene.times_s - scene.times_s[0]

    def animate(node: int, path: str, keys: np.ndarray, values: np.ndarray, steps: bool = False) -> None:
        samplers.append(
            {
                "input": glb.array(times[keys]),
                "output": glb.array(values),
                "interpolation": "STEP" if steps else "LINEAR",
            }
        )
        channels.append({"sampler": len(samplers) - 1, "target": {"node": node, "path": path}})

    for track in scene.tracks:
        if track.present.any():
            _add_person(glb, scene, track, animate)
    if channels:
        glb.add("animations", name=scene.name, channels=channels, samplers=samplers)
    write_whole(path, glb.to_bytes({"camera_to_world": scene.world and scene.world.rotation.ravel().tolist()}))
    return []


def _add_person(glb: Glb, scene: Scene, track: Track, animate) -> None:
    rotation = need("scipy.spatial.transform", "GLB").Rotation
    joints, known = fill_gaps(track.joints_mm, scene.times_s)
    keys = np.flatnonzero(track.present)
    rig = make_rig(part_of(scene.skeleton, known))
    motion = pose_rig(rig, joints[keys] / 1000)
    places, turns = _local(rig, motion), rotation.from_matrix(motion.rotations.reshape(-1, 3, 3)).as_quat()
    turns = turns.reshape(*motion.rotations.shape[:2], 4)
    first = len(glb._lists["nodes"])
    for node, name in enumerate(rig.names):
        glb.add(
            "nodes",
            name=f"{track.name}:{name}",
            translation=places[0, node].tolist(),
            rotation=turns[0, node].tolist(),
            children=[first + child for child in rig.children(node)] or None,
        )
    shape = _add_shape(glb, rig, motion.lengths, first, track)
    person = glb.add("nodes", name=track.name, children=[first])
    glb.roots += [person, shape]  # glTF moves a shape by its bones alone and wants it below nobody else
    if len(scene.times_s) == 1:
        return
    if not track.present.all():
        size = np.repeat(track.present.astype(np.float32)[:, None], 3, 1)
        animate(person, "scale", np.arange(len(size)), size, steps=True)
    for node in range(len(rig.names)):
        if np.ptp(places[:, node], axis=0).max() > _STILL_M:
            animate(first + node, "translation", keys, places[:, node])
        if rig.children(node):
            animate(first + node, "rotation", keys, _shortest(turns[:, node]))


def _local(rig: Rig, motion: Motion) -> np.ndarray:
    """(F, N, 3) places of the nodes in their parents' axes."""
    places = motion.positions.copy()
    offset = motion.positions[:, 1:] - motion.positions[:, rig.parents[1:]]
    places[:, 1:] = np.einsum("fnji,fnj->fni", motion.turns[:, rig.parents[1:]], offset)
    return places


def _shortest(quaternions: np.ndarray) -> np.ndarray:
    """(F, 4) with signs such that none is far from the one before: players blend them as they are."""
    flips = (quaternions[1:] * quaternions[:-1]).sum(-1) < 0
    signs = np.concatenate([[1.0], np.where(np.cumsum(flips) % 2, -1.0, 1.0)])
    return quaternions * signs[:, None]


def _add_shape(glb: Glb, rig: Rig, lengths: np.ndarray, first: int, track: Track) -> int:
    """A node with octahedra around joints and along bones, bound to the rig at rest."""
    rest = np.zeros((len(rig.names), 3))
    for node in range(1, len(rest)):
        rest[node] = rest[rig.parents[node]] + rig.directions[node] * lengths[node]
    corners = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]], float)
    sides = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]])
    vertices, bound, faces = [], [], []

    def octahedron(points: np.ndarray, nodes: list[int]) -> None:
        faces.append(sides + 6 * len(vertices))
        vertices.append(points)
        bound.append(nodes)

    for node in range(len(rest)):
        if node and not lengths[node]:
            continue  # lies on its parent
        octahedron(rest[node] + corners * _JOINT_M, [node] * 6)
        if node:
            parent, along = rig.parents[node], rig.directions[node]
            across = np.cross(along, np.eye(3)[np.abs(along).argmin()])
            across /= np.linalg.norm(across)
            frame = np.stack([across, np.cross(along, across), along])
            thick = min(_BONE_SHARE * lengths[node], _BONE_MAX_M)
            ring = (corners @ frame) * thick + rest[parent] + along * lengths[node] * 0.2
            ring[2], ring[5] = rest[node], rest[parent]
            octahedron(ring, [parent, parent, node, parent, parent, parent])
    color = PALETTE[(track.id - 1) % len(PALETTE)]
    material = glb.add(
        "materials",
        name=track.name,
        pbrMetallicRoughness={"baseColorFactor": srgb_factor(color), "metallicFactor": 0.0, "roughnessFactor": 0.8},
    )
    joints = np.zeros((6 * len(bound), 4), np.uint16)
    joints[:, 0] = np.concatenate(bound)
    weights = np.zeros((len(joints), 4), np.float32)
    weights[:, 0] = 1
    mesh = glb.add(
        "meshes",
        name=track.name,
        primitives=[
            {
                "attributes": {
                    "POSITION": glb.array(np.concatenate(vertices), VERTICES),
                    "JOINTS_0": glb.array(joints, VERTICES),
                    "WEIGHTS_0": glb.array(weights, VERTICES),
                },
                "indices": glb.array(np.concatenate(faces).ravel().astype(np.uint32), INDICES),
                "material": material,
            }
        ],
    )
    bind = np.tile(np.eye(4), (len(rest), 1, 1))
    bind[:, 3, :3] = -rest  # column by column, as glTF wants it
    skin = glb.add(
        "skins", joints=list(range(first, first + len(rest))), skeleton=first, inverseBindMatrices=glb.array(bind)
    )
    return glb.add("nodes", name=f"{track.name}:shape", mesh=mesh, skin=skin)
