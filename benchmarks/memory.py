"""Memory over an hour of video: ``python benchmarks/memory.py [--minutes 60] [--every 30] [--networks default]``.

Renders two people for two seconds (extra ``synth``), makes a video of that length of it by repeating its packets, and
runs ``people3d predict`` on it with tracks, offline smoothing, people3d.json and the overlay video. Each frame is
decoded, each ``every``-th goes through detector and networks. Prints the resident memory after every minute of video.

With ``--networks trivial`` detector and networks cost nothing (two people in each frame, whose tracks end and begin
every ten seconds), so that many more frames go through all the rest: tracks, filters, results, drawing, encoding.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from people3d.commands import predict
from people3d.predictor import Predictor
from people3d.runtime import PoseOutput, RootOutput
from people3d.skeleton import SKELETONS

WIDTH, HEIGHT, FPS = 320, 240, 25
CLIP_FRAMES = 49  # shares no factor with 25 or 30, so that each 30th frame of the repeated clip is another one
PAGE_BYTES = 4096


class TrivialNetworks:
    """Everybody upright in the middle of his crop at 1.1·k, with noise."""

    crop_size, skeleton = 64, SKELETONS["muco21"]
    info: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def detector_path(self) -> Path:
        raise ValueError("expected the trivial detector")

    def root(self, crops: np.ndarray, k: np.ndarray) -> RootOutput:
        depth = 1.1 * k * self.rng.normal(1, 0.03, len(k))
        return RootOutput(np.stack([np.full(len(k), 0.5), np.full(len(k), 0.5), depth], 1), None)

    def pose(self, crops: np.ndarray, flip_test: bool = False) -> PoseOutput:
        noise = self.rng.normal(0, [0.01, 0.01, 20], (len(crops), len(self.skeleton), 3))
        return PoseOutput(np.linspace([0.4, 0.2, -50], [0.6, 0.8, 50], len(self.skeleton)) + noise, None)


class TrivialDetector:
    """Two people, who are gone for two seconds of every ten."""

    def __init__(self, fps: float) -> None:
        self.fps, self.frame = fps, 0

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        second = self.frame / self.fps
        self.frame += 1
        if second % 10 > 8:
            return np.zeros((0, 4)), np.zeros(0)
        shift = 25 * np.sin(second)
        return np.array([[50 + shift, 40, 125 + shift, 225], [190 - shift, 50, 250 - shift, 210]]), np.array([0.9, 0.8])


def repeat(clip: Path, path: Path, frames: int) -> None:
    """A video of so many frames: the clip, encoded once and its packets written again and again."""
    import av

    packets: list[tuple[bytes, bool]] = []
    with av.open(str(clip)) as source, av.open(str(path), "w") as container:
        # Without B frames packets are in the order of their times, so the next round can follow the last packet.
        options = {"preset": "ultrafast", "crf": "30", "bf": "0", "g": "250"}
        stream: Any = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i, frame in enumerate(source.decode(video=0)):
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            packets += [(bytes(p), p.is_keyframe) for p in stream.encode(frame)]
        packets += [(bytes(p), p.is_keyframe) for p in stream.encode()]
        for i in range(frames):
            data, key = packets[i % len(packets)]
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, FPS), key
            packet.pts = packet.dts = i
            packet.duration = 1
            container.mux(packet)


def render(path: Path) -> None:
    """Two people, rendered in a process of its own, whose memory is not that of ``predict``."""
    options = f"--frames {CLIP_FRAMES} --fps {FPS} --people 2-2 --size {WIDTH}x{HEIGHT} --seed 12".split()
    code = "import sys; from people3d.cli import main; sys.exit(main())"
    subprocess.run([sys.executable, "-c", code, "synthesize", "--output", str(path), *options], check=True)


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20


def main(
    minutes: int = 60,
    every: int = 30,
    networks: Literal["default", "trivial"] = "default",
    save: tuple[str, ...] = ("json", "video"),
) -> None:
    """Args:
    minutes: of video.
    every: one frame in so many goes through the networks, as ``people3d predict --every``; at most a minute's.
    networks: the default weights and their detector, or trivial ones.
    save: as of ``people3d predict``.
    """
    frames, minute = minutes * 60 * FPS, 60 * FPS
    rows: list[float] = []
    seen = people = 0

    class Watched(Predictor):
        def __call__(self, *args: Any, **options: Any) -> Any:
            nonlocal seen, people
            found = super().__call__(*args, **options)
            before, seen, people = seen, seen + 1, people + len(found)
            if seen * every // minute > before * every // minute:
                rows.append(resident_mib())
                print(f"| {seen * every // minute} | {rows[-1]:.1f} | {seen} | {people} |", flush=True)
            return found

    def trivial(**options: Any) -> Predictor:
        return Watched(TrivialNetworks(), TrivialDetector(FPS / every))

    with tempfile.TemporaryDirectory() as folder:
        clip, video, output = (Path(folder) / name for name in ("clip.mp4", "hour.mp4", "out"))
        render(clip)
        repeat(clip, video, frames)
        print(f"{frames} frames of {WIDTH} x {HEIGHT}, each {every}th through the {networks} networks\n")
        print("| minute of the video | resident, MiB | frames so far | people so far |\n|---|---|---|---|", flush=True)
        start = time.monotonic()
        predict.Predictor = trivial if networks == "trivial" else Watched  # pyright: ignore
        code = predict.main([str(video), "--output", str(output), "--every", str(every), "--save", *save])
        spent, after = time.monotonic() - start, resident_mib()
        print(f"\nexit code {code} after {spent:.0f} s; {seen} frames, {people} people")
        print(
            f"resident, MiB: {rows[0]:.1f} after the first minute, {rows[-1]:.1f} after the last, {max(rows):.1f} at "
            f"most, {after:.1f} when all was written"
        )
        for file in sorted(output.iterdir()):
            print(f"{file.name}: {file.stat().st_size / 2**20:.1f} MiB")
        if "json" in save:
            rows_written = json.loads((output / "people3d.json").read_text())["annotations"]
            print(f"tracks: {len({row.get('track_id') for row in rows_written} - {None})}")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
