"""``people3d weights …``: what weights there are, new ones from checkpoints, calibrating, storing, quantising."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Union, cast

import tyro

from people3d.commands import parse
from people3d.detect.views import parse_views
from people3d.runtime.entry import CARD_FILE, Entry
from people3d.runtime.registry import DEFAULT, find_entry, packaged_entries
from people3d.runtime.storage import Storage


@dataclass(frozen=True)
class List:
    """Names of the weights that come with the package."""


@dataclass(frozen=True)
class Show:
    """What weights are: networks, skeleton, preprocessing, hashes, card."""

    weights: tyro.conf.Positional[str] = DEFAULT
    """Name or folder of the weights."""


@dataclass(frozen=True)
class Verify:
    """Check every file's hash, and that each network opens and gives the joints it promises."""

    weights: tyro.conf.Positional[str] = DEFAULT
    """Name or folder of the weights."""


@dataclass(frozen=True)
class ImportReleased:
    """Turn the released code's snapshots into weights for `predict --weights DIR`."""

    rootnet: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """Snapshot of RootNet, snapshot_N.pth.tar."""
    posenet: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """Snapshot of PoseNet, snapshot_N.pth.tar."""
    output: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder for the weights."""
    skeleton: Annotated[str | None, tyro.conf.arg(metavar="muco21|h36m18")] = None
    """PoseNet's skeleton; the one with the file's joint count if not given."""
    keep_state: bool = False
    """Also keep torch's weights, for the torch runtime."""


@dataclass(frozen=True)
class Export:
    """Turn checkpoints of `people3d train` into weights. Networks that DIR holds already stay."""

    checkpoint: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE...")]
    """Checkpoints of rootnet, posenet, detector, or of jointnet, which gives both of the first two."""
    output: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder for the weights."""
    card: Annotated[Path | None, tyro.conf.arg(metavar="FILE.md")] = None
    """The card: data, training command, scores."""
    score_threshold: Annotated[float | None, tyro.conf.arg(metavar="S")] = None
    """Of a detector; that of its last evaluation if not given."""
    detector_views: Annotated[tuple[str, ...], tyro.conf.arg(metavar="PX[m]...")] = ()
    """How a detector looks at a picture: px of the longer side, m: mirrored; as in its training if not given."""
    storage: Storage = "float16"
    """Of the weights: int8 takes half of float16's bytes; networks compute in single precision either way."""
    keep_state: bool = False
    """Also keep torch's weights, for the torch runtime."""


@dataclass(frozen=True)
class Average:
    """The mean of checkpoints of one network that were trained from one another, for `weights export` and `--init`."""

    checkpoint: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE...")]
    """Two checkpoints or more."""
    output: Annotated[Path, tyro.conf.arg(metavar="FILE.pt")]
    """The checkpoint of the mean."""


@dataclass(frozen=True)
class Calibrate:
    """Fit the standard deviations to the errors on people that training held out, and write them into entry.json."""

    weights: tyro.conf.Positional[Path]
    """Folder of the weights."""
    photos: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Packs of photographs, as for `people3d train`."""
    synthetic: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Packs of rendered people, as for `people3d train`."""


@dataclass(frozen=True)
class Store:
    """Store weights anew, smaller or larger, in their folder. Networks compute in single precision either way."""

    weights: tyro.conf.Positional[Path]
    """Folder of the weights."""
    storage: Storage = "int8"
    """int8 takes half of float16's bytes and a quarter of float32's."""


@dataclass(frozen=True)
class Quantize:
    """A variant that computes in int8: faster where the processor multiplies int8. Measure: benchmarks/runtimes.py."""

    weights: tyro.conf.Positional[str]
    """Name or folder of the weights."""
    output: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """New folder for the int8 weights."""
    photos: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Packs of photographs to calibrate with."""
    synthetic: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Packs of rendered people to calibrate with."""
    people: int = 200
    """How many people of each to calibrate with."""


