"""MediaPipe Pose beside people3d: accuracy on frames with truth, and time on the same crops of one photograph.

    pip install mediapipe==0.10.21 onnxruntime tyro tqdm plotly pillow   # in an environment of its own
    PYTHONPATH=src python benchmarks/mediapipe_pose.py --frames SET/ground_truth.json ... --photo demo.json

MediaPipe 0.10.21 is the last release with a model in its wheel (``full``; it downloads the others). It wants
an older numpy than people3d is tested with, which is why it is no extra. Both see the same crops of the true boxes.
MediaPipe's landmarks are metric and about the middle of the hips, so that the twelve limb joints can be compared; it
says nothing about distance. They are compared as they are; and turned from the ray to the person to the camera's axes,
with the hips where people3d has them. The last column is the correlation, over people and limb joints, of MediaPipe's
errors in z with those of people3d.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from people3d import Predictor
from people3d.camera import Camera
from people3d.crop import crop_affine, crop_boxes, warp_crop
from people3d.evaluate.annotations import Annotations
from people3d.evaluate.inputs import open_ground_truth, pictures_of
from people3d.evaluate.metrics import mpjpe, pa_mpjpe
from people3d.hips import raised_hips
from people3d.runtime import load_weights
from people3d.skeleton import LIMB_JOINTS, Skeleton, convert
from people3d.sources import read_image

LIMBS = Skeleton("limbs", LIMB_JOINTS, (), 0)
HIPS = [LIMB_JOINTS.index("L_Hip"), LIMB_JOINTS.index("R_Hip")]
# MediaPipe's landmarks of our joints.
LANDMARKS = {"Shoulder": (11, 12), "Elbow": (13, 14), "Wrist": (15, 16), "Hip": (23, 24), "Knee": (25, 26)}
LANDMARKS["Ankle"] = (27, 28)
INDEX = [LANDMARKS[name[2:]][name[0] == "R"] for name in LIMB_JOINTS]
COMPLEXITY = {"lite": 0, "full": 1, "heavy": 2}
CROP_PX = 384
TURNED = ", turned to the ray, hips as ours"


def mediapipe_pose(model: str) -> Callable[[np.ndarray], np.ndarray | None]:
    """A crop (H, W, 3) uint8 → (12, 3) limb joints in mm about the middle of the hips, None where it finds nobody."""
    import mediapipe  # pyright: ignore[reportMissingImports]

    pose = mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=COMPLEXITY[model])

    def run(crop: np.ndarray) -> np.ndarray | None:
        found = pose.process(crop).pose_world_landmarks
        if found is None:
            return None
        return 1000 * np.array([[p.x, p.y, p.z] for p in (found.landmark[i] for i in INDEX)])

    return run


def about_hips(joints: np.ndarray) -> np.ndarray:
    """(N, 12, 3) limb joints relative to the middle of the hips."""
    return joints - joints[:, HIPS].mean(1, keepdims=True)


def turned_to_ray(joints: np.ndarray, camera: Camera, pixel: np.ndarray) -> np.ndarray:
    """(J, 3) joints whose z is along the ray through ``pixel`` (2,), in the axes of the camera."""
    ray = camera.unproject(pixel, 1.0)
    ray /= np.linalg.norm(ray)
    axis = np.cross([0.0, 0.0, 1.0], ray)
    sine = np.linalg.norm(axis)
    turn, _ = cv2.Rodrigues(axis / max(sine, 1e-12) * np.arcsin(sine))
    return joints @ turn.T


def crops_of(truth: Annotations, folder: Path) -> Iterator[tuple[dict, np.ndarray, np.ndarray, np.ndarray]]:
    """Image, picture, tight box xywh and crop box of every person."""
    for n, xywh in enumerate(truth.boxes_or_extent_xywh):
        image = truth.images[truth.image_index[n]]
        path = next(p for p in (folder / image["file_name"], folder.parent / image["file_name"]) if p.is_file())
        rgb = read_image(path).rgb
        yield image, rgb, xywh, crop_boxes(xywh[None], rgb.shape[1], rgb.shape[0])[0][0]


def accuracy(paths: list[Path], models: list[str], weights: str) -> None:
    """Prints a row a set and method."""
    predictor = Predictor(weights)
    peers = {f"MediaPipe {model}": mediapipe_pose(model) for model in models}
    print("| set | method | people | found | MPJPE, mm | PA-MPJPE with scale, mm | z errors like people3d's |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for path in paths:
        truth = open_ground_truth(path)
        true = convert(truth.joints_cam_mm, truth.skeleton, LIMBS)[0]
        found: dict[str, list[np.ndarray]] = {
            name: [] for name in ("people3d", *(peer + end for peer in peers for end in ("", TURNED)))
        }
        for image, rgb, xywh, box in crops_of(truth, pictures_of(path)):
            camera = Camera(*image["intrinsic"])
            people = predictor(rgb, camera, boxes=[[*xywh[:2], *(xywh[:2] + xywh[2:])]])
            found["people3d"].append(convert(people.joints_cam_mm, people.skeleton, LIMBS)[0][0])
            crop = warp_crop(rgb, crop_affine(box, CROP_PX), CROP_PX)
            for name, peer in peers.items():
                joints = peer(crop)
                joints = np.full((12, 3), np.nan) if joints is None else joints
                found[name].append(joints)
                turned = turned_to_ray(joints, camera, box[:2] + box[2:] / 2)
                found[name + TURNED].append(raised_hips(turned, LIMBS))
        t = about_hips(true)
        z_errors = {name: (about_hips(np.array(joints)) - t)[..., 2] for name, joints in found.items()}
        for name, joints in found.items():
            p = about_hips(np.array(joints))
            known = np.isfinite(p).all((1, 2))
            alike = np.corrcoef(z_errors[name][known].ravel(), z_errors["people3d"][known].ravel())[0, 1]
            print(
                f"| {path.parent.name} | {name} | {len(t)} | {known.sum()} | {mpjpe(p, t)[known].mean():.1f} | "
                f"{pa_mpjpe(p, t)[known].mean():.1f} | {'' if name == 'people3d' else f'{alike:.2f}'} |"
            )


def speed(path: Path, models: list[str], weights: str, threads: int, repeats: int) -> None:
    """Prints seconds for the people of one photograph: the whole chain of people3d, and MediaPipe on their crops."""
    truth = open_ground_truth(path)
    rows = list(crops_of(truth, path.parent))
    rgb = rows[0][1]
    networks = load_weights(weights, device="cpu", threads=threads).open()
    chain = Predictor(networks)
    boxes = np.array([[*xywh[:2], *(xywh[:2] + xywh[2:])] for _, _, xywh, _ in rows])
    crops = [warp_crop(rgb, crop_affine(box, CROP_PX), CROP_PX) for *_, box in rows]
    runs: dict[str, Callable[[], int]] = {
        "people3d, detector and all": lambda: len(chain(rgb)),
        "people3d, boxes given": lambda: len(chain(rgb, boxes=boxes)),
    }
    for model in models:
        pose = mediapipe_pose(model)
        runs[f"MediaPipe {model}, {len(crops)} crops"] = lambda pose=pose: sum(pose(c) is not None for c in crops)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    found = {}
    for repeat in range(repeats + 1):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            found[name] = run()
            if repeat:
                times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    print("\n| photograph | people found | seconds | processor seconds |\n| --- | ---: | ---: | ---: |")
    for name, both in times.items():
        wall, processor = np.min(both, axis=0)
        print(f"| {name} | {found[name]} | {wall:.3f} | {processor:.3f} |")
    print(f"\n{rgb.shape[1]} x {rgb.shape[0]} px, {threads} threads, fastest of {repeats}; cv2 {cv2.__version__}")
    print(f"weights: {json.dumps(networks.info)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=Path, nargs="*", default=[], help="ground truth files with 3D joints")
    parser.add_argument("--photo", type=Path, help="ground truth or boxes of one photograph, to time")
    parser.add_argument("--models", nargs="*", default=["full"], choices=COMPLEXITY)
    parser.add_argument("--weights", default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    if options.frames:
        accuracy(options.frames, options.models, options.weights)
    if options.photo:
        speed(options.photo, options.models, options.weights, options.threads, options.repeats)


if __name__ == "__main__":
    main()
