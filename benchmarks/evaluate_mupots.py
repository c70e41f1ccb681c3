"""Times ``people3d evaluate --protocol mupots`` on made-up files of MuPoTS-3D's full size, from JSON to the table.

    python benchmarks/evaluate_mupots.py

MuPoTS-3D has 20 sequences, 8,370 frames and 20,899 people. The files are made in a temporary folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from people3d.evaluate.inputs import open_ground_truth, open_predictions
from people3d.evaluate.protocols import mupots
from people3d.skeleton import SKELETONS

SEQUENCES, FRAMES, PEOPLE, FALSE_POSITIVES = 20, 8_370, 20_899, 3_000
FOCAL_PX, CENTRE_PX = 1500.0, 1024.0
CATEGORIES = [{"id": 1, "name": "person", "keypoints": list(SKELETONS["muco17"].joints)}]


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints the time taken, and the processor's own, which other jobs on the machine do not lengthen as much."""
    start, before = time.perf_counter(), os.times()
    yield
    after = os.times()
    processor = sum(after[:4]) - sum(before[:4])
    print(f"{what}: {time.perf_counter() - start:.1f} s, of the processor {processor:.1f} s")


def project(joints_mm: np.ndarray) -> np.ndarray:
    return FOCAL_PX * joints_mm[..., :2] / joints_mm[..., 2:] + CENTRE_PX


def make_files(folder: Path, rng: np.random.Generator) -> tuple[Path, Path]:
    """Predictions and ground truth, as people3d writes them."""
    images = [
        {"id": n, "file_name": f"TS{s}/img_{n:06d}.jpg", "sequence": f"TS{s}", "width": 2048, "height": 2048}
        for n, s in enumerate(np.sort(rng.integers(1, SEQUENCES + 1, FRAMES)).tolist())
    ]
    frame = np.sort(rng.integers(0, FRAMES, PEOPLE))
    root = rng.uniform([-2000, -500, 3000], [2000, 500, 7000], (PEOPLE, 1, 3))
    truth = root + rng.normal(0, 300, (PEOPLE, 17, 3))
    people = [
        {
            "id": n,
            "image_id": int(frame[n]),
            "category_id": 1,
            "is_valid": 1,
            "keypoints_img": px,
            "keypoints_cam": mm,
            "keypoints_univ": mm,
            "occluded": hidden,
        }
        for n, (px, mm, hidden) in enumerate(
            zip(
                project(truth).round(4).tolist(),
                truth.round(4).tolist(),
                rng.integers(0, 2, (PEOPLE, 17)).tolist(),
                strict=True,
            )
        )
    ]
    who = np.concatenate([np.arange(PEOPLE), rng.integers(0, PEOPLE, FALSE_POSITIVES)])
    pred = truth[who] + rng.normal(0, 80, (len(who), 17, 3)) + rng.normal(0, [50, 50, 200], (len(who), 1, 3))
    flagged = np.concatenate([project(pred), np.full((*pred.shape[:2], 1), 2)], -1).reshape(len(who), -1)
    predictions = [
        {"id": n, "image_id": int(frame[w]), "category_id": 1, "score": 1.0, "keypoints": px, "keypoints_cam": mm}
        for n, (w, px, mm) in enumerate(zip(who, flagged.round(4).tolist(), pred.round(4).tolist(), strict=True))
    ]
    paths = folder / "people3d.json", folder / "ground_truth.json"
    for path, rows in zip(paths, (predictions, people), strict=True):
        path.write_text(json.dumps({"images": images, "annotations": rows, "categories": CATEGORIES}))
    return paths


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        predictions, truth = make_files(Path(folder), np.random.default_rng(0))
        sizes = [path.stat().st_size / 1e6 for path in (predictions, truth)]
        print(f"{FRAMES} frames, {PEOPLE} people; predictions {sizes[0]:.0f} MB, ground truth {sizes[1]:.0f} MB")
        with timed("reading"):
            read = open_predictions(predictions, "mupots"), open_ground_truth(truth, "mupots")
        with timed("scoring"):
            mupots.evaluate(*read)
        command = ["evaluate", "--predictions", predictions, "--ground-truth", truth, "--protocol", "mupots", "--json"]
        code = "import sys; from people3d.cli import main; sys.exit(main(sys.argv[1:]))"
        with timed("the whole command"):
            subprocess.run([sys.executable, "-c", code, *map(str, command)], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
