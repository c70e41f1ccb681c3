"""Which picture ends its worker: the memory that outlives the process.

An error that Python raises costs its picture. A crash in a decoder or the lack of memory ends the process, and Ray
begins the shard again, forever if nobody keeps count. From the second attempt on, the picture that is being worked at
stands in a small file beside the shards; one that was there at two deaths is given up.
"""

from __future__ import annotations

import json

from people3d.engine import storage

ATTEMPTS_FOLDER = "attempts"
MAX_DEATHS = 2  # one may be chance: a machine that was switched off


class Attempts:
    """The attempts at one shard."""

    def __init__(self, folder: str, shard: str) -> None:
        self._path = storage.join(folder, ATTEMPTS_FOLDER, f"{shard}.json")
        self._again = storage.exists(self._path)
        self._deaths: dict[str, int] = {}
        if self._again:
            before = json.loads(storage.read(self._path))
            self._deaths = before["deaths"]
            if before["at"] is not None:
                self._deaths[before["at"]] = self._deaths.get(before["at"], 0) + 1
        self._write(None)

    def begin(self, where: str) -> None:
        """Before a picture."""
        if self._again:
            self._write(where)

    def gave_up(self, where: str) -> bool:
        return self._deaths.get(where, 0) >= MAX_DEATHS

    def finish(self) -> None:
        """The shard is written."""
        storage.remove(self._path)

    def _write(self, at: str | None) -> None:
        storage.write(self._path, json.dumps({"at": at, "deaths": self._deaths}).encode())
