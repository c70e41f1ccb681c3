"""A weights entry: a folder with ``entry.json``, which says everything about its networks, and their ONNX files.

Preprocessing belongs to an entry, not to the code: the released weights take 0..255 where ours take 0..1.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from people3d.lift import DEPTH_AXES
from people3d.runtime.calibration import read_calibration
from people3d.skeleton import Skeleton, get_skeleton

ENTRY_FILE = "entry.json"
CARD_FILE = "card.md"
FORMAT = 1
KINDS = ("detector", "rootnet", "posenet")


class WeightsError(ValueError):
    """Weights that are missing, damaged, unsafe or do not fit; the message is one clear line."""


@dataclass(frozen=True)
class NetworkEntry:
    """One network of an entry.

    Attributes:
        kind: ``detector``, ``rootnet`` or ``posenet``.
        arguments: of the network's constructor.
        input_size: side of the square crop in px; of a detector, the longer side of its largest view.
        preprocessing: ``{input_size, scale, mean, std}``: trained on (pixel 0..255 * scale - mean) / std. Of a detector
            also ``views``, how it looks at an image (:mod:`people3d.detect.views`).
        coordinates: what the heatmaps mean: ``heatmap_cells`` a side, ``cell_offset`` (where in its cell a logit lies);
            PoseNet's ``depth_cells`` over ``depth_range_mm`` about the root along ``depth_axis``
            (:data:`people3d.lift.DEPTH_AXES`; ``optical`` where it is missing), and ``mirror_sum``: x of a joint and x
            of its mirror image add up to this, in sides of the crop. The ONNX files give crop sides and mm.
        file, sha256: the ONNX file, which does the preprocessing itself.
        state_file, state_sha256: torch's state, for ``runtime="torch"``; optional.
        training: the command, the data, the step: free text for the card.
        calibration: how the network's own standard deviations are corrected (:mod:`people3d.runtime.calibration`);
            empty before ``people3d weights calibrate``.
    """

    kind: str
    arguments: dict[str, Any]
    input_size: int
    preprocessing: dict[str, Any]
    file: str
    sha256: str
    coordinates: dict[str, Any] = field(default_factory=dict)
    state_file: str | None = None
    state_sha256: str | None = None
    training: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise WeightsError(f"kind: expected one of {', '.join(KINDS)}, got {self.kind!r}")
        if isinstance(self.input_size, bool) or not isinstance(self.input_size, int) or not 0 < self.input_size <= 4096:
            raise WeightsError(f"{self.kind}: input_size: expected px from 1 to 4096, got {self.input_size!r}")
        for name in ("arguments", "preprocessing", "coordinates", "training", "calibration"):
            if not isinstance(getattr(self, name), dict):
                raise WeightsError(f"{self.kind}: {name}: expected an object, got {getattr(self, name)!r}")
        mirror_sum = self.coordinates.get("mirror_sum")
        if self.kind == "posenet" and (isinstance(mirror_sum, bool) or not isinstance(mirror_sum, int | float)):
            raise WeightsError(f"posenet: coordinates.mirror_sum: expected a number, got {mirror_sum!r}")
        depth_axis = self.coordinates.get("depth_axis", DEPTH_AXES[0])
        if self.kind == "posenet" and depth_axis not in DEPTH_AXES:
            raise WeightsError(
                f"posenet: coordinates.depth_axis: expected one of {', '.join(DEPTH_AXES)}, got {depth_axis!r}"
            )
        try:
            read_calibration(self.calibration, self.kind)
        except ValueError as error:
            raise WeightsError(str(error)) from error
        for name in ("file", "state_file"):
            value = getattr(self, name)
            if value is None and name == "state_file":
                continue
            if not isinstance(value, str) or value in ("", ".", "..") or "/" in value or "\\" in value:
                raise WeightsError(f"{self.kind}: {name}: expected a file name without a folder, got {value!r}")


@dataclass(frozen=True)
class Entry:
    """What a folder of weights holds.

    Attributes:
        name: the entry's id.
        skeleton: of PoseNet.
        networks: by kind. RootNet and PoseNet see the same crops, one of them perhaps at fewer pixels.
        card: file name of the card with data and scores, or None.
        folder: where it lies.
    """

    name: str
    skeleton: Skeleton
    networks: dict[str, NetworkEntry]
    card: str | None
    folder: Path

    @property
    def crop_size(self) -> int:
        """Side in px of the crops that RootNet and PoseNet share: the larger of their input sizes.

        Raises:
            WeightsError: there is neither.
        """
        sizes = [n.input_size for n in self.networks.values() if n.kind != "detector"]
        return max(sizes) if sizes else self.network("posenet").input_size

    def network(self, kind: str) -> NetworkEntry:
        if kind not in self.networks:
            has = ", ".join(self.networks) or "no network"
            raise WeightsError(f"{self.folder}: expected a {kind}, these weights hold {has}")
        return self.networks[kind]

    def verified_path(self, kind: str, state: bool = False) -> Path:
        """Path of a network's ONNX file (or torch state) whose hash is right; raises ``WeightsError`` otherwise."""
        network = self.network(kind)
        file, expected = (network.state_file, network.state_sha256) if state else (network.file, network.sha256)
        if file is None:
            raise WeightsError(
                f"{self.folder}: expected torch's state of the {kind} for the torch runtime, these weights hold the "
                "ONNX file only (export with --keep-state)"
            )
        path = self.folder / file
        if not path.is_file():
            raise WeightsError(f"{path}: expected the weights of the {kind}, found no such file")
        found = sha256(path)
        if found != expected:
            raise WeightsError(
                f"{path}: expected sha256 {str(expected)[:12]}…, got {found[:12]}… ({path.stat().st_size} bytes): "
                "cut off or changed"
            )
        return path

    def verify(self) -> None:
        """Check every file's hash; raises ``WeightsError`` at the first that is wrong."""
        for kind, network in self.networks.items():
            self.verified_path(kind)
            if network.state_file is not None:
                self.verified_path(kind, state=True)

    def to_json(self) -> str:
        document = {
            "format": FORMAT,
            "name": self.name,
            "skeleton": self.skeleton.name,
            "card": self.card,
            "networks": {kind: asdict(network) for kind, network in self.networks.items()},
        }
        return json.dumps(document, indent=2, allow_nan=False) + "\n"


def read_entry(folder: str | Path) -> Entry:
    """Read and check ``entry.json``; the files' hashes are checked by :meth:`Entry.verify`.

    Raises:
        WeightsError: the folder or the file is missing, damaged, of another format, or contradicts itself.
    """
    folder = Path(folder)
    path = folder / ENTRY_FILE
    if not folder.is_dir():
        raise WeightsError(f"{folder}: expected a folder of weights, found no such folder")
    if not path.is_file():
        raise WeightsError(f"{folder}: expected a folder of weights, it has no {ENTRY_FILE}")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: JSON and UTF-8 errors
        raise WeightsError(f"{path}: expected JSON, {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise WeightsError(f"{path}: expected weights of format {FORMAT}, got {found!r}")
    try:
        skeleton = get_skeleton(document["skeleton"])
        known = {f.name for f in fields(NetworkEntry)}
        networks = {
            kind: NetworkEntry(**{k: v for k, v in values.items() if k in known})
            for kind, values in document["networks"].items()
        }
        if any(kind != network.kind for kind, network in networks.items()):
            raise WeightsError("a network's kind is not the name it is listed under")
        return Entry(str(document["name"]), skeleton, networks, document.get("card"), folder)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise WeightsError(f"{path}: {reason}") from error


def sha256(path: str | Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
