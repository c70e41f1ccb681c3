"""NPZ: everything as numpy arrays, without pickles; camera space, mm."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from people3d.export.recording import Recording
from people3d.files import write_whole


def write(recording: Recording, path: Path) -> list[str]:
    """P people, J joints, I images; ``image_index`` (P,) says who is in which image."""
    people, skeleton = recording.people, recording.skeleton
    out = io.BytesIO()
    np.savez_compressed(
        out,
        joints_cam_mm=people.joints_cam_mm,
        joints_px=people.joints_px,
        joint_flags=np.nan_to_num(people.joint_flags).astype(np.uint8),
        root_cam_mm=people.root_or_pelvis_mm,
        boxes_xywh=people.boxes_xywh,
        scores=people.scores,
        track_ids=recording.track_ids,
        filled=recording.filled,
        image_index=people.image_index,
        file_names=np.array(recording.file_names, dtype=np.str_),
        frame_indices=recording.frame_indices,
        times_s=recording.times_s,
        intrinsics=recording.cameras,
        joint_names=np.array(skeleton.joints, dtype=np.str_),
        edges=np.array(skeleton.edges, int).reshape(-1, 2),
        skeleton=np.array(skeleton.name),
    )
    write_whole(path, out.getvalue())
    return []
