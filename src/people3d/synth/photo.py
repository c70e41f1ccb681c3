"""What a camera does to a picture: blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np


def expose(rng: np.random.Generator, image: np.ndarray, sharpness: float = 1.0, gentle: bool = False) -> np.ndarray:
    """(H, W, 3) uint8 with a camera's faults. ``sharpness`` < 1 is the share of the resolution that is left;
    ``gentle`` leaves out blur and coding, for pictures that are saved."""
    h, w = image.shape[:2]
    out = image
    if sharpness < 0.95:
        small = (max(int(w * sharpness), 4), max(int(h * sharpness), 4))
        out = cv2.resize(cv2.resize(out, small, interpolation=cv2.INTER_AREA), (w, h), interpolation=cv2.INTER_LINEAR)
    kind = 1.0 if gentle else rng.random()
    if kind < 0.15:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.6)))
    elif kind < 0.25:
        length = int(rng.integers(3, max(w // 28, 4)))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        half = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
        centre = (length - 1) / 2
        a, b = (tuple(round(float(v)) for v in centre + s * half) for s in (-1, 1))
        cv2.line(kernel, a, b, 1.0)
        out = cv2.filter2D(out, -1, kernel / kernel.sum())
    if rng.random() < 0.6:
        grain = rng.standard_normal((h, w, 3), dtype=np.float32) * float(rng.gamma(1.5, 1.2 if gentle else 2.5))
        out = np.clip(out + grain, 0, 255).astype(np.uint8)
    if not gentle and rng.random() < 0.6:
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])[1]
        out = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(out)
