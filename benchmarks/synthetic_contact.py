"""How much of synthetic people is inside themselves, in the poses drawn for them and in those that they take.

    python benchmarks/synthetic_contact.py [--people 100] [--mocap FOLDER ...]

Two measures: the depth of the capsules that poses are chosen by, and one that knows nothing of them: the share of the
skin of forearms and hands whose outside, 4 mm off, is inside the body's mesh (its winding number there is not 0). The
second counts elbows and armpits that fold, so it does not reach 0. Nothing is rendered.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from people3d.synth.actor import character
from people3d.synth.body import load_body_model
from people3d.synth.pose import mocap_pose, procedural_pose

OFF_SKIN_MM = 4.0


def winding_numbers(vertices: np.ndarray, faces: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N,) how often the closed mesh goes round each point (Van Oosterom and Strackee's solid angles)."""
    out = []
    for point in points:
        a, b, c = (vertices[faces[:, k]] - point for k in range(3))
        la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
        volume = np.einsum("fi,fi->f", a, np.cross(b, c))
        angle = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
        out.append(2 * np.arctan2(volume, angle).sum() / (4 * np.pi))
    return np.array(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--mocap", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    model = load_body_model("coarse")
    strongest = model.weight_bones[np.arange(len(model.weights)), model.weights.argmax(1)]
    names = np.array(model.bones)[strongest]
    arms = np.flatnonzero([n.startswith(("lowerarm", "wrist", "finger", "metacarpal")) for n in names])[::6]

    def draw():
        return mocap_pose(rng, tuple(args.mocap)) if args.mocap else procedural_pose(rng)

    found = {"drawn": [], "taken": []}
    for _ in range(args.people):
        who = character(rng, mesh="coarse")
        poses = {"drawn": who.rotations(draw(), 0.0), "taken": who.fit(draw, 0.0)[1]}
        for name, rotations in poses.items():
            vertices, _, _ = model.skin(who.body, rotations)
            outside = vertices[arms] + model.normals(vertices)[arms] * OFF_SKIN_MM
            inside = winding_numbers(vertices, model.faces, outside) > 0.5
            found[name].append((who.depth_mm(rotations), inside.mean()))
    for name, rows in found.items():
        depth, inside = np.array(rows).T
        print(
            f"{name}: capsules over 6 mm deep {np.mean(depth > 6):.0%}, over 20 mm {np.mean(depth > 20):.0%}, "
            f"deepest {depth.max():.0f} mm; skin of forearms and hands inside {inside.mean():.1%}"
        )


if __name__ == "__main__":
    main()
