"""Do errors come out as large as the standard deviations say? Figures, and the reliability diagram as an SVG."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np

_BINS = 8
_WIDTH, _HEIGHT, _LEFT, _TOP = 380, 300, 60, 30
_PANEL = (290, 220)
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # told apart by colour-blind people too


def calibration(errors_mm: np.ndarray, std_mm: np.ndarray) -> dict[str, float]:
    """How standard deviations fit errors; both of any one shape, what is NaN in either is left out.

    Returns:
        ``count``; root mean squares of both, which are equal where deviations are right on the whole; the shares of
        errors within one and two deviations (Laplace: 0.76 and 0.94, Gauss: 0.68 and 0.95; of distances in space a
        little less); and the rank correlation of the two, 0 where deviations tell nothing.
    """
    errors, std = _both(errors_mm, std_mm)
    if len(errors) < 2:
        return {"count": len(errors)} | dict.fromkeys(_KEYS, float("nan"))
    error_ranks, std_ranks = (np.argsort(np.argsort(x)) for x in (errors, std))
    varies = np.ptp(std) > 0 and np.ptp(errors) > 0
    figures = (
        np.sqrt((errors**2).mean()),
        np.sqrt((std**2).mean()),
        (errors <= std).mean(),
        (errors <= 2 * std).mean(),
        np.corrcoef(error_ranks, std_ranks)[0, 1] if varies else float("nan"),
    )
    return {"count": len(errors)} | dict(zip(_KEYS, map(float, figures), strict=True))


_KEYS = ("rms_mm", "std_mm", "within_1_std", "within_2_std", "rank_correlation")


def reliability_curve(errors_mm: np.ndarray, std_mm: np.ndarray, bins: int = _BINS) -> tuple[np.ndarray, np.ndarray]:
    """RMS standard deviation and RMS error of groups of equal size, by rising standard deviation; (B,), (B,) mm."""
    errors, std = _both(errors_mm, std_mm)
    groups = [g for g in np.array_split(np.argsort(std, kind="stable"), min(bins, max(1, len(std) // 5))) if len(g)]
    return tuple(np.array([np.sqrt((x[g] ** 2).mean()) for g in groups]) for x in (std, errors))  # type: ignore[return-value]


def reliability_svg(panels: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> str:
    """The diagram: one panel a quantity, one line a set; on the diagonal deviations are right.

    Args:
        panels: title → label of a set → (errors, standard deviations) in mm.
    """
    height = _HEIGHT + 18 * max((len(sets) for sets in panels.values()), default=0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH * len(panels)}" height="{height}" '
        f'font-family="system-ui,sans-serif" font-size="12" fill="#333">',
        f'<rect width="{_WIDTH * len(panels)}" height="{height}" fill="white"/>',
    ]
    for n, (title, sets) in enumerate(panels.items()):
        parts.append(f'<g transform="translate({n * _WIDTH + _LEFT},{_TOP})">{_panel(title, sets)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def _panel(title: str, sets: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    curves = {label: reliability_curve(*both) for label, both in sets.items()}
    most = 1.05 * max((float(v.max()) for curve in curves.values() for v in curve if len(v)), default=1.0)
    w, h = _PANEL

    def place(x: float, y: float) -> tuple[float, float]:
        return x / most * w, h - y / most * h

    parts = [
        f'<text x="{w / 2}" y="-10" text-anchor="middle" font-size="14">{html.escape(title)}</text>',
        f'<rect width="{w}" height="{h}" fill="none" stroke="#999"/>',
        f'<line x1="0" y1="{h}" x2="{w}" y2="0" stroke="#999" stroke-dasharray="4"/>',
        f'<text x="{w / 2}" y="{h + 32}" text-anchor="middle">standard deviation, mm</text>',
        f'<text transform="translate(-44,{h / 2}) rotate(-90)" text-anchor="middle">RMS error, mm</text>',
    ]
    step = 10 ** np.floor(np.log10(most / 2))
    step *= next(f for f in (1, 2, 5) if most / (step * f) <= 6)
    for value in np.arange(step, most, step):
        x, y = place(value, value)
        parts.append(f'<text x="{x:.1f}" y="{h + 15}" text-anchor="middle">{value:g}</text>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for n, (label, (std, errors)) in enumerate(curves.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        points = [place(x, y) for x, y in zip(std, errors, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="4" y="{h + 52 + 18 * n}" fill="{colour}">● {html.escape(label)}</text>')
    return "".join(parts)


def _both(errors: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    errors, std = np.asarray(errors, np.float64).ravel(), np.asarray(std, np.float64).ravel()
    known = np.isfinite(errors) & np.isfinite(std)
    return np.abs(errors[known]), std[known]
