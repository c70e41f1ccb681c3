"""Skeletons: joint names, edges, mirror pairs and root of every data set, and conversion between them.

Joint orders follow the released code and the data sets themselves (paper section 8.1); they are spelled the same in
every file that people3d writes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Skeleton:
    """Names and structure of a joint set.

    ``edges`` are pairs of joint indices, ``root`` is the index of the joint that RootNet localises.
    """

    name: str
    joints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    root: int

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Index of ``joint``; raises ``ValueError`` naming the skeleton's joints if there is none."""
        if joint not in self.joints:
            raise ValueError(f"skeleton {self.name} has no joint {joint!r}; it has {', '.join(self.joints)}")
        return self.joints.index(joint)

    @property
    def mirror(self) -> np.ndarray:
        """(J,) index array: ``joints[mirror]`` swaps left and right. Its own inverse."""
        swapped = {"L_": "R_", "R_": "L_"}
        return np.array([self.joints.index(swapped.get(j[:2], j[:2]) + j[2:]) for j in self.joints])


def _skeleton(name: str, joints: str, edges: str, root: str) -> Skeleton:
    names = tuple(joints.split())
    pairs = []
    for chain in edges.split():
        ends = chain.split("-")
        pairs += [(names.index(a), names.index(b)) for a, b in itertools.pairwise(ends)]
    return Skeleton(name, names, tuple(pairs), names.index(root))


SKELETONS: dict[str, Skeleton] = {
    s.name: s
    for s in (
        # MuCo-3DHP; the first 17 are MuPoTS-3D's.
        _skeleton(
            "muco21",
            "Head_top Thorax R_Shoulder R_Elbow R_Wrist L_Shoulder L_Elbow L_Wrist R_Hip R_Knee R_Ankle"
            " L_Hip L_Knee L_Ankle Pelvis Spine Head R_Hand L_Hand R_Toe L_Toe",
            "Pelvis-Spine-Thorax-Head-Head_top Thorax-R_Shoulder-R_Elbow-R_Wrist-R_Hand"
            " Thorax-L_Shoulder-L_Elbow-L_Wrist-L_Hand Pelvis-R_Hip-R_Knee-R_Ankle-R_Toe"
            " Pelvis-L_Hip-L_Knee-L_Ankle-L_Toe",
            "Pelvis",
        ),
        _skeleton(
            "muco17",
            "Head_top Thorax R_Shoulder R_Elbow R_Wrist L_Shoulder L_Elbow L_Wrist R_Hip R_Knee R_Ankle"
            " L_Hip L_Knee L_Ankle Pelvis Spine Head",
            "Pelvis-Spine-Thorax-Head-Head_top Thorax-R_Shoulder-R_Elbow-R_Wrist"
            " Thorax-L_Shoulder-L_Elbow-L_Wrist Pelvis-R_Hip-R_Knee-R_Ankle Pelvis-L_Hip-L_Knee-L_Ankle",
            "Pelvis",
        ),
        # Human3.6M: 17 joints of the data set and Thorax, the mean of the shoulders, added by the released code.
        _skeleton(
            "h36m18",
            "Pelvis R_Hip R_Knee R_Ankle L_Hip L_Knee L_Ankle Torso Neck Nose Head L_Shoulder L_Elbow L_Wrist"
            " R_Shoulder R_Elbow R_Wrist Thorax",
            "Pelvis-Torso-Neck-Nose-Head Neck-L_Shoulder-L_Elbow-L_Wrist Neck-R_Shoulder-R_Elbow-R_Wrist"
            " Pelvis-R_Hip-R_Knee-R_Ankle Pelvis-L_Hip-L_Knee-L_Ankle Neck-Thorax",
            "Pelvis",
        ),
        _skeleton(
            "h36m17",
            "Pelvis R_Hip R_Knee R_Ankle L_Hip L_Knee L_Ankle Torso Neck Nose Head L_Shoulder L_Elbow L_Wrist"
            " R_Shoulder R_Elbow R_Wrist",
            "Pelvis-Torso-Neck-Nose-Head Neck-L_Shoulder-L_Elbow-L_Wrist Neck-R_Shoulder-R_Elbow-R_Wrist"
            " Pelvis-R_Hip-R_Knee-R_Ankle Pelvis-L_Hip-L_Knee-L_Ankle",
            "Pelvis",
        ),
        # COCO's 17 keypoints; Thorax and Pelvis are the means of shoulders and hips.
        _skeleton(
            "coco19",
            "Nose L_Eye R_Eye L_Ear R_Ear L_Shoulder R_Shoulder L_Elbow R_Elbow L_Wrist R_Wrist L_Hip R_Hip"
            " L_Knee R_Knee L_Ankle R_Ankle Thorax Pelvis",
            "Pelvis-Thorax-Nose-L_Eye-L_Ear Nose-R_Eye-R_Ear Thorax-L_Shoulder-L_Elbow-L_Wrist"
            " Thorax-R_Shoulder-R_Elbow-R_Wrist Pelvis-L_Hip-L_Knee-L_Ankle Pelvis-R_Hip-R_Knee-R_Ankle",
            "Pelvis",
        ),
        _skeleton(
            "mpii16",
            "R_Ankle R_Knee R_Hip L_Hip L_Knee L_Ankle Pelvis Thorax Neck Head_top R_Wrist R_Elbow R_Shoulder"
            " L_Shoulder L_Elbow L_Wrist",
            "Pelvis-Thorax-Neck-Head_top Thorax-R_Shoulder-R_Elbow-R_Wrist Thorax-L_Shoulder-L_Elbow-L_Wrist"
            " Pelvis-R_Hip-R_Knee-R_Ankle Pelvis-L_Hip-L_Knee-L_Ankle",
            "Pelvis",
        ),
        # 3DPW: the 24 joints of SMPL, in SMPL's order.
        _skeleton(
            "smpl24",
            "Pelvis L_Hip R_Hip Torso L_Knee R_Knee Spine L_Ankle R_Ankle Chest L_Toe R_Toe Neck L_Thorax R_Thorax"
            " Head L_Shoulder R_Shoulder L_Elbow R_Elbow L_Wrist R_Wrist L_Hand R_Hand",
            "Pelvis-Torso-Spine-Chest-Neck-Head Chest-L_Thorax-L_Shoulder-L_Elbow-L_Wrist-L_Hand"
            " Chest-R_Thorax-R_Shoulder-R_Elbow-R_Wrist-R_Hand Pelvis-L_Hip-L_Knee-L_Ankle-L_Toe"
            " Pelvis-R_Hip-R_Knee-R_Ankle-R_Toe",
            "Pelvis",
        ),
    )
}

