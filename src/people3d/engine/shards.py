"""Shards of results: one row a picture, with everybody in it, as Parquet or as lines of JSON.

A row has the fields of an image and, in ``people``, those of its annotations as in ``people3d.json``
(docs/formats.md), without ids, and with ``where`` (the picture's path or address), ``error`` (why a picture gave
nothing, else null), ``problems`` (what was wrong and left out) and ``notes`` (what may surprise).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from people3d.engine import storage
from people3d.engine.plan import Plan
from people3d.files import whole_file
from people3d.people import People
from people3d.results import annotation_rows, document, image_entry
from people3d.skeleton import Skeleton

FORMATS = ("parquet", "jsonl")
SHARDS_FOLDER = "shards"
Row = dict[str, Any]
_NOT_OF_IMAGE = ("where", "error", "problems", "notes", "people")


def shard_path(folder: str, name: str, form: str) -> str:
    return storage.join(folder, SHARDS_FOLDER, f"{name}.{form}")


def good_row(where: str, file_name: str, people: People, problems: Sequence[str], notes: Sequence[str]) -> Row:
    image = {key: value for key, value in image_entry(people, 0, file_name).items() if key != "id"}
    found = [{k: v for k, v in row.items() if k not in ("id", "image_id")} for row in annotation_rows(people, 0)]
    about = {"error": None, "problems": list(problems), "notes": list(notes)}
    return {"where": where, **image, **about, "people": found}


def bad_row(where: str, file_name: str, error: str) -> Row:
    about = {"error": " ".join(error.split()), "problems": [], "notes": []}
    return {"where": where, "file_name": file_name, **about, "people": []}


def write_shard(path: str, rows: list[Row]) -> None:
    """Raises ``OSError``, and ``ValueError`` for numbers that are not finite."""
    lines = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
    storage.write(path, _parquet(rows) if path.endswith(".parquet") else lines.encode())


def read_shard(path: str) -> list[Row]:
    """What :func:`write_shard` wrote."""
    data = storage.read(path)
    if not path.endswith(".parquet"):
        return [json.loads(line) for line in data.decode().splitlines()]
    import pyarrow.parquet

    # Neither read_table nor reading ahead: their threads may still hold Python's buffers when the interpreter ends, and
    # abort it.
    table = pyarrow.parquet.ParquetFile(io.BytesIO(data), pre_buffer=False).read(use_threads=False)
    return [_without_missing(row) for row in table.to_pylist()]


def _parquet(rows: list[Row]) -> bytes:
    import pyarrow.parquet

    schema, buffer = _schema(), io.BytesIO()
    person = {field.name for field in schema.field("people").type.value_type}
    extra = {k for row in rows for k in {*row} - {*schema.names} | {k for p in row["people"] for k in {*p} - person}}
    if extra:  # pyarrow would leave them out without a word
        raise ValueError(f"shards of Parquet have no column for {', '.join(sorted(extra))}; use jsonl")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), buffer, compression="zstd")
    return buffer.getvalue()


def _schema() -> Any:
    """Written down, so that shards without anybody have the columns of all others."""
    import pyarrow as pa

    text, number, whole = pa.string(), pa.float64(), pa.int32()
    numbers, points = pa.list_(number), pa.list_(pa.list_(number))
    person = {
        **dict.fromkeys(("category_id", "iscrowd", "num_keypoints"), whole),
        **dict.fromkeys(("area", "score", "root_depth_std"), number),
        **dict.fromkeys(("bbox", "keypoints", "keypoints_std", "root_cam", "root_normalized"), numbers),
        "keypoints_cam": points,
        "implausible": pa.list_(text),
    }
    picture = {
        **dict.fromkeys(("where", "file_name", "focal_source", "depth_axis", "error"), text),
        **dict.fromkeys(("width", "height"), whole),
        **dict.fromkeys(("intrinsic", "distortion"), numbers),
        **dict.fromkeys(("problems", "notes"), pa.list_(text)),
        "people": pa.list_(pa.struct(list(person.items()))),
    }
    return pa.schema(list(picture.items()))


def _without_missing(row: Row) -> Row:
    """A row of Parquet, where each column is in each row, as it was written."""
    people = [{key: value for key, value in person.items() if value is not None} for person in row["people"]]
    for person in people:  # flags are whole numbers, as in COCO
        person["keypoints"][2::3] = map(int, person["keypoints"][2::3])
    filled = {key: value for key, value in row.items() if value is not None}
    return {**filled, "error": row["error"], "people": people}


def rows_of(folder: str, plan: Plan, form: str) -> Iterator[Row]:
    """All rows of the shards that are there, in the plan's order."""
    done = set(storage.names_in(storage.join(folder, SHARDS_FOLDER)))
    for shard in plan.shards:
        if f"{shard.name}.{form}" in done:
            yield from read_shard(shard_path(folder, shard.name, form))


def merge(folder: str, plan: Plan, form: str, path: Path, skeleton: Skeleton, provenance: Mapping[str, Any]) -> None:
    """All good rows as one ``people3d.json``, whole or not at all, in the memory of one shard."""
    head = document([], skeleton, provenance)

    def good() -> Iterator[tuple[int, Row]]:
        return enumerate((row for row in rows_of(folder, plan, form) if row["error"] is None), 1)

    with whole_file(path) as file:
        file.write(
            f'{{"info": {json.dumps(head["info"])},\n"categories": {json.dumps(head["categories"])},\n"images": ['
        )
        for image_id, row in good():
            image = {k: v for k, v in row.items() if k not in _NOT_OF_IMAGE}
            file.write((",\n" if image_id > 1 else "") + json.dumps({"id": image_id, **image}))
        file.write('],\n"annotations": [')
        count = 0
        for image_id, row in good():
            for person in row["people"]:
                count += 1
                file.write((",\n" if count > 1 else "") + json.dumps({"id": count, "image_id": image_id, **person}))
        file.write("]}\n")
