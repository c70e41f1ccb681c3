"""What has a beginning and an end: a photograph, or a video with each person's way through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from people3d.export.recording import Recording, is_known
from people3d.export.upright import World
from people3d.skeleton import Skeleton

DEFAULT_RATE_HZ = 30.0  # where neither the file nor the user knows better


@dataclass(frozen=True)
class Track:
    """One person: ``joints_mm`` (F, J, 3), NaN in the frames without them; ``rows`` (F,) of the recording, else -1."""

    id: int
    joints_mm: np.ndarray
    rows: np.ndarray

    @property
    def name(self) -> str:
        return f"person{self.id}"

    @property
    def present(self) -> np.ndarray:
        """(F,) bool: frames in which any joint is known."""
        return np.asarray(is_known(self.joints_mm).any(-1))


@dataclass(frozen=True)
class Scene:
    """F frames of one camera.

    Attributes:
        name: for files: the picture's or the video's stem.
        times_s: (F,) rising; rate_hz: frames a second.
        frame_indices: (F,) place in the video.
        cameras: (F, 4) fx, fy, cx, cy in px; size: width and height in px; either may be NaN.
        space: "camera" (x right, y down, z forward) or "world" (Y up), of the tracks' joints.
        world: how "world" lies in camera space; None until :meth:`in_world`.
        untracked: how many detections belong to no track and are left out.
    """

    name: str
    file_names: tuple[str, ...]
    frame_indices: np.ndarray
    times_s: np.ndarray
    rate_hz: float
    skeleton: Skeleton
    tracks: tuple[Track, ...]
    cameras: np.ndarray
    size: tuple[float, float]
    space: str = "camera"
    world: World | None = None
    untracked: int = 0

    def in_world(self, world: World) -> Scene:
        """The same scene with its joints in the axes of ``world``."""
        tracks = tuple(replace(t, joints_mm=world.from_camera(t.joints_mm)) for t in self.tracks)
        return replace(self, tracks=tracks, space="world", world=world)

    def of(self, track: Track) -> Scene:
        """The scene of one person alone, from the first frame with them to the last."""
        frames = np.flatnonzero(track.present)
        part = slice(frames[0], frames[-1] + 1)
        alone = Track(track.id, track.joints_mm[part], track.rows[part])
        return replace(
            self,
            tracks=(alone,),
            file_names=self.file_names[part],
            frame_indices=self.frame_indices[part],
            times_s=self.times_s[part],
            cameras=self.cameras[part],
        )


def scenes_of(recording: Recording, rate_hz: float | None = None) -> list[Scene]:
    """Photographs are a scene each, their people numbered as in the file; the frames of a video are one scene.

    Frames of a video are told by ``frame_index``; images without it are one video where the same ``track_id`` is in
    several of them.

    Args:
        rate_hz: frames a second; from the frames' times where None, else 30.

    Raises:
        ValueError: a rate that is not positive.
    """
    if rate_hz is not None and not 0 < rate_hz < 1e6:
        raise ValueError(f"expected a positive number of frames a second, got {rate_hz}")
    return [_scene(recording, frames, name, video, rate_hz) for frames, name, video in _groups(recording)]


def _groups(recording: Recording) -> list[tuple[list[int], str, bool]]:
    """Images (their indices) that make up a scene, its name, and whether it is a video."""
    names, index = recording.file_names, recording.frame_indices
    if len(names) > 1 and (index < 0).all() and _tracks_go_on(recording):
        return [(list(range(len(names))), "frames", True)]
    groups: list[tuple[list[int], str, bool]] = []
    before = None  # source and place of the frame before
    for i, file_name in enumerate(names):
        if index[i] < 0:
            groups.append(([i], PurePosixPath(file_name).stem, False))
            before = None
            continue
        # Frames of a file are called "video.mp4#000012"; pictures that are frames share their folder.
        video, _, _ = file_name.rpartition("#")
        source = video or str(PurePosixPath(file_name).parent)
        if before is not None and before[0] == source and before[1] < index[i]:
            groups[-1][0].append(i)
        else:
            groups.append(([i], PurePosixPath(source).stem or "frames", True))
        before = source, index[i]
    return groups


def _tracks_go_on(recording: Recording) -> bool:
    """Whether a track is in several images."""
    where = np.stack([recording.track_ids, recording.people.image_index], 1)[recording.track_ids > 0]
    images_of = np.unique(np.unique(where, axis=0)[:, 0], return_counts=True)[1]
    return bool((images_of > 1).any())


def _scene(recording: Recording, frames: list[int], name: str, video: bool, rate_hz: float | None) -> Scene:
    people, index = recording.people, np.array(frames)
    rows = np.flatnonzero(np.isin(people.image_index, index))
    frame_of = {image: f for f, image in enumerate(frames)}
    ids = recording.track_ids[rows] if video else np.arange(1, len(rows) + 1)
    if video and len(rows) == len(set(people.image_index[rows])) and not ids.any():
        ids = np.ones(len(rows), int)  # never more than one person: it is the same
    if not video and len(set(recording.track_ids[rows])) == len(rows) and recording.track_ids[rows].all():
        ids = recording.track_ids[rows]
    tracks, j = [], len(recording.skeleton)
    for track_id in sorted(set(ids.tolist()) - {0}):
        joints, row_of = np.full((len(frames), j, 3), np.nan), np.full(len(frames), -1)
        for row in rows[ids == track_id].tolist():
            at = frame_of[int(people.image_index[row])]
            joints[at], row_of[at] = people.joints_cam_mm[row], row
        tracks.append(Track(track_id, joints, row_of))
    times, rate = _times(recording, index, rate_hz)
    image = people.images[frames[0]]
    size = tuple(float(v) if isinstance(v, int | float) else np.nan for v in (image.get("width"), image.get("height")))
    order = recording.frame_indices[index]
    return Scene(
        name=name,
        file_names=tuple(recording.file_names[i] for i in frames),
        frame_indices=np.where(order < 0, np.arange(len(frames)), order),
        times_s=times,
        rate_hz=rate,
        skeleton=recording.skeleton,
        tracks=tuple(tracks),
        cameras=recording.cameras[index],
        size=(size[0], size[1]),
        untracked=int((ids == 0).sum()),
    )


def _times(recording: Recording, index: np.ndarray, rate_hz: float | None) -> tuple[np.ndarray, float]:
    """Times of the frames, and how many there are in a second."""
    times, order = recording.times_s[index], recording.frame_indices[index]
    if rate_hz is None and len(index) > 1 and np.isfinite(times).all() and (np.diff(times) > 0).all():
        return times, float(1 / np.median(np.diff(times)))
    rate = rate_hz or DEFAULT_RATE_HZ
    order = order if (order >= 0).all() else np.arange(len(index))
    return (order - order[0]) / rate, rate
