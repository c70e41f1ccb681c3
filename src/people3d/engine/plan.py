"""Which pictures go into which shard, decided once and kept beside the shards.

A run that goes on reads the plan of the run before: a shard holds the same pictures whoever makes it, so making it
twice changes nothing. Pictures that came since get shards of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from people3d.engine import storage

PLAN_FILE = "plan.jsonl"


@dataclass(frozen=True)
class Shard:
    """``pictures``: ``(where, file_name)`` of each."""

    name: str
    pictures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Plan:
    """``settings``: whatever decides what comes out for a picture."""

    settings: Mapping[str, Any]
    shards: tuple[Shard, ...]


def make_plan(folder: str, pictures: Sequence[tuple[str, str]], settings: Mapping[str, Any], shard_size: int) -> Plan:
    """The plan that is in ``folder``, with shards added for pictures that are not in it; written back.

    Raises:
        ValueError: the run before had other settings; its shards and ours do not belong together.
        OSError: the folder cannot be read or written.
    """
    path = storage.join(folder, PLAN_FILE)
    old = _read(path) if storage.exists(path) else Plan(settings, ())
    if dict(old.settings) != dict(settings):
        changed = [key for key in {**old.settings, **settings} if old.settings.get(key) != settings.get(key)]
        raise ValueError(
            f"{path}: expected the settings of the run that began here, got another {', '.join(sorted(changed))}; "
            "choose another --output"
        )
    known = {where for shard in old.shards for where, _ in shard.pictures}
    new = [picture for picture in pictures if picture[0] not in known]
    parts = [tuple(new[i : i + shard_size]) for i in range(0, len(new), shard_size)]
    added = tuple(Shard(f"{len(old.shards) + i:06d}", part) for i, part in enumerate(parts))
    plan = Plan(settings, old.shards + added)
    if added:
        rows = [{"settings": dict(settings)}, *({"shard": s.name, "pictures": s.pictures} for s in plan.shards)]
        storage.write(path, "".join(json.dumps(row) + "\n" for row in rows).encode())
    return plan


def read_plan(folder: str) -> Plan:
    """Raises ``ValueError`` for anything that is no plan, ``OSError`` where there is none."""
    return _read(storage.join(folder, PLAN_FILE))


def _read(path: str) -> Plan:
    try:
        head, *rows = (json.loads(line) for line in storage.read(path).decode().splitlines())
        shards = [Shard(row["shard"], tuple((where, name) for where, name in row["pictures"])) for row in rows]
        return Plan(head["settings"], tuple(shards))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected the plan of a run with --engine ray, got something else") from error
