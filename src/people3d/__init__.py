"""people3d: where people are in 3D, in millimetres, from one photograph.

The public face: :class:`Predictor`, :class:`People`, :class:`Camera`, :class:`Skeleton`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from people3d.camera import Camera
from people3d.people import People
from people3d.skeleton import Skeleton

if TYPE_CHECKING:
    from people3d.predictor import Predictor

__version__ = "0.1.0"

__all__ = ["Camera", "People", "Predictor", "Skeleton", "__version__"]


def __getattr__(name: str):
    """``Predictor`` is imported when it is asked for: geometry alone needs none of what it needs."""
    if name == "Predictor":
        from people3d.predictor import Predictor

        return Predictor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