# Data sets give the same name to different points of the body, and different names to the same. What a name means
# where it is not a point of its own; a skeleton that is not listed means by its names what MuCo-3DHP does.
#
# Measured on real frames with truth: MuCo's Thorax lies at the base of the neck, 43 mm off the middle of the shoulders,
# and its Head 95 mm above it and 191 mm below Head_top, at the base of the skull. Human3.6M's Neck lies at the base of
# the neck as well, 57 mm off the middle of the shoulders; its Torso is half way from there to the pelvis, as MuCo's
# Spine is; its Head is the top of the head, 115 mm above the Nose. MPII annotated the upper neck; SMPL's Neck and Head
# are the joints below and above the neck's bones, its second spine joint the middle one.
_MUCO_POINTS = {"Thorax": "neck base", "Head": "skull base", "Spine": "mid spine"}
_H36M_POINTS = {"Thorax": "mid shoulders", "Neck": "neck base", "Head": "Head_top", "Torso": "mid spine"}
_POINTS: dict[str, dict[str, str]] = {
    "h36m18": _H36M_POINTS,
    "h36m17": _H36M_POINTS,
    "coco19": {"Thorax": "mid shoulders"},
    "mpii16": {"Thorax": "neck base", "Neck": "skull base"},
    "smpl24": {"Neck": "neck base", "Head": "skull base", "Spine": "mid spine", "Torso": "lower spine"},
}
# Points that the mean of two others is, or comes close to.
_MEANS = {
    "mid shoulders": ("L_Shoulder", "R_Shoulder"),
    "neck base": ("L_Shoulder", "R_Shoulder"),
    "Pelvis": ("L_Hip", "R_Hip"),
}

# The joints that every skeleton here has, and that PA-MPJPE "over 12 limb joints" scores.
LIMB_JOINTS: tuple[str, ...] = tuple(
    f"{side}_{part}" for part in ("Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle") for side in "LR"
)


def get_skeleton(name: str | Skeleton) -> Skeleton:
    """The skeleton called ``name``; raises ``ValueError`` listing the known names."""
    if isinstance(name, Skeleton):
        return name
    if name not in SKELETONS:
        raise ValueError(f"unknown skeleton {name!r}; known: {', '.join(SKELETONS)}")
    return SKELETONS[name]


def _points(skeleton: Skeleton) -> tuple[str, ...]:
    """The point of the body that each joint is."""
    meaning = _POINTS.get(skeleton.name, _MUCO_POINTS)
    return tuple(meaning.get(joint, joint) for joint in skeleton.joints)


def _sources(point: str, source: tuple[str, ...]) -> list[int]:
    """The indices of the ``source`` points whose mean is ``point``; none where it cannot be had from them."""
    if point in source:
        return [source.index(point)]
    ends = _MEANS.get(point, ())
    return [source.index(end) for end in ends] if all(end in source for end in ends) else []


def convert(
    joints: np.ndarray, source: str | Skeleton, target: str | Skeleton, visible: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Joints of one skeleton as another's, by the point of the body that they are, not by their names.

    SMPL's Pelvis, which lies above the middle of its hips, stands for the others' all the same.

    Args:
        joints: (..., J_source, D) positions in any unit.
        visible: (..., J_source) bool; all True if None.

    Returns:
        ``(joints, visible)`` of shapes (..., J_target, D) and (..., J_target). A joint that the source does not have
        is NaN and not visible; a mean of two joints is visible only where both are.
    """
    source, target = get_skeleton(source), get_skeleton(target)
    joints = np.asarray(joints)
    if joints.ndim < 2 or joints.shape[-2] != len(source):
        raise ValueError(f"expected (..., {len(source)}, D) joints of {source.name}, got shape {joints.shape}")
    if visible is None:
        visible = np.ones(joints.shape[:-1], bool)
    dtype = joints.dtype if np.issubdtype(joints.dtype, np.floating) else np.float64
    out = np.full((*joints.shape[:-2], len(target), joints.shape[-1]), np.nan, dtype)
    out_visible = np.zeros(out.shape[:-1], bool)
    source_points = _points(source)
    for j, point in enumerate(_points(target)):
        idx = _sources(point, source_points)
        if idx:
            out[..., j, :] = joints[..., idx, :].mean(axis=-2)
            out_visible[..., j] = visible[..., idx].all(axis=-1)
    return out, out_visible
