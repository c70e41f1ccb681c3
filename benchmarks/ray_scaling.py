"""From one worker to more of ``people3d predict --engine ray`` on this machine: ``python benchmarks/ray_scaling.py``.

The same pictures (the demo's scene, turned a little) go through one worker and then through two, each with one thread,
into outputs of their own. Printed are the pictures a second of the whole command, start and merging included, and those
while the shards are being made: the pictures of all shards but the first, by the times at which the files appear.
Run it on a machine that does nothing else and has a processor a worker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tyro
from PIL import Image

DEMO = Path(__file__).parents[1] / "examples" / "demo.jpg"


def main(pictures: int = 96, shard_size: int = 4, workers: tuple[int, ...] = (1, 2), repeats: int = 1) -> None:
    """Args:
    pictures: how many.
    shard_size: pictures in a shard.
    workers: how many at once, in turn.
    repeats: of each, of which the fastest counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        with Image.open(DEMO) as scene:
            for i in range(pictures):
                scene.rotate(i * 10 / pictures - 5).save(photos / f"{i:04d}.jpg", quality=90)
        print(f"{pictures} pictures of {scene.width} x {scene.height}, {shard_size} a shard\n")
        print("| workers | whole command, s | pictures a second | while shards are made | times one worker |")
        print("|---|---|---|---|---|")
        first = None
        for count in workers:
            runs = [_run(photos, Path(folder) / f"out{count}_{i}", count, shard_size) for i in range(repeats)]
            seconds, rate = min(s for s, _ in runs), max(r for _, r in runs)
            first = first or rate
            print(
                f"| {count} | {seconds:.0f} | {pictures / seconds:.2f} | {rate:.2f} | {rate / first:.2f} |", flush=True
            )


def _run(photos: Path, output: Path, workers: int, shard_size: int) -> tuple[float, float]:
    """Seconds of the whole command, and pictures a second between the first and the last shard."""
    options = ["--engine", "ray", "--workers", str(workers), "--shard-size", str(shard_size)]
    command = [sys.executable, "-m", "people3d", "predict", str(photos), "--output", str(output), *options]
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    times = sorted(path.stat().st_mtime for path in (output / "shards").glob("*.parquet"))
    # The first shard of each worker ends its start, and is left out.
    return seconds, shard_size * (len(times) - workers) / (times[-1] - times[workers - 1])


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
