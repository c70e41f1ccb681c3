"""What a run says of itself: a bar on the terminal, ``log.csv``, and TensorBoard where it is asked for."""

from __future__ import annotations

import datetime
import io
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

LOG_EVERY = 50  # steps
_SMOOTHING = 0.98  # of the figures that are shown


class Progress:
    """Counts images and time, averages figures, writes them.

    Args:
        output: the run's folder, where ``log.csv`` and TensorBoard's files go.
        steps, start: of the run, and of this part of it.
        images: a step's, of all processes.
        minutes: after which the run stops.
        first: whether this process is the one that writes.
        tensorboard: write its events too; needs the extra ``tensorboard``.

    Raises:
        ImportError: TensorBoard is not installed.
    """

    def __init__(
        self,
        output: Path,
        steps: int,
        start: int,
        images: int,
        minutes: float | None,
        first: bool = True,
        tensorboard: bool = False,
    ) -> None:
        self._first = first
        self._events = _open_tensorboard(output) if tensorboard and first else None
        self._log = (output / "log.csv").open("a") if first else io.StringIO()
        self._bar = tqdm(
            total=steps * images, initial=start * images, unit="img", disable=None if first else True, file=sys.stderr
        )
        self._steps, self._images, self._minutes = steps, images, minutes
        self._began = self._marked = time.monotonic()
        self._marked_step = start
        self._rate = 0.0  # images a second
        self._shown: dict[str, float] = {}

    @property
    def minutes_run(self) -> float:
        return (time.monotonic() - self._began) / 60

    @property
    def out_of_time(self) -> bool:
        return self._minutes is not None and self.minutes_run > self._minutes

    def say(self, text: str) -> None:
        """A line above the bar, from the process that writes."""
        if self._first:
            self._bar.write(text, file=sys.stderr)

    def step(self, done: int, size: int, figures: dict[str, float]) -> None:
        """After step number ``done``, of inputs of ``size`` px."""
        for name, value in figures.items():
            old = self._shown.get(name, value)
            self._shown[name] = _SMOOTHING * old + (1 - _SMOOTHING) * value
        self._bar.update(self._images)
        if done % LOG_EVERY:
            return
        self._measure(done)
        self._bar.set_postfix({"left": self.time_left(done), **{k: f"{v:.4g}" for k, v in self._shown.items()}})
        named = {"img_s": self._rate, **self._shown}
        self._write(f"{done},{60 * self.minutes_run:.1f},{size}", named)
        self._scalars("train", named, done)

    def evaluated(self, done: int, metrics: dict[str, float], pictures: dict[str, np.ndarray]) -> None:
        """Figures and pictures of held-out data after step ``done``."""
        self._measure(done)
        if metrics:
            pace = f"{self._rate:.0f} images/s, {self.time_left(done)} left" if self._rate else "starting"
            text = ", ".join(f"{k} {v:.4g}" for k, v in metrics.items())
            self.say(f"step {done} of {self._steps} ({pace}): {text}")
            self._write(f"{done},eval", metrics)
            self._scalars("held_out", metrics, done)
        if self._events is not None:
            for name, picture in pictures.items():
                self._events.add_image(f"predictions/{name}", picture, done, dataformats="HWC")
            self._events.flush()

    @property
    def wants_pictures(self) -> bool:
        """Whether :meth:`evaluated` has a use for pictures."""
        return self._events is not None

    def time_left(self, done: int) -> str:
        """h:mm:ss until the last step, or until the minutes are over; ? before anything was measured."""
        if not self._rate:
            return "?"
        seconds = (self._steps - done) * self._images / self._rate
        if self._minutes is not None:
            seconds = min(seconds, 60 * max(0.0, self._minutes - self.minutes_run))
        return str(datetime.timedelta(seconds=round(seconds)))

    def close(self) -> None:
        self._bar.close()
        self._log.close()
        if self._events is not None:
            self._events.close()

    def _measure(self, done: int) -> None:
        now = time.monotonic()
        if done > self._marked_step:
            self._rate = (done - self._marked_step) * self._images / max(now - self._marked, 1e-9)
        self._marked, self._marked_step = now, done

    def _write(self, start: str, figures: dict[str, float]) -> None:
        print(start + "," + ",".join(f"{k}={v:.5g}" for k, v in figures.items()), file=self._log, flush=True)

    def _scalars(self, group: str, figures: dict[str, float], step: int) -> None:
        if self._events is not None:
            for name, value in figures.items():
                self._events.add_scalar(f"{group}/{name}", value, step)


def _open_tensorboard(output: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError("--tensorboard: pip install 'people3d[tensorboard]'") from error
    return SummaryWriter(str(output / "tensorboard"))
