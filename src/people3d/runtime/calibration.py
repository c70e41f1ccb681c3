"""Standard deviations made to fit the errors that are really made: a correction for each, fitted on held-out people.

A network learns how wrong it is on its own training crops, where it is better than elsewhere and which are blotted and
turned. A correction ``factor * std ** power`` mends the size and the spread of what it says; its two numbers are fitted
by maximum likelihood under a Laplace distribution, which is what the networks learn (Kuleshov et al., 2018, call such
a step recalibration).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

SQRT2 = float(np.sqrt(2))  # standard deviation of a Laplace distribution of scale 1
# A joint is seen if it is more likely than not within this of its place, in sides of the crop. A crop is about two
# metres of somebody upright, so that it is the 150 mm of 3DPCK.
NEAR_SIDES = 0.075
_STEPS = 50


@dataclass(frozen=True)
class Correction:
    """What a network's own standard deviation is turned into: ``factor * std ** power``.

    Attributes:
        low, high: the network's deviations are cut to this range first: beyond it nothing was fitted.
    """

    factor: float
    power: float
    low: float
    high: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value) or value < 0:
                raise ValueError(f"{name}: expected a number of at least 0, got {value!r}")
        if self.factor == 0 or not 0 < self.low <= self.high:
            raise ValueError(f"expected factor > 0 and 0 < low <= high, got {self.factor}, {self.low}, {self.high}")

    def __call__(self, std: np.ndarray) -> np.ndarray:
        return self.factor * np.clip(std, self.low, self.high) ** self.power


def fit_correction(errors: np.ndarray, std: np.ndarray, weights: np.ndarray | None = None) -> Correction:
    """The correction under which ``errors`` are most likely.

    Args:
        errors: (N,) errors, of either sign.
        std: (N,) the network's standard deviations, in the same unit.
        weights: (N,) how far to trust each; all the same if None.

    Raises:
        ValueError: fewer than ten errors, or all of them 0.
    """
    errors, std = np.abs(np.asarray(errors, np.float64)), np.asarray(std, np.float64)
    weights = np.ones_like(errors) if weights is None else np.asarray(weights, np.float64)
    used = (weights > 0) & np.isfinite(errors) & np.isfinite(std) & (std > 0)
    errors, std, weights = errors[used], std[used], weights[used]
    if len(errors) < 10 or not errors.any():
        raise ValueError(f"expected at least ten errors to fit a correction to, not all of them 0, got {len(errors)}")
    weights = weights / weights.sum()
    low, high = (float(q) for q in np.quantile(std, [0.005, 0.995]))
    x = np.log(np.clip(std, low, high))
    centre = float((weights * x).sum())
    design = np.stack([np.ones_like(x), x - centre], 1)
    # The negative log-likelihood Σ w (|e| / b + log b) with log b linear in log std is convex: Newton's method.
    solution = np.array([np.log((weights * errors).sum()), 0.0])
    for _ in range(_STEPS):
        scaled = weights * errors * np.exp(-design @ solution)
        gradient = design.T @ (weights - scaled)
        hessian = (design * scaled[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        solution -= step / max(1.0, np.abs(step).max())
        if np.abs(step).max() < 1e-10:
            break
    if solution[1] < 0:  # larger deviations with smaller errors: the network knows nothing, and one number fits all
        solution = np.array([np.log((weights * errors).sum()), 0.0])
    power = float(solution[1])
    return Correction(SQRT2 * float(np.exp(solution[0] - power * centre)), power, low, high)


def seen_threshold(distances: np.ndarray, std: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The corrected standard deviation at which a joint is as likely as not within :data:`NEAR_SIDES` of its place.

    Args:
        distances: (N,) distance of each joint from its true place in the image, in sides of the crop.
        std: (N,) its corrected standard deviation in x or y.
        weights: (N,) how far to trust each; all the same if None.
    """
    ratio = np.asarray(distances, np.float64) / std
    weights = np.ones_like(ratio) if weights is None else np.asarray(weights, np.float64)
    order = np.argsort(ratio)
    total = np.cumsum(weights[order])
    return NEAR_SIDES / float(ratio[order][np.searchsorted(total, total[-1] / 2)])


@dataclass(frozen=True)
class Calibration:
    """A network's corrections by name, and what they were fitted on.

    Attributes:
        corrections: ``depth`` of RootNet (of the deviation relative to the depth); ``xy`` (in sides of the crop) and
            ``z`` (mm) of PoseNet.
        seen_std: of PoseNet: a joint of a larger corrected deviation in x or y is uncertain; None for RootNet.
        people: how many each source gave.
    """

    corrections: dict[str, Correction]
    seen_std: float | None
    people: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        corrections = {name: asdict(c) for name, c in self.corrections.items()}
        return {"corrections": corrections, "seen_std": self.seen_std, "people": self.people}


def read_calibration(values: dict[str, Any], kind: str) -> Calibration | None:
    """From an entry's ``calibration``; None where it is empty. Raises ``ValueError`` where it is something else."""
    if not values:
        return None
    expected = {"rootnet": {"depth"}, "posenet": {"xy", "z"}}.get(kind, set())
    try:
        corrections = {name: Correction(**c) for name, c in values["corrections"].items()}
        if set(corrections) != expected:
            raise ValueError(f"expected corrections of {', '.join(sorted(expected)) or 'nothing'}")
        seen = values.get("seen_std")
        if kind == "posenet" and not (isinstance(seen, int | float) and 0 < seen < np.inf):
            raise ValueError(f"seen_std: expected a positive number, got {seen!r}")
        return Calibration(corrections, seen, dict(values.get("people") or {}))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{kind}: calibration: {error or type(error).__name__}") from error
