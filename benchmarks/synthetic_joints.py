"""How the joints of synthetic people compare with other sets: motion capture, and 2D labels of photographs.

    python benchmarks/synthetic_joints.py KIT [--people 400]

KIT holds ``mocap/*_joints_10hz.npz`` (MuCo's joints), ``photos/labels.npz`` (MoveNet's 2D, BlazePose's 3D) and
``photos/lspet_joints.json`` (14 joints by hand). Prints the two tables of docs/synthetic.md. In 3D, median lengths over
the length of the leg. In 2D, medians over people who face the camera or turn their back to it, upright, with straight
legs: only then do lengths in a picture tell of lengths in a body. Nothing is rendered.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from people3d.hips import raised_hips
from people3d.skeleton import SKELETONS
from people3d.synth.actor import actor
from people3d.synth.closeup import view_of
from people3d.synth.joints import SYNTH
from people3d.synth.mocap import load_poses

COCO = SKELETONS["coco19"].joints[:17]
LSPET = [
    *("R_Ankle", "R_Knee", "R_Hip", "L_Hip", "L_Knee", "L_Ankle", "R_Wrist", "R_Elbow", "R_Shoulder"),
    *("L_Shoulder", "L_Elbow", "L_Wrist", "Neck", "Head_top"),
]
LIMBS = [f"{s}_{n}" for s in "LR" for n in ("Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle")]


class People:
    """(N, J, 2 or 3) joints by name; NaN where not known."""

    def __init__(self, joints: np.ndarray, names) -> None:
        self._joints = dict(zip(names, np.moveaxis(np.asarray(joints, float), 1, 0), strict=True))

    def __call__(self, name: str) -> np.ndarray:
        if name.startswith("mid "):
            return (self(f"L_{name[4:]}") + self(f"R_{name[4:]}")) / 2
        return self._joints[name]

    def has(self, name: str) -> bool:
        return name in self._joints

    def length(self, a: str, b: str) -> np.ndarray:
        """(N,) distance of two joints; of a pair of limbs, the mean of left and right."""
        if self.has(f"L_{a}"):
            return (self.length(f"L_{a}", f"L_{b}") + self.length(f"R_{a}", f"R_{b}")) / 2
        return np.linalg.norm(self(a) - self(b), axis=-1)

    def of(self, chosen: np.ndarray) -> People:
        return People(np.stack([j[chosen] for j in self._joints.values()], 1), list(self._joints))


LENGTHS_3D = {
    "hip to hip": ("L_Hip", "R_Hip"),
    "shoulder to shoulder": ("L_Shoulder", "R_Shoulder"),
    "pelvis to spine": ("Pelvis", "Spine"),
    "pelvis to thorax": ("Pelvis", "Thorax"),
    "mid-hips to mid-shoulders": ("mid Hip", "mid Shoulder"),
    "thorax to mid-shoulders": ("Thorax", "mid Shoulder"),
    "thorax to top of the head": ("Thorax", "Head_top"),
    "upper arm": ("Shoulder", "Elbow"),
    "forearm": ("Elbow", "Wrist"),
    "thigh": ("Hip", "Knee"),
    "shank": ("Knee", "Ankle"),
}
LENGTHS_2D = {
    "hip to hip": ("L_Hip", "R_Hip"),
    "shoulder to shoulder": ("L_Shoulder", "R_Shoulder"),
    "upper arm, 90th percentile": ("Shoulder", "Elbow"),
    "forearm, 90th percentile": ("Elbow", "Wrist"),
    "thigh": ("Hip", "Knee"),
    "shank": ("Knee", "Ankle"),
    "nose to mid-shoulders": ("Nose", "mid Shoulder"),
    "ear to ear": ("L_Ear", "R_Ear"),
    "top of the head to neck": ("Head_top", "Neck"),
    "neck to mid-shoulders": ("Neck", "mid Shoulder"),
}


def upright(p: People) -> np.ndarray:
    """(N,) bool: trunk and legs straight down the picture, seen from the front or from behind."""
    trunk = p("mid Hip") - p("mid Shoulder")
    torso = np.linalg.norm(trunk, axis=1)
    good = (trunk[:, 1] > 0.97 * torso) & (p.length("L_Shoulder", "R_Shoulder") > 0.6 * torso)
    for side in "LR":
        thigh, shank = p(f"{side}_Knee") - p(f"{side}_Hip"), p(f"{side}_Ankle") - p(f"{side}_Knee")
        for leg in (thigh, shank):
            good &= leg[:, 1] > 0.94 * np.linalg.norm(leg, axis=1)
        good &= np.linalg.norm(thigh, axis=1) > 0.6 * torso
    return good


def synthetic(count: int, kit: Path) -> tuple[People, People]:
    """Adults in captured poses: in world mm, and in the pictures that crops of them would be cut from (px)."""
    rng = np.random.default_rng(0)
    poses = (kit / "mocap", kit / "photos" / "labels.npz")
    world, pixels = [], []
    for _ in range(count):
        somebody = actor(rng, poses, 1.0, float(rng.uniform(18, 60)), mesh="coarse")
        view, _ = view_of(rng, somebody, 256)
        joints = raised_hips(somebody.joints_mm, SYNTH)
        world.append(joints)
        pixels.append(view.camera.project(view.to_camera(joints)))
    return People(np.array(world), SYNTH.joints), People(np.array(pixels), SYNTH.joints)


def table(rows, sets: dict[str, People], unit, summary) -> None:
    print("| over " + unit[2] + " | " + " | ".join(sets) + " |")
    print("| --- |" + " --- |" * len(sets))
    for row, (a, b) in rows.items():
        cells = []
        for p in sets.values():
            known = all(p.has(n) or p.has(f"L_{n}") or n.startswith("mid") for n in (a, b))
            cells.append(f"{summary(row, p.length(a, b) / unit[0](p)):.2f}" if known else "")
        print(f"| {row} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kit", type=Path)
    parser.add_argument("--people", type=int, default=400)
    args = parser.parse_args()
    world, pixels = synthetic(args.people, args.kit)
    muco = SKELETONS["muco21"].joints
    three = {"ours": world}
    for name, file in (("CMU, one source", "cmu_expmap"), ("CMU, another", "cmu_bvh_walks")):
        three[name] = People(load_poses(args.kit / "mocap" / f"{file}_joints_10hz.npz")[::10], muco)
    three["BlazePose in photographs"] = People(load_poses(args.kit / "photos" / "labels.npz"), muco)

    def leg(p: People) -> np.ndarray:
        return p.length("Hip", "Knee") + p.length("Knee", "Ankle")

    table(LENGTHS_3D, three, (leg, "", "the leg"), lambda _, x: np.nanmedian(x))
    print()
    with np.load(args.kit / "photos" / "labels.npz", allow_pickle=False) as stored:
        movenet, kept = stored["kp2d_movenet"], stored["kept"]
    limbs = [COCO.index(n) for n in LIMBS]
    seen = kept & (movenet[:, limbs, 2] > 0.4).all(1)
    labelled = np.array(list(json.loads((args.kit / "photos" / "lspet_joints.json").read_text())["joints"].values()))
    by_hand = np.where(labelled[..., 2:] > 0, labelled[..., :2], np.nan)
    two = {
        "ours": pixels,
        "MoveNet in photographs": People(movenet[seen, :, :2], COCO),
        "by hand (LSP extended)": People(by_hand, LSPET),
    }
    two = {name: p.of(upright(p)) for name, p in two.items()}
    print("upright people: " + ", ".join(f"{name} {len(p('L_Hip'))}" for name, p in two.items()) + "\n")

    def torso(p: People) -> np.ndarray:
        return p.length("mid Hip", "mid Shoulder")

    def summary(row: str, values: np.ndarray) -> float:
        return float(np.nanpercentile(values, 90 if "90th" in row else 50))

    table(LENGTHS_2D, two, (torso, "", "the trunk (mid-hips to mid-shoulders)"), summary)


if __name__ == "__main__":
    main()
