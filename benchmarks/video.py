"""Tracks and smoothing on videos whose truth is known: id switches and jitter, with and without.

    python benchmarks/video.py clips [--clips N] [--frames N]       synthetic videos through the whole of people3d
    python benchmarks/video.py clips --sweep                        and other parameters of the 1€ filter
    python benchmarks/video.py crossings [--runs N]                 people who cross, without networks

`clips` needs the extras ``synth`` and ``video``; the networks run once, everything else on what they found. Jitter is
the mean length of the second difference over consecutive frames, in mm/frame²: of the root along the line of sight, of
all joints, and of the truth itself. A filter that lags shows in MPJPE and MRPE. `crossings` makes up two to five people
who walk to and fro, of whom the detector misses those who are mostly hidden; boxes have an error of 3 %, depths one of
8 %. Both print a table in Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import tyro
from scipy.optimize import linear_sum_assignment

from people3d.camera import Camera
from people3d.people import SEEN, People
from people3d.predictor import Predictor
from people3d.skeleton import SKELETONS, convert
from people3d.track import ONE_EURO, Tracker, smooth
from people3d.video import Frame

FPS = 25.0
HALF = np.array([250, 900, 0])  # of a body, mm
MUCO = SKELETONS["muco21"]
ROOT = MUCO.root
SWEEP = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Truth:
    """Everybody who is there in one frame: (N, 4) boxes, (N, 21, 3) joints, (N,) bool: can be seen."""

    boxes_xyxy: np.ndarray
    joints_cam_mm: np.ndarray
    visible: np.ndarray


Videos = list[tuple[list[Truth], list[People]]]


@dataclass(frozen=True)
class Clips:
    """Synthetic videos through detector, networks, tracker and smoothing."""

    clips: int = 4
    """how many"""
    frames: int = 75
    """of each, 25 a second"""
    seed: int = 100
    """of the first"""
    sweep: bool = False
    """also try other parameters of the 1€ filter"""


@dataclass(frozen=True)
class Crossings:
    """People who cross, made up without pictures."""

    runs: int = 40
    """how many scenes, of 10 seconds each"""


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, M) intersection over union of xyxy boxes."""
    size = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    shared = size.prod(-1)
    areas = [(x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b)]
    return shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9)


def switches(truth: Sequence[Truth], found: Sequence[People]) -> tuple[int, int]:
    """How often somebody's number changes (as in CLEAR MOT, at an overlap of 0.5), and how many numbers there are."""
    number: dict[int, int] = {}
    changed, used = 0, set()
    for there, people in zip(truth, found, strict=True):
        ids = people.track_ids if people.track_ids is not None else np.zeros(len(people), int)
        tracked = np.flatnonzero(ids > 0)
        seen = np.flatnonzero(there.visible)
        shared = overlaps(there.boxes_xyxy[seen], people.boxes_xyxy[tracked])
        for i, j in zip(*linear_sum_assignment(-shared), strict=True):
            if shared[i, j] >= 0.5:
                person, track_id = int(seen[i]), int(ids[tracked[j]])
                changed += number.get(person, track_id) != track_id
                number[person] = track_id
                used.add(track_id)
    return changed, len(used)


def matched(truth: Sequence[Truth], found: Sequence[People]) -> np.ndarray:
    """(frames, people, 2, 21, 3): the true joints and those of whoever overlaps most, NaN where nobody does."""
    out = np.full((len(truth), len(truth[0].visible), 2, len(MUCO), 3), np.nan)
    for t, (there, people) in enumerate(zip(truth, found, strict=True)):
        shared = overlaps(there.boxes_xyxy, people.boxes_xyxy) * there.visible[:, None]
        for i, j in zip(*linear_sum_assignment(-shared), strict=True):
            if shared[i, j] >= 0.5:
                out[t, i] = there.joints_cam_mm[i], people.joints_cam_mm[j]
    return out


def jitter(places: np.ndarray) -> float:
    """Mean length of the second difference of (frames, ..., D) over all that is there three times in a row."""
    second = places[2:] - 2 * places[1:-1] + places[:-2]
    return float(np.nanmean(np.linalg.norm(second, axis=-1)))


