"""Libraries that only exports need."""

from __future__ import annotations

import importlib
from types import ModuleType


def need(module: str, what: str) -> ModuleType:
    """The imported module; ``ImportError`` that names the extra to install where it is missing."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != module.split(".")[0]:
            raise
        raise ImportError(f'{what} needs the package {module}: pip install "people3d[export]"') from error
