"""The plot of a RootNet's training in docs/training.md, and its sentence, from the run's log.

    python benchmarks/learning_curve.py runs/rootnet-synthetic/log.csv [--source synthetic] [--docs docs]

Held-out people: the mean |ΔZ|/Z of the root, beside that of k alone and of k times the constant that is best for these
very people, all three as the training wrote them. Training batches, augmented and smoothed, are the thin line. Needs
matplotlib (it comes with ``make setup``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import tyro
from marks import replace_between_marks

PLOT = "images/learning.png"


@dataclass(frozen=True)
class Config:
    """Draw a RootNet's log."""

    log: tyro.conf.Positional[Path]
    """log.csv of `people3d train rootnet` or `jointnet`"""
    source: str = "synthetic"
    """whose held-out people"""
    docs: Path = Path("docs")
    """the plot goes to images/learning.png, the sentence into training.md"""


@dataclass
class Log:
    """Rows of a log by step.

    Attributes:
        minutes: of the whole run, its parts added up; training, held_out: figures by name.
    """

    minutes: dict[int, float] = field(default_factory=dict)
    training: dict[int, dict[str, float]] = field(default_factory=dict)
    held_out: dict[int, dict[str, float]] = field(default_factory=dict)


def read_log(path: Path) -> Log:
    """Raises ``ValueError`` for a file that is not a training's log."""
    log, before, last = Log(), 0.0, 0.0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split(",")
        try:
            step, figures = int(cells[0]), dict(cell.split("=") for cell in cells if "=" in cell)
            named = {name: float(value) for name, value in figures.items()}
            if cells[1] == "eval":
                log.held_out[step] = named
                continue
            seconds = float(cells[1])
        except (ValueError, IndexError):
            raise ValueError(f"{path}: line {number}: expected a line of a training's log, got {line!r}") from None
        before += last if seconds < last else 0  # a resumed run counts from 0 again
        last = seconds
        log.minutes[step], log.training[step] = (before + seconds) / 60, named
    return log


def sentence(log: Log, source: str) -> str:
    """What was reached at the end, in words."""
    step, found = list(log.held_out.items())[-1]
    reached, k, constant = (100 * found[f"{source}_{name}"] for name in ("depth", "k", "constant"))
    minutes = f" ({max(log.minutes.values()):.0f} minutes)" if log.minutes else ""
    return (
        f"After {step} steps{minutes} the root's depth is off by {reached:.1f} % on held-out people; k alone by "
        f"{k:.1f} %, k times the constant that is best for these very people by {constant:.1f} %: "
        f"{reached / k:.2f} and {reached / constant:.2f} of them. The root's pixel is off by "
        f"{found[f'{source}_root_px256']:.1f} px of a crop of 256 px."
    )


def draw(log: Log, source: str, output: Path) -> None:
    """The curve beside the lines of k alone and of k times the best constant."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    steps = list(log.held_out)
    last = log.held_out[steps[-1]]
    for name, label, style in (("k", "k alone", "--"), ("constant", "k × best constant of these people", ":")):
        value = 100 * last[f"{source}_{name}"]
        axes.axhline(value, color="#555", linestyle=style, label=f"{label}: {value:.1f} %")
    thin = {step: figures[key] for step, figures in log.training.items() for key in figures if key.endswith("depth")}
    label = "training batches, |ln(Z / true Z)|"
    axes.plot([*thin], [100 * v for v in thin.values()], color="#56b4e9", linewidth=1, label=label)
    depth = [100 * log.held_out[step][f"{source}_depth"] for step in steps]
    axes.plot(steps, depth, color="#d55e00", marker="o", label=f"held-out people: {depth[-1]:.1f} % at the end")
    axes.set(xlabel="step", ylabel="mean |ΔZ| / Z of the root, %", xlim=(0, None), ylim=(0, 100))
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=110, metadata={"Software": None} if output.suffix == ".png" else None)
    pyplot.close(figure)


def main() -> None:
    config = tyro.cli(Config, description=__doc__)
    log = read_log(config.log)
    if not any(f"{config.source}_depth" in figures for figures in log.held_out.values()):
        raise SystemExit(f"{config.log}: no look at held-out people of {config.source}")
    draw(log, config.source, config.docs / PLOT)
    text = sentence(log, config.source)
    replace_between_marks(config.docs / "training.md", "learning curve", f"![learning curve]({PLOT})\n\n{text}")
    print(f"{config.docs / PLOT}\n{text}")


if __name__ == "__main__":
    main()
