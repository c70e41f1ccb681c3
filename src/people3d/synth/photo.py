"""What a camera does to a picture: blur, noise, JPEG."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

_GRAIN_SIDE = 1024
_DARK = 0.07  # share of pictures that were taken in little light
_DARK_MEAN = (32.0, 65.0)  # mean values 0..255 of those


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """(1024, 1024, 3) normal noise, mostly the same in the three colours, a little spread over neighbours."""
    rng = np.random.default_rng(0)
    grey, colour = (rng.standard_normal((_GRAIN_SIDE, _GRAIN_SIDE, n), dtype=np.float32) for n in (1, 3))
    mixed = cv2.GaussianBlur(0.8 * grey + 0.6 * colour, (3, 3), 0.5, borderType=cv2.BORDER_REFLECT)
    return mixed / mixed.std()


def _develop(rng: np.random.Generator, image: np.ndarray, dark: bool) -> np.ndarray:
    """Contrast, brightness, white balance and saturation as cameras and their owners choose them."""
    x = np.linspace(0, 1, 256)
    gain = min(rng.uniform(*_DARK_MEAN) / max(float(image[::4, ::4].mean()), 1.0), 1.0) if dark else 1.0
    contrast = 0.0 if dark else rng.uniform(-0.1, 0.9)
    curve = np.clip(x * gain, 0, 1) ** np.exp(rng.normal(0, 0.15))
    curve = curve + contrast * (curve * curve * (3 - 2 * curve) - curve)
    tint = np.exp(rng.normal(0, 0.05, 3))
    table = np.clip(curve[:, None] * tint / max(tint.max(), 1) * 255, 0, 255).astype(np.uint8)[None]
    out = cv2.LUT(image, table)
    kept = 0.0 if rng.random() < 0.03 else rng.uniform(0.7, 1.35)
    if abs(kept - 1) > 0.12:
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        out = cv2.addWeighted(out, kept, grey, 1 - kept, 0)
    return out


def expose(
    rng: np.random.Generator,
    image: np.ndarray,
    sharpness: float = 1.0,
    gentle: bool = False,
    grain: np.random.Generator | None = None,
) -> np.ndarray:
    """(H, W, 3) uint8 with a camera's faults. ``sharpness`` < 1 is the share of the resolution that is left;
    ``gentle`` leaves out blur and coding, for pictures that are saved; ``grain`` draws the noise where it is to differ
    between pictures that are exposed alike."""
    h, w = image.shape[:2]
    dark = bool(rng.random() < _DARK)
    out = _develop(rng, image, dark)
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
    if dark or rng.random() < 0.6:
        strength = float(rng.gamma(1.5, 1.2 if gentle else 2.5)) + (4.0 if dark else 0.0)
        top, left = (grain or rng).integers(0, [max(_GRAIN_SIDE - h, 1), max(_GRAIN_SIDE - w, 1)])
        repeats = (-(-h // _GRAIN_SIDE), -(-w // _GRAIN_SIDE), 1)
        sheet = _grain() if repeats == (1, 1, 1) else np.tile(_grain(), repeats)
        noise = sheet[top : top + h, left : left + w]
        out = cv2.addWeighted(out, 1.0, noise, strength, 0, dtype=cv2.CV_8U) if noise.shape == out.shape else out
    if not gentle and rng.random() < 0.6:
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])[1]
        out = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(out)
