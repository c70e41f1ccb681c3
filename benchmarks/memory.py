"""Memory over an hour of video: ``python benchmarks/memory.py [--minutes 60] [--fps 5]``.

Makes a video of that length (PyAV, small frames, a square that moves) and runs ``people3d predict`` on it with tracks,
offline smoothing, people3d.json and the overlay video. Detector and networks are trivial (two people in each frame,
whose tracks end and begin every ten seconds), so that everything else is what is measured: decoding, reading ahead,
tracks, filters, results, drawing, encoding. Prints a table of the resident memory over the time of the video.
"""

from __future__ import annotations

import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from people3d.commands import predict
from people3d.predictor import Predictor
from people3d.runtime import PoseOutput, RootOutput
from people3d.skeleton import SKELETONS

WIDTH, HEIGHT = 128, 96
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
        shift = 10 * np.sin(second)
        return np.array([[20 + shift, 15, 50 + shift, 90], [75 - shift, 20, 100 - shift, 85]]), np.array([0.9, 0.8])


def write_video(path: Path, minutes: float, fps: int) -> int:
    """Gives the number of frames."""
    import av

    frames = round(minutes * 60 * fps)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=Fraction(fps), options={"preset": "ultrafast", "g": "250"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for i in range(frames):
            image[:] = 60
            image[30:60, i % WIDTH : i % WIDTH + 20] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return frames


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20


def main(minutes: float = 60, fps: int = 5, rows: int = 12, save: tuple[str, ...] = ("json", "video")) -> None:
    """Args:
    minutes: of video.
    fps: frames a second.
    rows: of the table.
    save: as of ``people3d predict``.
    """
    with tempfile.TemporaryDirectory() as folder:
        video, seen = Path(folder) / "hour.mp4", 0
        frames = write_video(video, minutes, fps)
        start = time.monotonic()
        print(f"{frames} frames of {WIDTH} x {HEIGHT}, {' and '.join(save)}\n", flush=True)
        print("| minute of the video | resident, MiB | people so far |\n|---|---|---|", flush=True)
        people = 0

        class Watched(Predictor):
            def __call__(self, *args: Any, **options: Any) -> Any:
                nonlocal seen, people
                found = super().__call__(*args, **options)
                seen, people = seen + 1, people + len(found)
                if seen % (frames // rows) == 0 or seen == fps * 60:
                    print(f"| {seen / fps / 60:.1f} | {resident_mib():.1f} | {people} |", flush=True)
                return found

        detector = TrivialDetector(fps)
        predict.Predictor = lambda **options: Watched(TrivialNetworks(), detector)  # pyright: ignore
        code = predict.main([str(video), "--output", str(Path(folder) / "out"), "--save", *save])
        size = (Path(folder) / "out" / "people3d.json").stat().st_size / 2**20
        print(
            f"\nexit code {code}; people3d.json {size:.0f} MiB; {time.monotonic() - start:.0f} s; "
            f"resident after all {resident_mib():.1f} MiB"
        )


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
