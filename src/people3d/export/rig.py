"""Joint positions as the rotations of a skeleton's bones, for formats that animate bones.

Positions do not say how a bone is turned about its own length. A joint from which several bones start is turned as they
are, seen together; each bone is then only swung into its direction, by the smallest rotation from the bone before it.
The twist of forearms, thighs or feet is therefore unknown, and zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from people3d.export.recording import is_known
from people3d.skeleton import Skeleton

# Directions of the bones that end in these joints while the body stands with its arms held out to the sides, facing +Z,
# Y up. The x of the left side; the right side is its mirror image. Every other bone points up.
_REST = {
    **dict.fromkeys(("Shoulder", "Elbow", "Wrist", "Hand", "Hip", "Thorax"), (1.0, 0.0, 0.0)),
    **dict.fromkeys(("Knee", "Ankle"), (0.0, -1.0, 0.0)),
    "Toe": (0.0, -0.35, 0.94),
    "Eye": (0.7, 0.5, 0.5),
    "Ear": (0.7, 0.3, -0.65),
}


@dataclass(frozen=True)
class Rig:
    """A tree of N nodes, parents first: the joints of a skeleton, and between a joint with several bones and each next
    joint a node of no length ("Thorax_L_Shoulder") that turns this one bone.

    Attributes:
        names: of the nodes; joints: (N,) index of the joint at each node.
        parents: (N,), -1 for the root.
        directions: (N, 3) unit vectors at rest from the parent, 0 where the node lies on it.
    """

    names: tuple[str, ...]
    joints: np.ndarray
    parents: np.ndarray
    directions: np.ndarray

    def children(self, node: int) -> list[int]:
        return np.flatnonzero(self.parents == node).tolist()


@dataclass(frozen=True)
class Motion:
    """F poses of a rig: ``rotations`` (F, N, 3, 3) of each node in its parent's axes, ``turns`` (F, N, 3, 3) in the
    world's, ``positions`` (F, N, 3) in the world, ``lengths`` (N,) median distance from the parent."""

    rotations: np.ndarray
    turns: np.ndarray
    positions: np.ndarray
    lengths: np.ndarray


def make_rig(skeleton: Skeleton) -> Rig:
    """The skeleton's edges as a tree from its root; a joint without an edge to it hangs on the root."""
    names, joints, parents, directions = [skeleton.joints[skeleton.root]], [skeleton.root], [-1], [np.zeros(3)]
    seen = {skeleton.root}

    def add(name: str, joint: int, parent: int, direction: np.ndarray) -> int:
        names.append(name)
        joints.append(joint)
        parents.append(parent)
        directions.append(direction)
        return len(names) - 1

    def grow(node: int) -> None:
        joint = joints[node]
        near = [b if a == joint else a for a, b in skeleton.edges if joint in (a, b)]
        near += [j for j in _loose(skeleton) if joint == skeleton.root]
        following = [j for j in dict.fromkeys(near) if j not in seen]
        seen.update(following)
        for child in following:
            start = node
            if len(following) > 1:
                start = add(f"{skeleton.joints[joint]}_{skeleton.joints[child]}", joint, node, np.zeros(3))
            grow(add(skeleton.joints[child], child, start, _rest_direction(skeleton.joints[child])))

    grow(0)
    return Rig(tuple(names), np.array(joints), np.array(parents), np.array(directions))


def _loose(skeleton: Skeleton) -> list[int]:
    """Joints that no edges lead to from the root."""
    reached, grew = {skeleton.root}, True
    while grew:
        more = {j for edge in skeleton.edges for j in edge if set(edge) & reached} - reached
        reached |= more
        grew = bool(more)
    return [j for j in range(len(skeleton)) if j not in reached]


def _rest_direction(joint: str) -> np.ndarray:
    sided = joint[:2] in ("L_", "R_")
    direction = np.array(_REST.get(joint[2:], (0.0, 1.0, 0.0)) if sided else (0.0, 1.0, 0.0))
    if joint[:2] == "R_":
        direction[0] *= -1
    return direction / np.linalg.norm(direction)


def pose_rig(rig: Rig, joints: np.ndarray) -> Motion:
    """Rotations that point every bone where the joints say.

    Args:
        joints: (F, J, 3), Y up, finite.
    """
    positions = joints[:, rig.joints]
    frames, nodes = positions.shape[:2]
    bones = np.zeros_like(positions)
    bones[:, 1:] = positions[:, 1:] - positions[:, rig.parents[1:]]
    turns = np.tile(np.eye(3), (frames, nodes, 1, 1))
    for node in range(nodes):
        above = turns[:, rig.parents[node]] if node else turns[:, 0]
        children = rig.children(node)
        if len(children) == 1:
            child = children[0]
            turns[:, node] = _swing(above @ rig.directions[child], bones[:, child]) @ above
        elif children:
            ends = [rig.children(helper)[0] for helper in children]  # the helpers themselves lie on the joint
            turns[:, node] = _rotation_between(rig.directions[ends], bones[:, ends], above)
        else:
            turns[:, node] = above
    rotations = turns.copy()
    rotations[:, 1:] = np.swapaxes(turns[:, rig.parents[1:]], -1, -2) @ turns[:, 1:]
    return Motion(rotations, turns, positions, np.median(np.linalg.norm(bones, axis=-1), axis=0))


def _swing(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(F, 3, 3) smallest rotations from directions ``a`` (F, 3), units, to ``b`` (F, 3); none where b is 0."""
    from scipy.spatial.transform import Rotation

    length = np.linalg.norm(b, axis=-1, keepdims=True)
    b = np.where(length > 1e-9, b / np.maximum(length, 1e-9), a)
    axis, cosine = np.cross(a, b), (a * b).sum(-1)
    sine = np.linalg.norm(axis, axis=-1)
    across = np.eye(3)[np.abs(a).argmin(-1)]
    other = np.cross(a, across)  # for opposite directions any axis across will do
    axis = np.where(sine[:, None] > 1e-9, axis / np.maximum(sine, 1e-9)[:, None], other)
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    return Rotation.from_rotvec(axis * np.arctan2(sine, cosine)[:, None]).as_matrix()


def _rotation_between(rest: np.ndarray, bones: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """(F, 3, 3) rotations that bring ``rest`` (K, 3) units nearest to the directions of ``bones`` (F, K, 3) (Kabsch);
    ``otherwise`` (F, 3, 3) where the bones have no length."""
    length = np.linalg.norm(bones, axis=-1, keepdims=True)
    units = np.where(length > 1e-9, bones / np.maximum(length, 1e-9), 0.0)
    u, s, vt = np.linalg.svd(np.einsum("fki,kj->fij", units, rest))
    u[..., -1] *= np.linalg.det(u @ vt)[:, None]
    return np.where((s[:, 1] > 1e-6)[:, None, None], u @ vt, otherwise)


def fill_gaps(joints: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints without gaps: straight lines between known places, the nearest known place before and after.

    Args:
        joints: (F, J, 3) with NaN; times: (F,).

    Returns:
        ``(joints, known)`` of (F, J', 3) and (J',) bool over the J joints: those that are never known are left out.
    """
    finite = is_known(joints)
    known = np.asarray(finite.any(0))
    out = np.empty((len(joints), int(known.sum()), 3))
    for k, j in enumerate(np.flatnonzero(known)):
        for axis in range(3):
            out[:, k, axis] = np.interp(times, times[finite[:, j]], joints[finite[:, j], j, axis])
    return out, known
