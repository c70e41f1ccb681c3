"""Results in the formats of other programs; ``people3d export`` (docs/exports.md). One format a module."""

from __future__ import annotations

from people3d.export.formats import FORMATS, Format, Job, jobs
from people3d.export.recording import Recording, load_recording
from people3d.export.scenes import Scene, Track, scenes_of
from people3d.export.upright import World, camera_world, upright_world

__all__ = [
    "FORMATS",
    "Format",
    "Job",
    "Recording",
    "Scene",
    "Track",
    "World",
    "camera_world",
    "jobs",
    "load_recording",
    "scenes_of",
    "upright_world",
]
