"""Images per second of the training's loader, of one that works as the released code's, and of the networks.

    python benchmarks/loader.py [--size W H] [--files N] [--crop PX] [--batches N] [--threads N] [--clock cpu]

Both loaders learn from the same generated JPEG files, one person in each, with the released code's augmentation, and
give normalised float batches. The released way, for every sample: decode the whole picture, copy it, occlude and mirror
the whole of it, warp the person's box out of it. Ours: the boxes are cut once into a pack (timed as well), every sample
is warped from there. ``--clock cpu`` counts the processor's seconds on a machine that is busy. Prints Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch

from people3d.crop import crop_affine, extend_boxes
from people3d.data.mixture import Mixture
from people3d.data.pack import Pack, Person, write_pack
from people3d.models import PoseNet, RootNet
from people3d.skeleton import get_skeleton
from people3d.sources import read_image
from people3d.train.crop_task import IMAGENET_MEAN, IMAGENET_STD, to_input
from people3d.train.recipes import CROP_RECIPES
from people3d.train.recipes.paper import RELEASED_POSE_AUGMENTATION

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
BATCH = 32
MUCO = get_skeleton("muco21")


def generate(folder: Path, count: int, width: int, height: int) -> list[dict]:
    """JPEG files of blurred noise, as detailed as photographs, with a person's box and joints made up for each."""
    rng = np.random.default_rng(0)
    samples = []
    for n in range(count):
        picture = np.zeros((height, width, 3), np.float32)
        for octave in range(2, 8):
            noise = rng.random((height // 2**octave + 2, width // 2**octave + 2, 3), np.float32)
            picture += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) / 2 ** (8 - octave)
        picture += rng.normal(0, 0.01, picture.shape)
        picture = np.clip(255 * (picture / picture.max()), 0, 255).astype(np.uint8)
        path = folder / f"{n:05d}.jpg"
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
        h = rng.uniform(0.4, 0.8) * height
        w = rng.uniform(0.3, 0.6) * h
        box = np.array([rng.uniform(0, width - w), rng.uniform(0, height - h), w, h])
        joints = np.concatenate([box[:2] + rng.random((len(MUCO), 2)) * box[2:], rng.normal(0, 200, (len(MUCO), 1))], 1)
        samples.append({"path": path, "box": box, "joints": joints})
    return samples


def released_way(sample: dict, crop: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One sample with everything done on the whole picture: (3, S, S) float32 and (J, 3)."""
    decoded = cv2.imread(str(sample["path"]), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert decoded is not None
    picture = decoded.copy()
    joints, box = sample["joints"].copy(), extend_boxes(sample["box"])[0]
    if rng.random() < 0.5:
        while True:
            area = rng.uniform(0, 0.7) * box[2] * box[3]
            ratio = rng.uniform(0.3, 1 / 0.3)
            h, w = int(np.sqrt(area * ratio)), int(np.sqrt(area / ratio))
            x, y = int(rng.uniform(box[0], box[0] + box[2])), int(rng.uniform(box[1], box[1] + box[3]))
            if x >= 0 and y >= 0 and x + w < picture.shape[1] and y + h < picture.shape[0]:
                picture[y : y + h, x : x + w] = rng.random((h, w, 3)) * 255
                break
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
        box[0] = picture.shape[1] - box[0] - box[2]
        joints[:, 0] = picture.shape[1] - joints[:, 0] - 1
        joints = joints[MUCO.mirror]
    scale = 1 + 0.25 * np.clip(rng.standard_normal(), -1, 1)
    rotation = 30 * np.clip(rng.standard_normal(), -2, 2) if rng.random() < 0.6 else 0.0
    affine = crop_affine(box, crop, rotation, scale)
    patch = cv2.warpAffine(picture, affine, (crop, crop), flags=cv2.INTER_LINEAR)[:, :, ::-1].astype(np.float32)
    for channel in range(3):
        patch[:, :, channel] = np.clip(patch[:, :, channel] * rng.uniform(0.8, 1.2), 0, 255)
    for joint in joints:
        joint[:2] = affine @ [joint[0], joint[1], 1]
    tensor = (patch.transpose(2, 0, 1) - np.reshape(IMAGENET_MEAN, (3, 1, 1))) / np.reshape(IMAGENET_STD, (3, 1, 1))
    return tensor.astype(np.float32), joints


def released_batch(samples: list[dict], step: int, crop: int) -> np.ndarray:
    rng = np.random.default_rng(step)
    rows = [released_way(samples[rng.integers(len(samples))], crop, rng) for _ in range(BATCH)]
    return np.stack([image for image, _ in rows])


def people(samples: list[dict]) -> Iterator[Person]:
    """The same samples as an adapter yields them."""
    ones = np.ones(len(MUCO))
    for sample in samples:
        image = read_image(sample["path"]).rgb
        yield Person(image, sample["box"], sample["joints"][:, :2], sample["joints"][:, 2], ones, ones, 3.0)


def rate(make: Callable[[int], object], batches: int, threads: int, clock: Callable[[], float]) -> float:
    """Images a second over ``batches`` batches, after one to warm up."""
    make(0)
    began = clock()
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(make, step) for step in range(1, batches + 1)]:
            future.result()
    return batches * BATCH / (clock() - began)


def network_rate(network: PoseNet | RootNet, crop: int, batches: int, clock: Callable[[], float]) -> float:
    """Images a second that a network learns from: forward, backward, Adam."""
    network.train().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad])
    images = torch.randn(BATCH, 3, crop, crop).contiguous(memory_format=torch.channels_last)
    inputs = (images,) if isinstance(network, PoseNet) else (images, torch.full((BATCH,), 3000.0))

    def step(_: int) -> None:
        optimizer.zero_grad(set_to_none=True)
        network(*inputs).square().mean().backward()
        optimizer.step()

    return rate(step, batches, 1, clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(1000, 1002), help="px of the pictures: Human3.6M's")
    parser.add_argument("--files", type=int, default=64)
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--paper", action="store_true", help="also the paper's ResNet-50 PoseNet, which takes long")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    clock, crop = CLOCKS[options.clock], options.crop
    width, height = options.size
    with tempfile.TemporaryDirectory() as folder:
        samples = generate(Path(folder), options.files, width, height)
        began = clock()
        write_pack(Path(folder) / "pack", people(samples), len(samples))
        packing = len(samples) / (clock() - began)
        mixture = Mixture((Pack.load(Path(folder) / "pack"),), (1.0,), MUCO, RELEASED_POSE_AUGMENTATION)
        ours = rate(
            lambda step: to_input(mixture.batch(step, BATCH, crop).images, torch.device("cpu")),
            4 * options.batches, options.threads, clock,
        )  # fmt: skip
        theirs = rate(lambda step: released_batch(samples, step, crop), options.batches, options.threads, clock)
    recipes = {name: recipes["mixed"] for name, recipes in CROP_RECIPES.items()}
    networks: dict[str, PoseNet | RootNet] = {
        "RootNet (`mixed`)": RootNet(**recipes["rootnet"].model),
        "PoseNet (`mixed`)": PoseNet(**recipes["posenet"].model),
    }
    for network, kind in zip(networks.values(), ("rootnet", "posenet"), strict=True):
        network.backbone.freeze(recipes[kind].frozen_blocks)  # type: ignore[union-attr]
    if options.paper:
        networks["PoseNet (paper)"] = PoseNet()
    print(f"| {width} × {height} px, crops of {crop} px, {options.threads} thread(s), {options.clock} | images/s |")
    print("| --- | --- |")
    print(f"| loader, the released way | {theirs:.0f} |")
    print(f"| loader, ours, from packs | {ours:.0f} ({ours / theirs:.1f} ×) |")
    print(f"| packing, once | {packing:.0f} |")
    for name, network in networks.items():
        learned = network_rate(network, crop, max(1, options.batches // 4), clock)
        print(f"| training {name} | {learned:.1f} (our loader: {ours / learned:.1f} ×) |")


if __name__ == "__main__":
    main()
