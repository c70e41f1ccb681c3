"""MPI-INF-3DHP as published: ``S{n}/Seq{m}/`` with annot.mat, camera.calibration and videos; ``TS{n}/`` for testing.

Training sequences: ``annot2`` and ``annot3`` hold for each camera a row a frame of 28 joints, in px and in mm of that
camera's own space. Pictures are the frames of ``imageSequence/video_{c}.avi`` or, where those were taken apart,
``imageSequence/img_{c}_{i:06d}.jpg`` or ``imageFrames/video_{c}/frame_{i:06d}.jpg``, counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from people3d.camera import Camera
from people3d.data.labels import Counts, Dataset, LabelledImage, Part, first_existing
from people3d.data.matlab import read_mat, variable
from people3d.data.pictures import video_length
from people3d.data.pinhole_fit import fit_camera
from people3d.data.rules import EVERY_NTH_FRAME, box_from_joints
from people3d.skeleton import SKELETONS

JOINTS = 28
# MuCo-3DHP's 21 joints among the 28: the set that the data set's own tools call "extended".
MUCO21 = np.array([8, 6, 15, 16, 17, 10, 11, 12, 24, 25, 26, 19, 20, 21, 5, 4, 7, 18, 13, 28, 23]) - 1
# Frames of each subject's two sequences (mpii_get_sequence_info of the data set's tools); annotations may go on longer.
FRAMES = {
    1: (6416, 12430), 2: (6502, 6081), 3: (12488, 12283), 4: (6171, 6675),
    5: (12820, 12312), 6: (6188, 6145), 7: (6239, 6320), 8: (6468, 6054),
}  # fmt: skip
BAD_MASKS = {(1, 2), (4, 2)}  # subject, sequence whose green screen mask the same tools advise against
CAMERAS = 14
TEST_SEQUENCES = 6
_MUCO21, _MUCO17 = SKELETONS["muco21"], SKELETONS["muco17"]


@dataclass(frozen=True)
class Sequence:
    """A training sequence: for each camera that is labelled (F, 21, 2) px, (F, 21, 3) camera mm, lens, (w, h) px."""

    folder: Path
    joints_px: dict[int, np.ndarray]
    joints_cam_mm: dict[int, np.ndarray]
    lenses: dict[int, Camera]
    sizes: dict[int, tuple[int, int]]

    def picture(self, camera: int, frame: int, kind: str = "imageSequence") -> tuple[Path, int | None]:
        """Where a picture or mask (``FGmasks``, ``ChairMasks``) is: a video and the frame, or a still and None."""
        video = self.folder / kind / f"video_{camera}.avi"
        stills = [self.folder / kind / f"img_{camera}_{frame + 1:06d}.jpg"]
        if kind == "imageSequence":
            stills.append(self.folder / "imageFrames" / f"video_{camera}" / f"frame_{frame + 1:06d}.jpg")
        still = next((path for path in stills if path.exists()), None)
        return (still, None) if still and not video.exists() else (video, frame)

    def length(self, camera: int) -> int:
        """Frames that are labelled and, of a video, there."""
        picture, frame = self.picture(camera, 0)
        labelled = len(self.joints_px[camera])
        return labelled if frame is None else min(labelled, video_length(picture))

    def cameras(self) -> list[int]:
        """Those whose pictures are there."""
        return [c for c in sorted(self.joints_px) if self.picture(c, 0)[0].exists()]


def read_calibration(path: Path) -> dict[int, tuple[Camera, tuple[int, int]]]:
    """``camera.calibration`` (Skeletool V1.0): camera number → lens and (width, height).

    Raises:
        ValueError: it is not such a file.
    """
    out: dict[int, tuple[Camera, tuple[int, int]]] = {}
    number, size = None, (0, 0)
    try:
        for line in path.read_text(errors="replace").splitlines():
            key, *values = line.split() or [""]
            if key == "name":
                number = int(values[0])
            elif key == "size":
                size = int(float(values[0])), int(float(values[1]))
            elif key == "intrinsic" and number is not None:
                matrix = np.array(values, float).reshape(4, 4)
                out[number] = Camera(matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]), size
    except (ValueError, IndexError) as error:
        raise ValueError(f"{path}: not a Skeletool camera calibration ({error})") from None
    if not out:
        raise ValueError(f"{path}: expected cameras with name, size and intrinsic, got none")
    return out


def read_sequence(folder: Path) -> Sequence:
    """``S{n}/Seq{m}``; raises ``ValueError`` or ``OSError`` where a file is not as published."""
    path = folder / "annot.mat"
    data = read_mat(path)
    lenses = read_calibration(folder / "camera.calibration")
    flat, deep = variable(data, "annot2", path), variable(data, "annot3", path)
    numbers = variable(data, "cameras", path).ravel() if "cameras" in data else np.arange(flat.size)
    if flat.dtype != object or deep.dtype != object or not flat.size == deep.size == numbers.size:
        raise ValueError(f"{path}: expected annot2, annot3 and cameras with one cell a camera, got {flat.shape} …")
    subject, sequence = (int("".join(filter(str.isdigit, name)) or 0) for name in (folder.parent.name, folder.name))
    frames = FRAMES[subject][sequence - 1] if subject in FRAMES and sequence in (1, 2) else None
    px, cam = {}, {}
    for number, two, three in zip(numbers, flat.ravel(), deep.ravel(), strict=True):
        two, three = two[:frames], three[:frames]
        if two.shape[1:] != (2 * JOINTS,) or three.shape != (len(two), 3 * JOINTS):
            raise ValueError(f"{path}: expected rows of {2 * JOINTS} and {3 * JOINTS} numbers, got {two.shape} …")
        if int(number) in lenses:
            px[int(number)] = two.reshape(-1, JOINTS, 2)[:, MUCO21].astype(np.float32)
            cam[int(number)] = three.reshape(-1, JOINTS, 3)[:, MUCO21].astype(np.float32)
    return Sequence(folder, px, cam, {n: v[0] for n, v in lenses.items()}, {n: v[1] for n, v in lenses.items()})


def parts(root: Path, split: str) -> list[Part]:
    """A part a sequence."""
    if split == "test":
        base = first_existing(root / "mpi_inf_3dhp_test_set", root)
        names = [f"TS{n}" for n in range(1, TEST_SEQUENCES + 1)]
        return [
            Part(n, (base / n / "annot_data.mat", base / n / "imageSequence"), lambda n=n: _test(base / n))
            for n in names
        ]
    every = EVERY_NTH_FRAME["train"]
    out = []
    for subject, sequences in FRAMES.items():
        for sequence, frames in enumerate(sequences, 1):
            folder = root / f"S{subject}" / f"Seq{sequence}"
            needs = folder / "annot.mat", folder / "camera.calibration"
            pictures = first_existing(folder / "imageSequence", folder / "imageFrames")
            read = lambda folder=folder: _train(folder, every)  # noqa: E731
            out.append(Part(f"S{subject}/Seq{sequence}", (*needs, pictures), read, -(-frames // every) * CAMERAS))
    return out


def _train(folder: Path, every: int) -> Iterator[LabelledImage]:
    sequence = read_sequence(folder)
    if not sequence.cameras():
        raise ValueError(f"{folder}: expected imageSequence/video_0.avi …, or stills of them, found none")
    for camera in sequence.cameras():
        px, cam = sequence.joints_px[camera].astype(float), sequence.joints_cam_mm[camera].astype(float)
        boxes = box_from_joints(px)
        for i in range(0, sequence.length(camera), every):
            picture, frame = sequence.picture(camera, i)
            width, height = sequence.sizes[camera]
            lens = sequence.lenses[camera]
            yield _one(picture, frame, px[i], cam[i], boxes[i], lens, (width, height), _MUCO21)


def _test(folder: Path) -> Iterator[LabelledImage]:
    path = folder / "annot_data.mat"
    data = read_mat(path)
    arrays = []
    for name, width in (("annot2", 2), ("annot3", 3)):
        values = variable(data, name, path).astype(float)
        if values.shape[:2] != (width, 17):
            raise ValueError(f"{path}: {name}: expected {width} x 17 x 1 x frames, got {values.shape}")
        arrays.append(values.reshape(width, 17, -1).transpose(2, 1, 0))
    px, cam = arrays
    valid = variable(data, "valid_frame", path).ravel().astype(bool)
    if not len(px) == len(cam) == len(valid):
        raise ValueError(f"{path}: expected as many valid_frame as annotations, got {len(valid)} and {len(px)}")
    lens = fit_camera(cam[valid].reshape(-1, 3), px[valid].reshape(-1, 2), str(path))
    for i in np.flatnonzero(valid):
        picture = folder / "imageSequence" / f"img_{i + 1:06d}.jpg"
        yield _one(picture, None, px[i], cam[i], box_from_joints(px[i]), lens, (0, 0), _MUCO17)


def _one(picture, frame, px, cam, box, lens, size, skeleton) -> LabelledImage:
    """A picture with one person."""
    return LabelledImage(
        picture=picture,
        frame=frame,
        skeleton=skeleton,
        boxes_xywh=box[None],
        joints_px=px[None],
        joints_cam_mm=cam[None],
        weights=np.ones((1, len(skeleton))),
        root_depth_mm=cam[None, skeleton.root, 2],
        camera=lens,
        width=size[0],
        height=size[1],
    )


MPI_INF_3DHP = Dataset(
    name="mpi-inf-3dhp",
    title="MPI-INF-3DHP",
    skeleton=_MUCO21,
    splits=("train", "test"),
    parts=parts,
    published={
        "train": Counts("MPI-INF-3DHP: 8 subjects, 2 sequences each", parts=16),
        "test": Counts("MPI-INF-3DHP: valid frames of 6 sequences", parts=6, images=2929),
    },
)
