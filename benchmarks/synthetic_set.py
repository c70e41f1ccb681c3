"""The strata of a set that `people3d synthesize` made, and the checks of its truth.

    python benchmarks/synthetic_set.py people3d-synth-1 [--render 1000]

Counts people by age, depth, joints seen, posture and so on. From the file alone: joints reproject, masks have the
stated boxes. ``--render N`` makes N of the pictures again, spread over the set, and checks what the file does not
hold: pixels and joints are the same again; silhouettes that nothing hides and the frame does not cut have the box of
the whole body; how far the body's surface lies before each joint that counts as seen.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from people3d.synth.scene import Scene

AGES = ((0, 4, "under 4"), (4, 13, "4–13"), (13, 18, "13–18"), (18, 60, "18–60"), (60, 200, "over 60"))
DEPTHS_M = ((0, 2, "under 2 m"), (2, 4, "2–4 m"), (4, 6, "4–6 m"), (6, 10, "6–10 m"), (10, 99, "over 10 m"))
SEEN = ((0, 0.25, "under a quarter"), (0.25, 0.5, "to a half"), (0.5, 0.75, "to three quarters"), (0.75, 2, "more"))


def binned(values: np.ndarray, bins: tuple) -> str:
    return ", ".join(f"{name}: {((values >= low) & (values < high)).sum()}" for low, high, name in bins)


def strata(truth: dict[str, Any]) -> None:
    everybody = truth["annotations"]
    people = [a for a in everybody if a["is_valid"]]
    depth = np.array([a["root_cam"][2] for a in people]) / 1000
    height = np.array([a["bbox"][3] for a in people])
    crowd = Counter(Counter(a["image_id"] for a in everybody).values())
    crowd[0] = len(truth["images"]) - sum(crowd.values())
    print(f"{len(truth['images'])} images, {len(everybody)} people, {len(people)} of them seen")
    print("| by | people |\n| --- | --- |")
    print(f"| age | {binned(np.array([a['age'] for a in people]), AGES)} |")
    least, middle, most = np.percentile(depth, [0, 50, 100])
    print(f"| depth | {binned(depth, DEPTHS_M)} ({least:.1f}–{most:.1f} m, median {middle:.1f}) |")
    print(f"| joints seen | {binned(np.array([np.mean(a['keypoints_visible']) for a in people]), SEEN)} |")
    postures = Counter(a["posture"] for a in people).most_common()
    print(f"| posture | {', '.join(f'{name} {count}' for name, count in postures)} |")
    print(f"| cut by the frame | {np.mean([a['truncated'] for a in people]):.0%} |")
    low, middle, high = np.percentile(height, [5, 50, 95])
    print(f"| height of the box | 5th percentile {low:.0f} px, median {middle:.0f} px, 95th {high:.0f} px |")
    print(f"images with 0 to 8 people: {', '.join(str(crowd[n]) for n in range(9))}")


def mask_of(coded: dict[str, Any]) -> np.ndarray:
    """(H, W) bool of COCO's run lengths."""
    values = np.arange(len(coded["counts"])) % 2 == 1
    return np.repeat(values, coded["counts"]).reshape(coded["size"], order="F")


def check_file(truth: dict[str, Any]) -> None:
    images = {i["id"]: i for i in truth["images"]}
    off_px, off_box = 0.0, 0.0
    for a in truth["annotations"]:
        fx, fy, cx, cy = images[a["image_id"]]["intrinsic"]
        joints = np.array(a["keypoints_cam"])
        px = joints[:, :2] / joints[:, 2:] * [fx, fy] + [cx, cy]
        off_px = max(off_px, float(np.abs(px - a["keypoints_img"]).max()))
        if a["is_valid"]:
            mask = mask_of(a["segmentation"])
            rows, columns = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
            x, y, w, h = a["bbox"]
            stated = [x, y, x + w, y + h]
            found = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
            off_box = max(off_box, float(np.abs(np.subtract(stated, found)).max()))
    print(f"joints reproject within {off_px:.4f} px; masks have the stated boxes within {off_box:g} px")


def free(scene: Scene, person: int) -> bool:
    """Whether nobody and nothing but floor and walls is in the person's box and nearer than their furthest point."""
    x1, y1, x2, y2 = scene.amodal_xyxy[person].round().astype(int)
    labels, depth = (a[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1] for a in (scene.labels, scene.depth_mm))
    own = labels == person + 1
    others = ~own & (labels > 0) & (labels != 254)
    return bool(own.any() and not (others & (depth < depth[own].max())).any())


def check_pictures(folder: Path, truth: dict[str, Any], count: int) -> None:
    import cv2

    from people3d.synth.dataset import Settings, skeleton_of
    from people3d.synth.generate import scenes
    from people3d.synth.truth import image_record

    made = truth["info"]["settings"]
    if made["mocap"] or made["backgrounds"]:
        raise SystemExit("--render: expected a set that was made without files (--mocap, --backgrounds)")
    skeleton = skeleton_of(Settings(seed=made["seed"], skeleton=made["skeleton"]))
    size = tuple(made["image_size"]) if made["image_size"] else None
    rows: dict[int, list] = {}
    for a in truth["annotations"]:
        rows.setdefault(a["image_id"], []).append(a)
    chosen = np.unique(np.linspace(0, len(truth["images"]) - 1, count).round().astype(int))
    same_pixels = same_truth = 0
    boxes, before = [], []
    for image in (truth["images"][i] for i in chosen):
        scene = next(scenes(made["seed"], image["scene_index"], image_size=size, people=tuple(made["people"])))
        stored = cv2.imread(str(folder / image["file_name"]))
        same_pixels += stored is not None and np.array_equal(stored[..., ::-1], scene.image)
        again = image_record(scene, image["file_name"], skeleton)["annotations"]
        kept = [{k: v for k, v in a.items() if k not in ("id", "image_id")} for a in rows.get(image["id"], [])]
        same_truth += json.loads(json.dumps(again)) == kept
        height, width = scene.labels.shape
        for i in range(len(scene)):
            amodal, seen = scene.amodal_xyxy[i], scene.joint_visible[i]
            if (amodal[:2] > 0).all() and (amodal[2:] < [width, height]).all() and free(scene, i):
                boxes.append(float(np.abs(scene.boxes_xyxy[i] - amodal).max()))
            x, y = np.minimum(scene.joints_px[i, seen].round().astype(int), [width - 1, height - 1]).T
            own = scene.labels[y, x] == i + 1
            before += (scene.joints_cam_mm[i, seen, 2] - scene.depth_mm[y, x])[own].tolist()
    low, middle, high = np.percentile(before, [0, 50, 100])
    print(f"{len(chosen)} made again: pixels the same in {same_pixels}, truth in {same_truth}")
    if boxes:
        print(f"{len(boxes)} people uncut, with nothing before them: both boxes agree within {max(boxes):.2f} px")
    print(f"the surface at {len(before)} seen joints lies {low:.0f} to {high:.0f} mm before them (median {middle:.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--render", type=int, default=0, metavar="N")
    args = parser.parse_args()
    truth = json.loads((args.folder / "ground_truth.json").read_text())
    strata(truth)
    check_file(truth)
    if args.render:
        check_pictures(args.folder, truth, args.render)


if __name__ == "__main__":
    main()
