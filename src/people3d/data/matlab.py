"""MATLAB files: version 5 (scipy) and version 7.3, which is HDF5 (h5py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from people3d.evaluate.released import load_mat

_HDF5 = b"MATLAB 7.3 MAT-file"
_DENSEST = 1100  # bytes out of a byte of file: deflate cannot pack more densely


def read_mat(path: Path) -> dict[str, Any]:
    """The variables of a file, indexed as in MATLAB. Of version 7.3 only numeric arrays are read.

    Raises:
        ValueError: it is no MATLAB file, or a library is missing: the message names the extra to install.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(len(_HDF5))
    if head != _HDF5:
        return load_mat(path)
    try:
        import h5py
    except ImportError:
        raise ValueError(f"{path}: MATLAB 7.3 needs h5py: pip install 'people3d[datasets]'") from None
    try:
        with h5py.File(path, "r") as file:
            numeric = {n: d for n, d in file.items() if isinstance(d, h5py.Dataset) and d.dtype.kind in "biuf"}
            if sum(data.nbytes for data in numeric.values()) > _DENSEST * path.stat().st_size:
                raise ValueError(f"{path}: its variables say that they are larger than the file can hold")
            return {name: np.asarray(data).T for name, data in numeric.items()}  # HDF5 stores the axes in reverse
    except OSError as error:
        raise ValueError(f"{path}: expected a MATLAB 7.3 file, h5py finds none ({error})") from None


def variable(variables: dict[str, Any], name: str, path: Path) -> np.ndarray:
    """One variable; ``ValueError`` that lists what there is where it is missing."""
    if name not in variables:
        there = ", ".join(n for n in variables if not n.startswith("__")) or "nothing"
        raise ValueError(f"{path}: expected a variable {name}, got {there}")
    return np.asarray(variables[name])