def tracked(
    raw: Sequence[People],
    method: str,
    causal: bool = False,
    use_depth: bool = True,
    fill: bool = True,
    one_euro: Mapping[str, tuple[float, float]] = ONE_EURO,
) -> list[People]:
    def stream() -> Iterator[tuple[Frame, People]]:
        tracker = Tracker(FPS, use_depth=use_depth)
        for i, people in enumerate(raw):
            yield Frame(None, i, i / FPS, f"#{i}"), tracker(people, i / FPS)

    return [people for _, people in smooth(stream(), method, causal, 0.5 if fill else 0.0, one_euro)]


WAYS: dict[str, Callable[[Sequence[People]], Sequence[People]]] = {
    "frame by frame": lambda raw: raw,
    "tracks, not smoothed": lambda raw: tracked(raw, "none"),
    "1€, offline": lambda raw: tracked(raw, "one-euro"),
    "1€, causal": lambda raw: tracked(raw, "one-euro", causal=True),
    "Savitzky-Golay, offline": lambda raw: tracked(raw, "savgol"),
    "Savitzky-Golay, causal": lambda raw: tracked(raw, "savgol", causal=True),
}


def run_clips(config: Clips) -> None:
    from people3d.synth.clip import clip

    predictor = Predictor()
    videos: Videos = []
    for k in range(config.clips):
        truth, raw = [], []
        for scene in clip(config.seed + k, frames=config.frames, fps=FPS, people=(2, 4)):
            joints, _ = convert(scene.joints_cam_mm, scene.skeleton, MUCO)
            visible = np.array([scene.mask(i).sum() > 600 for i in range(len(scene))])
            truth.append(Truth(scene.boxes_xyxy, joints, visible))
            raw.append(predictor(np.ascontiguousarray(scene.image), scene.camera))
        if truth[0].visible.size:
            videos.append((truth, raw))
    people = sum(len(truth[0].visible) for truth, _ in videos)
    print(f"{len(videos)} videos of {config.frames} frames, {people} people\n")
    print("| | found | id switches | numbers | depth jitter | joint jitter | MPJPE about the root, mm | MRPE, mm |")
    print("|---|---|---|---|---|---|---|---|")
    for name, way in WAYS.items():
        got = measured(videos, way)
        ids, used = (got.switches, got.numbers) if name != "frame by frame" else ("–", "–")
        print(
            f"| {name} | {got.found:.1%} | {ids} | {used} | {got.depth_jitter:.1f} | {got.joint_jitter:.1f} "
            f"| {got.mpjpe_mm:.1f} | {got.mrpe_mm:.0f} |"
        )
    true = [
        np.where(there.visible[:, None, None], there.joints_cam_mm, np.nan) for truth, _ in videos for there in truth
    ]
    true = [np.stack(true[i : i + config.frames]) for i in range(0, len(true), config.frames)]
    depth, joints = _mean(lambda a: jitter(a[:, :, ROOT, 2:]), true), _mean(jitter, true)
    print(f"| the truth itself | | | {people} | {depth:.1f} | {joints:.1f} | | |")
    if config.sweep:
        run_sweep(videos)


@dataclass(frozen=True)
class Measured:
    """Of all videos: share of people found, id switches, numbers used, jitter in mm/frame² and errors in mm."""

    found: float
    switches: int
    numbers: int
    depth_jitter: float
    joint_jitter: float
    mpjpe_mm: float
    mrpe_mm: float


def measured(videos: Videos, way: Callable[[Sequence[People]], Sequence[People]]) -> Measured:
    rows, changed, numbers = [], 0, 0
    for truth, raw in videos:
        found = way(raw)
        rows.append(matched(truth, found))
        more, used = switches(truth, found)
        changed, numbers = changed + more, numbers + used
    share = np.mean(np.concatenate([np.isfinite(r[:, :, 1, 0, 0]).ravel() for r in rows]))
    got = [r[:, :, 1] for r in rows]
    errors = [r[:, :, 1] - r[:, :, 0] for r in rows]
    mrpe = np.nanmean(np.concatenate([np.linalg.norm(e[:, :, ROOT], axis=-1).ravel() for e in errors]))
    pose = np.nanmean(np.concatenate([np.linalg.norm(e - e[:, :, [ROOT]], axis=-1).ravel() for e in errors]))
    depth = _mean(lambda a: jitter(a[:, :, ROOT, 2:]), got)
    return Measured(float(share), changed, numbers, depth, _mean(jitter, got), float(pose), float(mrpe))


