"""people3d: where people are in 3D, in millimetres, from one photograph.

The public face: :class:`Predictor`, :class:`People`, :class:`Camera`, :class:`Skeleton`.
"""

from people3d.camera import Camera
from people3d.people import People
from people3d.skeleton import Skeleton

__version__ = "0.1.0"

__all__ = ["Camera", "People", "Skeleton", "__version__"]
