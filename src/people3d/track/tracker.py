"""Who is who from frame to frame: ByteTrack of the library ``trackers`` on boxes, and 3D distance where boxes cross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from people3d.people import People

# The depth of one person differs so much from frame to frame (a share, as one standard deviation), and more after time
# unseen: he may have walked. A depth that does not fit takes away this share of an overlap and not all of it, since a
# wrong depth must not end a track.
_STD_DEPTH, _STD_DEPTH_PER_S, _AT_MOST = 0.25, 0.2, 0.8
_CROSSING_IOU = 0.1  # boxes that share more than this may be taken for one another
_STEADY = 0.3  # share of the newest depth in a track's own; the rest is what it was
TRACK_EXTRA = "tracks need trackers: pip install 'people3d[video]'"


@dataclass
class _Known:
    """What is remembered of a track of the library: its number, how far away it is, and since when."""

    track: Any
    number: int
    depth_mm: float
    time_s: float


class Tracker:
    """Gives everybody a number that stays, frame by frame.

    Kalman filter and assignment are ByteTrack's (Zhang et al. 2022, as ``trackers`` has it), on overlaps of boxes.
    Where several boxes overlap with one, the overlap counts the less the further the roots are apart along the line of
    sight (across it the boxes say as much), so that people who cross keep their numbers by their depth.

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
            library_ids = np.asarray(found.tracker_id)
            for person, library_id in zip(found.data["person"], library_ids, strict=True):
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
        depth_mm = max(float(people.root_cam_mm[person, 2]), 1.0)
        known = self._known.get(id(track))
        if known is None:
            known = self._known[id(track)] = _Known(track, self.next_id, depth_mm, self._time_s)
            self.next_id += 1
        else:
            known.depth_mm *= (depth_mm / known.depth_mm) ** _STEADY
            known.time_s = self._time_s
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
            if known is not None and root is not None and root[2] > 0:
                std = np.hypot(_STD_DEPTH, _STD_DEPTH_PER_S * (self._time_s - known.time_s))
                apart = np.log(root[2] / known.depth_mm) / std
                weights[i, j] = 1 - _AT_MOST * (1 - np.exp(-0.5 * apart**2))
        return weights