def run_sweep(videos: Videos) -> None:
    """The parameters of all three kinds of values, times a factor each."""
    for causal in (False, True):
        print(f"\n1€, {'causal' if causal else 'offline'}: cutoffs at rest times the row's factor, betas the column's")
        print("(depth jitter / joint jitter / MPJPE / MRPE)\n")
        print("| cutoff \\ beta | " + " | ".join(f"×{beta:g}" for beta in SWEEP) + " |")
        print("|---" * (1 + len(SWEEP)) + "|")
        for cutoff in SWEEP:
            cells = []
            for beta in SWEEP:
                values = {part: (c * cutoff, b * beta) for part, (c, b) in ONE_EURO.items()}
                got = measured(videos, partial(tracked, method="one-euro", causal=causal, one_euro=values))
                cells.append(
                    f"{got.depth_jitter:.1f} / {got.joint_jitter:.1f} / {got.mpjpe_mm:.1f} / {got.mrpe_mm:.0f}"
                )
            print(f"| ×{cutoff:g} | " + " | ".join(cells) + " |")


def _mean(measure: Callable[[np.ndarray], float], arrays: list[np.ndarray]) -> float:
    return float(np.mean([measure(a) for a in arrays]))


def crossing(rng: np.random.Generator, frames: int = 250) -> tuple[list[Truth], list[People]]:
    """People of 1.7 m who walk to and fro at their own depths; whom nearer ones hide by more than half is not found."""
    camera, count = Camera.default(640, 480), int(rng.integers(2, 6))
    depth = rng.uniform(2500, 7000, count)
    walk = rng.uniform(0.2, 0.8, count)  # metres a second, to the turning point and back
    phase, reach = rng.uniform(0, 2, count), rng.uniform(0.5, 1, count)
    pose = rng.normal(0, [120, 350, 80], (count, len(MUCO), 3))
    pose[:, ROOT] = 0
    truth, found = [], []
    for t in range(frames):
        swing = np.abs((phase + walk * t / FPS) % 2 - 1) * 2 - 1  # a triangle wave
        x = swing * reach * 0.45 * depth * 640 / camera.fx
        roots = np.stack([x, np.full(count, 100.0), depth + 300 * np.sin(phase + t / FPS / 2)], 1)
        joints = roots[:, None] + pose
        boxes = np.concatenate([camera.project(roots - HALF), camera.project(roots + HALF)], 1)
        nearer = roots[None, :, 2] < roots[:, None, 2]
        size = np.clip(
            np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2]),
            0,
            None,
        )
        hidden = (size.prod(-1) * nearer / (boxes[:, 2:] - boxes[:, :2]).prod(-1)[:, None]).max(1)
        visible = hidden < 0.5
        truth.append(Truth(boxes, joints, visible))
        seen = np.flatnonzero(visible & (rng.random(count) > 0.03))
        rng.shuffle(seen)
        noise = np.exp(rng.normal(0, 0.08, (len(seen), 1)))
        sides = boxes[seen, 2:] - boxes[seen, :2]
        roots_found = roots[seen] * noise
        joints_found = joints[seen] + roots_found[:, None] - roots[seen][:, None]
        found.append(
            People(
                boxes_xyxy=boxes[seen] + rng.normal(0, 0.03, (len(seen), 4)) * np.tile(sides, 2),
                scores=np.full(len(seen), 0.9),
                joints_cam_mm=joints_found,
                joints_px=camera.project(joints_found),
                joint_flags=np.full((len(seen), len(MUCO)), SEEN, np.uint8),
                root_cam_mm=roots_found,
                skeleton=MUCO,
                camera=camera,
                width=640,
                height=480,
            )
        )
    return truth, found


def run_crossings(config: Crossings) -> None:
    scenes = [crossing(np.random.default_rng(k)) for k in range(config.runs)]
    people = sum(len(truth[0].visible) for truth, _ in scenes)
    print(f"{config.runs} scenes of 10 s, {people} people\n\n| | id switches | numbers |\n|---|---|---|")
    for name, use_depth in (("overlap of boxes alone", False), ("with distance in space where boxes cross", True)):
        results = [switches(truth, tracked(raw, "none", True, use_depth)) for truth, raw in scenes]
        print(f"| {name} | {sum(r[0] for r in results)} | {sum(r[1] for r in results)} |")


def main(
    command: Annotated[
        Annotated[Clips, tyro.conf.subcommand("clips")] | Annotated[Crossings, tyro.conf.subcommand("crossings")],
        tyro.conf.arg(name=""),
    ],
) -> None:
    run_clips(command) if isinstance(command, Clips) else run_crossings(command)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
