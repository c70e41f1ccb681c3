"""Distances of roots from depth maps instead of RootNet, on synthetic people: ``python benchmarks/depth_map.py SET``.

    people3d synthesize --output SET --images 40 --seed 4210 --people 1-5 --depth

True boxes and cameras; the map looks at PoseNet's poses as ``predict --depth-map`` does, and once at the true ones, to
tell its own errors from those of a pose that is somewhere else. Prints errors of the root's depth by how much of a
person can be seen.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from people3d import Camera, Predictor
from people3d.depth_map import load_depth_map
from people3d.root_depth import Poses
from people3d.skeleton import SKELETONS
from people3d.sources import read_image

SEEN = {"all": (0, 1.01), "half of the joints in sight or more": (0.5, 1.01), "a quarter to half": (0.25, 0.5)}
SEEN["less"] = (0, 0.25)


def main(folder: Annotated[Path, tyro.conf.Positional], /, weights: str = "default") -> None:
    """Args:
    folder: of ``people3d synthesize --depth``.
    weights: name or folder.
    """
    truth, predictor = json.loads((folder / "ground_truth.json").read_text()), Predictor(weights)
    skeleton = SKELETONS["muco21"]
    true_z: list[float] = []
    seen: list[float] = []
    found: dict[str, list[float]] = {"RootNet": [], "depth map": [], "depth map, true poses": []}
    for image in truth["images"]:
        rows = [row for row in truth["annotations"] if row["image_id"] == image["id"]]
        if not rows:
            continue
        camera, rgb = Camera(*image["intrinsic"]), read_image(folder / image["file_name"]).rgb
        depth = load_depth_map(folder / image["depth_file_name"])
        boxes, joints = (np.array([row[key] for row in rows], float) for key in ("bbox", "keypoints_cam"))
        boxes[:, 2:] += boxes[:, :2]
        root = joints[:, skeleton.root, 2]
        poses = Poses(boxes, camera.project(joints), joints[..., 2] - root[:, None], skeleton, camera)
        by_map = predictor(rgb, camera, boxes, root_depth=depth)
        assert by_map.root_depth_given is not None
        found["RootNet"] += predictor(rgb, camera, boxes).root_cam_mm[:, 2].tolist()
        found["depth map"] += np.where(by_map.root_depth_given, by_map.root_cam_mm[:, 2], np.nan).tolist()
        found["depth map, true poses"] += depth(rgb, poses).tolist()
        true_z += root.tolist()
        seen += [float(np.mean(row["keypoints_visible"])) for row in rows]
    z, share = np.array(true_z), np.array(seen)
    print("| people | distance from | known | median error, mm | mean error, % of the depth | off by over 300 mm |")
    print("|---|---|---|---|---|---|")
    for name, (low, high) in SEEN.items():
        chosen = (share >= low) & (share < high)
        for source, values in found.items():
            error = np.abs(np.array(values) - z)[chosen]
            known = np.isfinite(error)
            print(
                f"| {name} ({chosen.sum()}) | {source} | {known.sum()} | {np.median(error[known]):.0f} "
                f"| {100 * (error / z[chosen])[known].mean():.1f} | {(error[known] > 300).mean():.0%} |"
            )


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
