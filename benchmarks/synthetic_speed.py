"""How many synthetic people one core makes in a second, as `people3d.synth.generate.crops` streams them.

    python benchmarks/synthetic_speed.py [--scenes 60] [--sizes 256 512]

CPU seconds (`time.process_time`, all threads counted) after eight scenes that warm up; one thread for everything.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy starts


def main() -> None:
    import cv2

    from people3d.synth import generate

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print("| longer side | a scene | people a second and core |\n| --- | --- | --- |")
    for size in args.sizes:
        stream = generate.crops(1, size=size)
        for _ in range(8):
            next(stream)
        start = time.process_time()
        people = sum(len(next(stream)) for _ in range(args.scenes))
        spent = time.process_time() - start
        print(f"| {size} px | {spent / args.scenes * 1000:.0f} ms | {people / spent:.0f} |", flush=True)


if __name__ == "__main__":
    main()
