"""Who is who from frame to frame: ByteTrack of the library ``trackers`` on boxes, and 3D distance where boxes cross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from people3d.people import People

# How far somebody may seem to move between two frames in which he is seen, as one standard deviation: most of it is the
# error of the depth, which grows with the distance. Lost people may have walked meanwhile.
_STD_MM, _STD_PER_DEPTH, _WALK_MM_S = 200.0, 0.06, 1000.0
_CROSSING_IOU = 0.1  # boxes that share more than this may be taken for one another
_STEADY = 0.3  # share of the newest depth in a track's own; the rest is what it was
TRACK_EXTRA = "tracks need trackers: pip install 'people3d[video]'"


@dataclass
class _Known:
    """What is remembered of a track of the library: its number, and where it was last."""

    track: Any
    number: int
    root_cam_mm: np.ndarray
    time_s: float


class Tracker:
    """Gives everybody a number that stays, frame by frame.

    Kalman filter and assignment are ByteTrack's (Zhang et al. 2022, as ``trackers`` has it), on overlaps of boxes.
    Where several boxes overlap with one, the overlap counts the less the further the roots are apart in space, so that
    people who cross keep their numbers by their depth.

    Args:
        fps: nominal frames a second; the true times are used.
        lost_s: how long somebody who is not seen keeps his number.
        first_id: number of the first person.
        use_depth: whether distance in space counts.

    Raises:
        ImportError: ``trackers`` is missing.
    """

    def __init__(self, fps: float = 25.0, lost_s: float = 1.0, first_id: int = 1, use_depth: bool = True) -> None:
        try:
            from trackers import ByteTrackTracker

            from people3d.track.affinity import affinity
        except ImportError as error:
            raise ImportError(f"{TRACK_EXTRA} ({error})") from error
        self.next_id = first_id
        self._use_depth, self._time_s = use_depth, 0.0
        self._roots_by_box: dict[bytes, np.ndarray] = {}
        self._known: dict[int, _Known] = {}  # by the identity of the track, which it keeps alive
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(30 * lost_s),  # the library counts at 30 a second
            frame_rate=fps,
            track_activation_threshold=0.0,  # whom the detector is sure enough of, is tracked
            minimum_consecutive_frames=1,
            high_conf_det_threshold=0.5,
            iou=affinity(self._weights),
        )

    def __call__(self, people: People, time_s: float) -> People:
        """The same people with ``track_ids``. ``time_s`` must grow from frame to frame."""
        import supervision

        boxes = people.boxes_xyxy.astype(np.float64)
        self._time_s = time_s
        self._roots_by_box = {box.tobytes(): root for box, root in zip(boxes, people.root_cam_mm, strict=True)}
        detections = supervision.Detections(
            xyxy=boxes, confidence=people.scores.astype(np.float64), data={"person": np.arange(len(people))}
        )
        found = self._tracker.update(detections, timestamp=time_s)
        ids = np.zeros(len(people), np.int64)
        if len(people):
            by_library_id = {t.tracker_id: t for t in self._tracker.tracks if t.tracker_id >= 0}
            for person, library_id in zip(found.data["person"], found.tracker_id, strict=True):
                if library_id >= 0:
                    ids[person] = self._see(by_library_id[library_id], people, int(person))
            self._number_new(ids, people, boxes)
        alive = {id(track) for track in self._tracker.tracks}
        self._known = {key: known for key, known in self._known.items() if key in alive}
        return replace(people, track_ids=ids)

    def _number_new(self, ids: np.ndarray, people: People, boxes: np.ndarray) -> None:
        """The library numbers a track when it is seen again; here it has its number from the first frame."""
        for track in self._tracker.tracks:
            if id(track) not in self._known:
                apart = np.abs(boxes - track.get_state_bbox()).max(1) + np.where(ids > 0, np.inf, 0)
                person = int(apart.argmin())
                if np.isfinite(apart[person]):
                    ids[person] = self._see(track, people, person)

    def _see(self, track: Any, people: People, person: int) -> int:
        root = people.root_cam_mm[person]
        known = self._known.get(id(track))
        if known is None:
            known = self._known[id(track)] = _Known(track, self.next_id, root, self._time_s)
            self.next_id += 1
        else:
            depth = np.exp((1 - _STEADY) * np.log(known.root_cam_mm[2]) + _STEADY * np.log(root[2]))
            known.root_cam_mm, known.time_s = root * (depth / root[2]), self._time_s
        return known.number

    def _weights(self, tracks_xyxy: np.ndarray, boxes_xyxy: np.ndarray, overlaps: np.ndarray) -> np.ndarray:
        """(T, N) in 0..1: what to multiply the overlaps of T predicted boxes with N found ones by."""
        weights = np.ones(overlaps.shape)
        crossing = overlaps > _CROSSING_IOU
        unsure = crossing & ((crossing.sum(0) > 1)[None] | (crossing.sum(1) > 1)[:, None])
        if not self._use_depth or not unsure.any():
            return weights
        by_box = {np.asarray(t.get_state_bbox(), tracks_xyxy.dtype).tobytes(): t for t in self._tracker.tracks}
        for i, j in np.argwhere(unsure):
            track = by_box.get(tracks_xyxy[i].tobytes())
            known = self._known.get(id(track))
            root = self._roots_by_box.get(boxes_xyxy[j].astype(np.float64).tobytes())
            if known is not None and root is not None:
                std = _STD_MM + _STD_PER_DEPTH * root[2] + _WALK_MM_S * (self._time_s - known.time_s)
                weights[i, j] = np.exp(-0.5 * (np.linalg.norm(root - known.root_cam_mm) / std) ** 2)
        return weights
