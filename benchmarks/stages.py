"""Seconds per stage for 1 and for 5 people: onnxruntime beside the same networks in plain torch eager.

    python benchmarks/stages.py [--weights NAME|DIR] [--image FILE] [--threads N] [--repeats N] [--clock cpu]

Prints a table in Markdown; needs the extra ``train`` for torch. Both runtimes get the same threads and take turns; a
figure is the fastest of the repeats, the one least disturbed by other work, after one round to warm up. On a machine
that is busy all the time, ``--clock cpu`` counts the seconds that this process was given, summed over its threads.
Torch's networks have random weights where the entry keeps no torch state: that changes no time.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from people3d.camera import Camera, k_value
from people3d.crop import crop_affine, crop_boxes, warp_crop
from people3d.detect.default import OnnxDetector
from people3d.detect.views import View, look
from people3d.lift import lift_joints, lift_root
from people3d.models import PoseNet, RootNet
from people3d.models.detector import DetectorGraph, PersonDetector
from people3d.runtime import Entry, Weights, load_weights
from people3d.runtime.graphs import INPUTS, build_graph
from people3d.sources import read_image

PEOPLE = (1, 5)
STAGES = ("detect", "crop", "root", "pose", "lift")
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Stage = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def onnx_stages(weights: Weights, detector: OnnxDetector) -> dict[str, Stage]:
    """detect, root and pose as the predictor runs them."""
    return {
        "detect": lambda d: {"boxes": detector(d["image"])[0]},
        "root": lambda d: {"root": weights.root(d["crops"], d["k"]).root},
        "pose": lambda d: {"joints": weights.pose(d["crops"]).joints},
    }


def torch_stages(weights: Weights, views: Sequence[View]) -> dict[str, Stage]:
    """The same networks, pre- and postprocessing included, by torch eager."""

    def graph(entry: Entry, kind: str) -> torch.nn.Module:
        network = entry.network(kind)
        if network.state_file is not None:
            state = torch.load(entry.verified_path(kind, state=True), weights_only=True)
        else:
            state = {"rootnet": RootNet, "posenet": PoseNet}[kind](**network.arguments).state_dict()
        return build_graph(kind, network.arguments, network.preprocessing, state)

    root, pose = graph(weights.entry, "rootnet"), graph(weights.entry, "posenet")
    assert weights.detector_entry is not None
    detector_network = weights.detector_entry.network("detector")
    detector = DetectorGraph(PersonDetector(**detector_network.arguments)).eval()

    def run(network: torch.nn.Module, *arrays: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [output.numpy() for output in network(*(torch.from_numpy(a) for a in arrays))]

    def detect(d: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        def candidates(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            boxes, scores = run(detector, images)
            return boxes, scores

        return {"boxes": look(candidates, d["image"], views, 0.5)[0]}

    assert INPUTS["rootnet"] == ("crops", "k")
    return {
        "detect": detect,
        "root": lambda d: {"root": run(root, d["crops"], d["k"])[0]},
        "pose": lambda d: {"joints": run(pose, d["crops"])[0]},
    }


def one_run(
    networks: dict[str, Stage], image: np.ndarray, boxes_xywh: np.ndarray, size: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Seconds of each stage for the people in ``boxes_xywh`` (given, so that their number is known)."""
    height, width = image.shape[:2]
    camera = Camera.default(width, height)
    data: dict[str, np.ndarray] = {"image": image}
    seconds = {}

    def crop(d: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        boxes, _ = crop_boxes(boxes_xywh, width, height)
        crops = np.stack([warp_crop(image, crop_affine(box, size), size) for box in boxes])
        return {"crop_boxes": boxes, "crops": crops, "k": k_value(boxes[:, 2], camera.fx, camera.fy).astype(np.float32)}

    def lift(d: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        lift_root(d["root"], d["crop_boxes"], camera)
        return {"joints_cam_mm": lift_joints(d["joints"], d["crop_boxes"], d["root"][:, 2], camera)[1]}

    stages = networks | {"crop": crop, "lift": lift}
    for name in STAGES:
        start = clock()
        data |= stages[name](data)
        seconds[name] = clock() - start
    return seconds


def boxes_of(count: int, width: int, height: int) -> np.ndarray:
    """``count`` tight boxes xywh of standing people, side by side."""
    w, h = 0.9 * width / max(PEOPLE), 0.7 * height
    return np.array([[(i + 0.05) * width / max(PEOPLE), 0.2 * height, w, h] for i in range(count)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", default="default", help="name or folder of the weights")
    parser.add_argument("--image", type=Path, help="photograph; 640 x 480 px of noise if not given")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    image = noise if options.image is None else read_image(options.image).rgb
    weights = load_weights(options.weights, device="cpu", threads=options.threads)
    detector = OnnxDetector(weights.detector_path(), device="cpu", threads=options.threads)
    runtimes = {"onnxruntime": onnx_stages(weights, detector), "torch eager": torch_stages(weights, detector.views)}

    times: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    for repeat in range(options.repeats + 1):
        for people in PEOPLE:
            for runtime, networks in runtimes.items():
                boxes = boxes_of(people, image.shape[1], image.shape[0])
                seconds = one_run(networks, image, boxes, weights.crop_size, CLOCKS[options.clock])
                for name, value in (seconds | {"all": sum(seconds.values())}).items():
                    if repeat:
                        times[people, name, runtime].append(value)

    height, width = image.shape[:2]
    print(
        f"{weights.name}, {width} x {height} px, crops of {weights.crop_size} px, {options.threads} threads, ", end=""
    )
    print(f"torch {torch.__version__}, {options.clock} clock, fastest of {options.repeats}\n")
    print("| people | stage | onnxruntime, s | torch eager, s | torch / onnxruntime |\n| --- | --- | --- | --- | --- |")
    for people in PEOPLE:
        for name in (*STAGES, "all"):
            ours, theirs = (min(times[people, name, runtime]) for runtime in runtimes)
            ratio = "" if name in ("crop", "lift") else f"{theirs / ours:.2f}"  # the same code in both
            print(f"| {people} | {name} | {ours:.4f} | {theirs:.4f} | {ratio} |")


if __name__ == "__main__":
    main()
