"""``people3d doctor``: what is installed, which devices and weights there are, what is missing."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib import metadata

from people3d import __version__
from people3d.commands import parse
from people3d.runtime import DEFAULT, WeightsError, packaged_entries
from people3d.runtime.entry import read_entry


@dataclass(frozen=True)
class Doctor:
    """What is installed, which devices and weights there are, what is missing and how to install it."""


def main(args: list[str]) -> int:
    """Returns 0 where people3d predict can run, else 2."""
    parse(Doctor, "doctor", args)
    print(f"people3d {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    well = [_libraries(), _devices(), _weights()]
    return 0 if all(well) else 2


def _libraries() -> bool:
    """What people3d needs, and its extras, from the installed package's own list."""
    try:
        needed = _requirements()
    except metadata.PackageNotFoundError:
        print("\npeople3d is run from its source and not installed, so what it needs is not known (pip install -e .)")
        return True
    print("\nneeded")
    missing = _print_versions(needed.pop("", []))
    if missing:
        print("  reinstall people3d: pip install --force-reinstall people3d")
    for extra, names in sorted(needed.items()):
        print(f"\nextra {extra}")
        if _print_versions(names):
            print(f"  to install it: pip install 'people3d[{extra}]'")
    return not missing


def _requirements() -> dict[str, list[str]]:
    """Names of packages by extra; those of the light install under ''. Raises ``PackageNotFoundError``."""
    by_extra: dict[str, list[str]] = {}
    for line in metadata.requires("people3d") or []:
        name, extra = re.match(r"[\w.-]+", line), re.search(r"""extra\s*==\s*['"]([\w-]+)""", line)
        if name and name[0] != "people3d" and "python_version <" not in line.replace("'", "").replace('"', ""):
            by_extra.setdefault(extra[1] if extra else "", []).append(name[0])
    return by_extra


def _print_versions(names: list[str]) -> bool:
    """Whether any is missing."""
    missing = False
    for name in sorted(names):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version, missing = "missing", True
        print(f"  {name:<34} {version}")
    return missing


def _devices() -> bool:
    print("\ndevices")
    try:
        import onnxruntime
    except ImportError as error:
        print(f"  onnxruntime cannot be loaded: {error}")
        return False
    providers = [p.removesuffix("ExecutionProvider") for p in onnxruntime.get_available_providers()]
    print(f"  onnxruntime: {', '.join(providers)}")
    try:
        import torch
    except ImportError:
        print("  torch: not installed; predict does not need it")
        return True
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    names += ["Apple MPS"] if torch.backends.mps.is_available() else []
    print(f"  torch: {', '.join(names) or 'CPU only'}")
    return True


def _weights() -> bool:
    """Whether the default weights are there and whole."""
    print("\nweights")
    entries, whole = packaged_entries(), set()
    for name, folder in entries.items():
        try:
            entry = read_entry(folder)
            entry.verify()
        except WeightsError as error:
            print(f"  {name}: {error}")
            continue
        whole.add(name)
        print(f"  {name}: {entry.skeleton.name}, hashes are right")
        for kind, network in entry.networks.items():
            print(f"    {kind:<9} {network.input_size:>4} px  sha256 {network.sha256[:16]}  {network.file}")
    if DEFAULT not in entries:
        print(f"  {DEFAULT}: none come with this installation; give a folder with --weights")
    return DEFAULT in whole
