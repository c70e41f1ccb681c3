"""The shards of a plan, made by the workers of a Ray cluster with Ray Data."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

from people3d.engine import storage
from people3d.engine.plan import Plan, Shard
from people3d.engine.shards import SHARDS_FOLDER
from people3d.engine.storage import RAY_EXTRA
from people3d.engine.worker import Job, ShardWorker

# Before Ray is imported: nothing is reported to anybody; a busy machine may take long to start.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_worker_register_timeout_seconds": "300",
}


def missing_shards(folder: str, plan: Plan, form: str) -> list[Shard]:
    """The shards that are yet to be made."""
    done = set(storage.names_in(storage.join(folder, SHARDS_FOLDER)))
    return [shard for shard in plan.shards if f"{shard.name}.{form}" not in done]


def make_shards(
    job: Job, shards: Sequence[Shard], workers: int | None, gpus: float, address: str | None
) -> Iterator[dict[str, Any]]:
    """Make the shards, giving each one's counts as it is done, in any order.

    Args:
        workers: how many at once; as many as the cluster has processors (with ``gpus``: GPUs) if None.
        gpus: of each worker.
        address: of the cluster, or ``auto``; None takes RAY_ADDRESS, and without it this machine alone.

    Raises:
        ImportError: Ray is missing.
        RuntimeError: there is no cluster, or a shard could not be made for a reason that is not its pictures'.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
        import ray.exceptions
    except ImportError as error:
        raise ImportError(RAY_EXTRA) from error
    address = address or os.environ.get("RAY_ADDRESS")
    local: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
    where = address or "local"  # not a cluster that happens to run here
    try:
        ray.init(address=where, logging_level=logging.ERROR, log_to_driver=False, **local)
    except Exception as error:  # Ray raises Exception itself where a machine is too busy for its deadlines
        raise RuntimeError(f"Ray cannot {'reach ' + address if address else 'start here'}: {error}") from error
    try:
        have = ray.cluster_resources()
        count = max(1, min(len(shards), workers or int(have.get("GPU", 0) / gpus if gpus else have.get("CPU", 1))))
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        rows = [{"shard": shard.name, "pictures": json.dumps(shard.pictures)} for shard in shards]
        made = ray.data.from_items(rows, override_num_blocks=min(len(rows), 10_000)).map(
            ShardWorker,  # type: ignore[arg-type]
            fn_constructor_args=(job,),
            compute=ray.data.ActorPoolStrategy(size=count),
            num_cpus=1,
            num_gpus=gpus or None,
        )
        try:
            yield from made.iter_rows()
        except ray.exceptions.RayError as error:
            raise RuntimeError(str(error).strip().splitlines()[-1]) from error
    finally:
        ray.shutdown()
