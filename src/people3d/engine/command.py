"""``people3d predict --engine ray``: what the command does on the machine where it is started."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from people3d.engine import storage
from people3d.engine.plan import Plan, make_plan
from people3d.engine.ray_run import make_shards, missing_shards
from people3d.engine.shards import merge, rows_of
from people3d.engine.worker import Job
from people3d.outputs import RESULTS_FILE
from people3d.skeleton import Skeleton


def run(
    job: Job,
    sources: tuple[str, ...],
    settings: Mapping[str, Any],
    skeleton: Skeleton,
    *,
    shard_size: int,
    workers: int | None,
    gpus: float,
    address: str | None,
    whole: bool,
    complain: Callable[[str], int],
) -> int:
    """Plan, make what is missing, and say what is wrong.

    Args:
        settings: for the plan, and for the head of ``people3d.json``.
        whole: put all shards together as ``people3d.json``, where the output is a local folder.
        complain: says a line and gives the exit code for it.

    Returns:
        The exit code: 0, 2 where anything was wrong, 130 where the run was interrupted.

    Raises:
        ValueError, OSError, ImportError, RuntimeError: not even one shard can be made.
    """
    if shard_size < 1:
        raise ValueError(f"--shard-size: expected 1 or more, got {shard_size}")
    if workers is not None and workers < 1:
        raise ValueError(f"--workers: expected 1 or more, got {workers}")
    pictures, problems = storage.find_pictures(sources, job.output)
    for problem in problems:
        complain(problem)
    plan = make_plan(job.output, pictures, settings, shard_size)
    code = 2 if problems else 0
    try:
        _make_missing(job, plan, workers, gpus, address, complain)
    except KeyboardInterrupt:
        complain("interrupted; the same command goes on from here")
        code = 130
    return max(code, _report(job, plan, settings, skeleton, whole, complain))


def _make_missing(
    job: Job, plan: Plan, workers: int | None, gpus: float, address: str | None, complain: Callable[[str], int]
) -> None:
    """Make what is missing; where Ray gives up a run although it got somewhere, go on with what is left.

    Raises:
        RuntimeError: Ray gave up, and no shard came of it.
    """
    total = sum(len(shard.pictures) for shard in plan.shards)
    todo = missing_shards(job.output, plan, job.form)
    while todo:
        left = sum(len(shard.pictures) for shard in todo)
        try:
            with tqdm(total=total, initial=total - left, unit="picture", disable=None) as bar:
                for made in make_shards(job, todo, workers, gpus, address):
                    bar.update(made["pictures"])
            return
        except RuntimeError as error:
            before, todo = len(todo), missing_shards(job.output, plan, job.form)
            if len(todo) == before:
                raise
            complain(f"Ray gave up and begins again with what is left: {error}")


def _report(
    job: Job, plan: Plan, settings: Mapping[str, Any], skeleton: Skeleton, whole: bool, complain: Callable[[str], int]
) -> int:
    code = people = done = 0
    for row in rows_of(job.output, plan, job.form):
        for line in [row["error"]] * (row["error"] is not None) + row["problems"]:
            code = complain(line)
        done += row["error"] is None
        people += len(row["people"])
    where = job.output
    if whole and not storage.is_address(job.output):
        where = str(Path(job.output) / RESULTS_FILE)
        merge(job.output, plan, job.form, Path(where), skeleton, settings)
    print(f"{people} {'person' if people == 1 else 'people'} in {done} picture{'s' * (done != 1)}; results in {where}")
    return code


def output_address(output: Path) -> str:
    """A folder as it was typed: ``Path`` makes one slash of the two in ``s3://``."""
    return re.sub(r"^(\w[\w+.-]+):/(?!/)", r"\1://", str(output))