Command = Union[  # noqa: UP007  (tyro reads subcommands from a Union of annotated types)
    Annotated[List, tyro.conf.subcommand("list")],
    Annotated[Show, tyro.conf.subcommand("show")],
    Annotated[Verify, tyro.conf.subcommand("verify")],
    Annotated[ImportReleased, tyro.conf.subcommand("import-released")],
    Annotated[Export, tyro.conf.subcommand("export")],
    Annotated[Average, tyro.conf.subcommand("average")],
    Annotated[Calibrate, tyro.conf.subcommand("calibrate")],
    Annotated[Store, tyro.conf.subcommand("store")],
    Annotated[Quantize, tyro.conf.subcommand("quantize")],
]


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something is missing, damaged or does not fit (one line on stderr)."""
    command = parse(cast("type[Any]", Command), "weights", args)
    try:
        print(_run(command))
    except ImportError as error:
        return _refuse(f"{error} (torch and onnx come with: pip install 'people3d[train]')")
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else error)
    except ValueError as error:
        return _refuse(error)
    return 0


def _refuse(reason: object) -> int:
    print(f"people3d weights: {reason}", file=sys.stderr)
    return 2


def _run(command: List | Show | Verify | ImportReleased | Export | Average | Calibrate | Store | Quantize) -> str:
    match command:
        case List():
            return _list()
        case Show():
            return _show(find_entry(command.weights))
        case Verify():
            return _verify(find_entry(command.weights))
        case ImportReleased():
            from people3d.runtime.export import export_entry
            from people3d.runtime.trained import read_released

            networks = read_released(command.rootnet, command.posenet, command.skeleton)
            entry = export_entry(command.output, networks, storage="float32", keep_state=command.keep_state)
            return f"{_verify(entry)}\nuse them: people3d predict SOURCE --output DIR --weights {command.output}"
        case Export():
            from people3d.runtime.export import export_entry
            from people3d.runtime.trained import read_checkpoints

            views = parse_views(command.detector_views)
            networks = read_checkpoints(command.checkpoint, command.score_threshold, views)
            card = None if command.card is None else command.card.read_text(encoding="utf-8")
            entry = export_entry(
                command.output, networks, storage=command.storage, keep_state=command.keep_state, card=card
            )
            return _verify(entry)
        case Average():
            from people3d.train.average import average_checkpoints
            from people3d.train.checkpoint import save_checkpoint

            mean = average_checkpoints(command.checkpoint)
            save_checkpoint(command.output, mean)
            return f"{command.output}: {mean['network']}, the mean of {len(command.checkpoint)}"
        case Calibrate():
            return _calibrate(command)
        case Store():
            from people3d.runtime.entry import read_entry
            from people3d.runtime.storage import store_entry

            return _verify(store_entry(read_entry(command.weights), command.storage))
        case Quantize():
            from people3d.runtime.calibrate import held_out_people, some_crops
            from people3d.runtime.quantize import quantize_entry

            entry = find_entry(command.weights)
            crops = some_crops(held_out_people(_packs(command)), entry, command.people)
            return _verify(quantize_entry(entry, command.output, crops))


def _list() -> str:
    rows = []
    for name, folder in packaged_entries().items():
        entry = find_entry(name)
        rows.append(
            f"{name:<12} {entry.skeleton.name:<8} {_megabytes(entry):5.1f} MB  {', '.join(entry.networks)}  {folder}"
        )
    return "\n".join(rows) or "no weights come with this installation"


def _megabytes(entry: Entry) -> float:
    paths = [entry.folder / network.file for network in entry.networks.values()]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _show(entry: Entry) -> str:
    card = entry.folder / CARD_FILE
    text = f"\n{card.read_text(encoding='utf-8')}" if entry.card and card.is_file() else ""
    return f"{entry.folder}\n{entry.to_json()}{text}".rstrip()


def _verify(entry: Entry) -> str:
    """Raises ``WeightsError`` at the first file that is not what the entry says."""
    from people3d.detect.default import OnnxDetector
    from people3d.runtime.onnx_network import open_onnx

    entry.verify()
    rows = [f"{entry.folder}: {entry.skeleton.name}, {_megabytes(entry):.1f} MB"]
    for kind, network in entry.networks.items():
        if kind == "detector":
            OnnxDetector(entry.verified_path(kind), device="cpu")
        else:
            open_onnx(entry, kind, device="cpu")
        rows.append(f"  {kind:<8} ok  {network.input_size} px  sha256 {network.sha256}")
    return "\n".join(rows)


def _packs(command: Calibrate | Quantize) -> dict[str, Path]:
    """The folders of packs that were given."""
    sources = {"photos": command.photos, "synthetic": command.synthetic}
    given = {name: folder for name, folder in sources.items() if folder is not None}
    if not given:
        raise ValueError("expected --photos, --synthetic or both")
    return given


def _calibrate(command: Calibrate) -> str:
    """What was fitted, in words."""
    from people3d.runtime.calibrate import calibrate_entry, held_out_people
    from people3d.runtime.calibration import read_calibration
    from people3d.runtime.entry import read_entry

    entry = calibrate_entry(read_entry(command.weights), held_out_people(_packs(command)))
    rows = [str(entry.folder)]
    for kind in ("rootnet", "posenet"):
        calibration = read_calibration(entry.network(kind).calibration, kind)
        assert calibration is not None
        for name, c in calibration.corrections.items():
            rows.append(f"  {kind:<8} {name:<5} std → {c.factor:.4g} · std ^ {c.power:.3f}")
        if calibration.seen_std is not None:
            rows.append(f"  {kind:<8} seen up to a std of {calibration.seen_std:.4f} sides of the crop")
        rows.append(f"  {kind:<8} people " + ", ".join(f"{n} {source}" for source, n in calibration.people.items()))
    return "\n".join(rows)
