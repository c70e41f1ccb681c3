"""Where the joints of a rendered body lie in it: the one place that defines them.

Hips (which the truth of a scene raises afterwards, :mod:`people3d.hips`), ankles, shoulders, elbows and wrists are the
joint centres of the body's rig; on the average adult they lie within 25 mm (hips 33) of anny's own COCO regression. The
rig's knees lie at 0.304 of the height, thigh and shank as 46 to 54; every other set has about 50 to 50, and
anthropometry has the knee at 0.285, so ours are 7 % of the shank below the rig's. Pelvis, Thorax, Spine and Head follow
MuCo-3DHP: the pelvis is the middle of the hips, the thorax at the base of the neck, the spine half way between the two,
the head at the base of the skull; Head_top is the top of the skull, without hair. docs/synthetic.md compares them with
other sets.
"""

from __future__ import annotations

import numpy as np

from people3d.skeleton import SKELETONS, Skeleton
from people3d.synth.body import LANDMARKS, BodyModel

_MUCO = SKELETONS["muco21"]
_FACE = tuple(name for name in LANDMARKS if name not in _MUCO.joints)

# Every named joint that is rendered: MuCo's 21 first (so the first 21 are muco21), then COCO's face and the neck.
SYNTH = Skeleton(
    "synth27",
    (*_MUCO.joints, *_FACE, "Neck"),
    (*_MUCO.edges, (16, 21), (21, 22), (21, 23), (22, 24), (23, 25)),
    _MUCO.root,
)

# Means of bone heads. A tuple is (weight, bone).
_SIDED = {
    "Shoulder": ((1.0, "upperarm01"),),
    "Elbow": ((1.0, "lowerarm01"),),
    "Wrist": ((1.0, "wrist"),),
    "Hand": ((0.25, "wrist"), (0.75, "finger3-1")),
    "Hip": ((1.0, "upperleg01"),),
    "Knee": ((0.93, "lowerleg01"), (0.07, "foot")),  # the rig bends above the joint's line
    "Ankle": ((1.0, "foot"),),
    "Toe": ((1.0, "toe2-1"),),
}
_CENTRAL = {
    "Pelvis": ((0.5, "upperleg01.L"), (0.5, "upperleg01.R")),
    "Spine": ((0.85, "spine02"), (0.15, "spine01")),
    "Thorax": ((0.35, "upperarm01.L"), (0.35, "upperarm01.R"), (0.3, "neck01")),
    "Neck": ((1.0, "neck01"),),
    "Head": ((1.0, "head"),),
}


class JointRegressor:
    """Joints of posed bodies: :meth:`__call__` maps bone heads and landmarks to (27, 3) joints."""

    def __init__(self, model: BodyModel) -> None:
        self._from_bones = np.zeros((len(SYNTH), len(model.bones)))
        self._landmarks = [SYNTH.index(name) for name in LANDMARKS]
        parts = dict(_CENTRAL)
        for side in "LR":
            parts |= {f"{side}_{k}": tuple((w, f"{b}.{side}") for w, b in v) for k, v in _SIDED.items()}
        for joint, terms in parts.items():
            for weight, bone in terms:
                self._from_bones[SYNTH.index(joint), model.bone(bone)] += weight

    def __call__(self, bone_heads_mm: np.ndarray, landmarks_mm: np.ndarray) -> np.ndarray:
        """(B, 3) bone heads and (6, 3) landmarks of the head → (27, 3) joints, mm."""
        joints = self._from_bones @ bone_heads_mm
        joints[self._landmarks] = landmarks_mm
        return joints
