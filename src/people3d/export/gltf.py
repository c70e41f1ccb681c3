"""The GLB container (glTF 2.0): numpy arrays in, one binary file out. Lengths are metres, Y is up."""

from __future__ import annotations

import json
import struct
from collections import defaultdict
from typing import Any

import numpy as np

_COMPONENTS = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
VERTICES, INDICES = 34962, 34963  # what a buffer is for


class Glb:
    """A scene that grows: :meth:`add` puts an object into one of the document's lists and returns its index.

    Attributes:
        roots: nodes of the scene.
    """

    def __init__(self) -> None:
        self._lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._data = bytearray()
        self.roots: list[int] = []

    def add(self, kind: str, **fields: Any) -> int:
        """``kind`` as in glTF: nodes, meshes, skins, materials, animations, cameras …; fields that are None are left
        out."""
        self._lists[kind].append({key: value for key, value in fields.items() if value is not None})
        return len(self._lists[kind]) - 1

    def array(self, values: np.ndarray, target: int | None = None) -> int:
        """An accessor with the values, (N,), (N, 2..4) or (N, 4, 4) of uint8, uint16, uint32 or float32."""
        if values.dtype == np.float64:
            values = values.astype(np.float32)
        self._data += b"\0" * (-len(self._data) % 4)
        data = np.ascontiguousarray(values)
        view = self.add("bufferViews", buffer=0, byteOffset=len(self._data), byteLength=data.nbytes, target=target)
        self._data += data.tobytes()
        flat = values.reshape(len(values), -1)
        return self.add(
            "accessors",
            bufferView=view,
            componentType=_COMPONENTS[values.dtype.name],
            count=len(values),
            type=_TYPES[values.shape[1:]],
            min=flat.min(0).tolist(),
            max=flat.max(0).tolist(),
            normalized=True if values.dtype == np.uint8 and target == VERTICES and values.shape[1:] == (3,) else None,
        )

    def to_bytes(self, extras: dict[str, Any] | None = None) -> bytes:
        """The file. ``extras``: anything about the scene that a program may want to know."""
        from people3d import __version__

        document = {
            "asset": {"version": "2.0", "generator": f"people3d {__version__}"},
            "scene": 0,
            "scenes": [{"nodes": self.roots, **({"extras": extras} if extras else {})}],
            **self._lists,
        }
        if self._data:
            document["buffers"] = [{"byteLength": len(self._data)}]
        text = json.dumps(document, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        data = bytes(self._data) + b"\0" * (-len(self._data) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def srgb_factor(color: tuple[int, int, int]) -> list[float]:
    """A colour of the screen as glTF's linear base colour, opaque."""
    c = np.array(color) / 255
    return [*np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4).round(5).tolist(), 1.0]
