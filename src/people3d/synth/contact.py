"""How far a body's parts are inside each other: every part a capsule as thick as it is on that very body.

The trunk, which is wider than deep, is two side by side: from the hips up to below the shoulders. Neighbours (thigh and
trunk, hand and forearm) always touch and are not compared; for the rest, flesh gives way by ``SOFT_MM``.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from people3d.synth.body import Body, BodyModel
from people3d.synth.joints import SYNTH, JointRegressor

SOFT_MM = 20.0  # of an adult, that is not counted
_SAMPLE = 60  # vertices that a part's thickness is measured at
# Part: its two ends, and the bones whose vertices make it as thick as it is.
_LIMBS = {
    "upper arm": (("Shoulder", "Elbow"), ("upperarm02",)),
    "forearm": (("Elbow", "Wrist"), ("lowerarm01", "lowerarm02")),
    "hand": (("Wrist", "Hand"), ("metacarpal1", "metacarpal2", "metacarpal3", "metacarpal4")),
    "thigh": (("Hip", "Knee"), ("upperleg02",)),
    "shank": (("Knee", "Ankle"), ("lowerleg01", "lowerleg02")),
    "foot": (("Ankle", "Toe"), ("foot",)),
}
_ALWAYS_TOUCH = {
    frozenset(p)
    for s in "LR"
    for p in (
        (f"{s} upper arm", f"{s} forearm"),
        (f"{s} forearm", f"{s} hand"),
        (f"{s} thigh", f"{s} shank"),
        (f"{s} shank", f"{s} foot"),
        (f"{s} upper arm", f"{s} hand"),
        (f"{s} upper arm", f"{s} trunk"),
        (f"{s} thigh", f"{s} trunk"),
        ("L thigh", "R thigh"),
        (f"{s} thigh", f"{'LR'['LR'.index(s) - 1]} trunk"),
        (f"{s} trunk", "head"),
        ("L trunk", "R trunk"),
        (f"{s} upper arm", "head"),
    )
}


class Contacts:
    """Capsules of a body model's parts; :meth:`depth_mm` says how deep the worst two are inside each other."""

    def __init__(self, model: BodyModel) -> None:
        self._regress = JointRegressor(model)
        strongest = model.weight_bones[np.arange(len(model.weights)), model.weights.argmax(1)]
        self.parts = [f"{s} {name}" for s in "LR" for name in (*_LIMBS, "trunk")] + ["head"]
        vertices = []
        for part in self.parts:
            side, _, name = part.partition(" ")
            if part == "head":
                bones = ["head"]
            elif name == "trunk":
                bones = ["spine01", "spine02", "spine03", "spine04"]
            else:
                bones = [f"{b}.{side}" for b in _LIMBS[name][1]]
            mine = np.isin(strongest, [model.bone(b) for b in bones])
            if name == "trunk":
                mine &= model.template[:, 0] * (1 if side == "L" else -1) > 0
            found = np.flatnonzero(mine)
            vertices.append(found[:: max(len(found) // _SAMPLE, 1)])
        self._vertices = np.concatenate(vertices)
        self._part = np.repeat(np.arange(len(vertices)), [len(v) for v in vertices])
        pairs = [(a, b) for a, b in combinations(self.parts, 2) if frozenset((a, b)) not in _ALWAYS_TOUCH]
        self._pairs = np.array([[self.parts.index(a), self.parts.index(b)] for a, b in pairs])

    def radii_mm(self, body: Body) -> np.ndarray:
        """(15,) how thick the parts are: the mean distance of their skin from their axis, in the rest pose."""
        first, second = self._ends(self._regress(body.bone_heads_mm, body.landmarks_mm))
        a, along = first[self._part], (second - first)[self._part]
        skin = body.vertices_mm[self._vertices] - a
        t = np.clip((skin * along).sum(1) / np.maximum((along * along).sum(1), 1e-9), 0, 1)
        away = np.linalg.norm(skin - t[:, None] * along, axis=1)
        return np.bincount(self._part, away) / np.bincount(self._part)

    def depth_mm(self, joints_mm: np.ndarray, radii_mm: np.ndarray, scale: float = 1.0) -> float:
        """How deep the two parts that are deepest in each other are, beyond soft contact; 0 where none are.

        ``joints_mm`` (27, 3) of the posed body; ``scale`` its height over an adult's.
        """
        first, second = self._ends(joints_mm)
        a, b = self._pairs.T
        gap = _between(first[a], second[a], first[b], second[b])
        return float(max((radii_mm[a] + radii_mm[b] - gap).max() - SOFT_MM * scale, 0.0))

    def _ends(self, joints_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of every part, (15, 3) each."""

        def at(name: str) -> np.ndarray:
            return joints_mm[SYNTH.index(name)]

        first, second = [], []
        for s in "LR":
            for (a, b), _ in _LIMBS.values():
                first.append(at(f"{s}_{a}"))
                second.append(at(f"{s}_{b}"))
            first.append(0.65 * at(f"{s}_Hip") + 0.35 * at("Pelvis"))
            shoulder = 0.5 * at(f"{s}_Shoulder") + 0.5 * at("Thorax")
            second.append(shoulder + 0.2 * (at("Spine") - shoulder))
        ears = (at("L_Ear") + at("R_Ear")) / 2
        first.append(ears + 0.1 * (at("Head_top") - ears))
        second.append(ears + 0.25 * (at("Head_top") - ears))
        return np.stack(first), np.stack(second)


def _between(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """(N,) distance of the line segments a-b and c-d, (N, 3) each."""
    u, v, w = b - a, d - c, a - c
    uu, uv, vv = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    uw, vw = (u * w).sum(1), (v * w).sum(1)
    across = uu * vv - uv * uv
    s = np.clip((uv * vw - vv * uw) / np.maximum(across, 1e-9), 0, 1)
    t = np.clip((uv * s + vw) / np.maximum(vv, 1e-9), 0, 1)
    s = np.clip((uv * t - uw) / np.maximum(uu, 1e-9), 0, 1)  # again, where t was cut off
    return np.linalg.norm(w + s[:, None] * u - t[:, None] * v, axis=1)
