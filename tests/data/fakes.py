"""Small fakes of the real data sets, written in exactly their own form."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from people3d.camera import Camera

CAMERA = Camera(1145.0, 1143.0, 512.0, 515.0)
SIZE = 1000, 1002  # width, height of most pictures


def body(rng: np.random.Generator, joints: int, root: tuple[float, float, float], root_joint: int = 0) -> np.ndarray:
    """(J, 3) camera mm: a cloud as large as a body about its root."""
    out = np.array(root) + rng.normal(0, [150, 350, 150], (joints, 3))
    out[root_joint] = root
    return out


def picture(path: Path, size: tuple[int, int] = SIZE, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    cv2.imwrite(str(path), cv2.resize(small, size))


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


# -- Human3.6M ---------------------------------------------------------------------------------------------------


def studio_camera(number: int) -> tuple[np.ndarray, np.ndarray]:
    """R (3, 3) and the position T (3,) of one of the four cameras, some 5 m from the middle of a room, z up."""
    angle = np.deg2rad(90 * number + 20)
    position = np.array([5000 * np.cos(angle), 5000 * np.sin(angle), 1600.0])
    forward = np.array([0, 0, 1000.0]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward]), position


def world_body(rng: np.random.Generator, frames: int) -> np.ndarray:
    """(F, 17, 3) world mm."""
    return np.array([200.0, -150, 1000]) + rng.normal(0, [150, 150, 400], (frames, 17, 3))


def human36m(root: Path, subjects=(1, 5, 6, 7, 8), frames: int = 6, positions: bool = False) -> None:
    """The parsed form; with ``positions`` as the released converter writes it, whose t is the camera's position."""
    number = 0
    for subject in subjects:
        rng = np.random.default_rng(subject)
        images, rows, cameras, world = [], [], {}, world_body(rng, frames)
        for cam in (1, 2):
            rotation, position = studio_camera(cam)
            t = position if positions else -rotation @ position
            cameras[str(cam)] = {"R": rotation.tolist(), "t": t.tolist(), "f": [1145.0, 1143.0], "c": [512.0, 515.0]}
            folder = f"s_{subject:02d}_act_02_subact_01_ca_{cam:02d}"
            for frame in range(frames):
                px = CAMERA.project((world[frame] - position) @ rotation.T)
                low, high = px.min(0), px.max(0)
                size = (high - low - 1) * 1.2
                name = f"{folder}/{folder}_{frame + 1:06d}.jpg"
                images.append(
                    {"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1], "subject": subject}
                    | {"action_name": "Directions", "action_idx": 2, "subaction_idx": 1, "cam_idx": cam}
                    | {"frame_idx": frame}
                )
                box = [*((low + high - size) / 2), *size]
                rows.append({"id": number, "image_id": number, "bbox": box, "keypoints_vis": [True] * 17})
                number += 1
                if frame % 5 == 0:
                    picture(root / "images" / name, seed=number)
        stem = root / "annotations" / f"Human36M_subject{subject}"
        write(Path(f"{stem}_data.json"), {"images": images, "annotations": rows})
        write(Path(f"{stem}_camera.json"), cameras)
        joints = {"2": {"1": {str(n): pose.tolist() for n, pose in enumerate(world)}}}
        write(Path(f"{stem}_joint_3d.json"), joints)


def human36m_raw(root: Path, subject: int = 1, frames: int = 3) -> np.ndarray:
    """The folders of the released MATLAB tool, two of a subject's; returns the world joints."""
    from scipy.io import savemat

    world = world_body(np.random.default_rng(subject), frames)
    for cam in (1, 2):
        rotation, position = studio_camera(cam)
        name = f"s_{subject:02d}_act_02_subact_01_ca_{cam:02d}"
        folder = root / "images" / name
        folder.mkdir(parents=True)
        ones = np.ones((frames, 1))
        fields = {"pose3d_world": world, "R": rotation, "T": position[None], "f": [[1145.0, 1143.0]]}
        sizes = {"c": [[512.0, 515.0]], "img_height": SIZE[1] * ones, "img_width": SIZE[0] * ones}
        savemat(folder / "h36m_meta.mat", fields | sizes)
        for frame in range(frames):
            picture(folder / f"{name}_{frame + 1:06d}.jpg", seed=frame)
    return world


# -- COCO-style sets ---------------------------------------------------------------------------------------------


def coco(root: Path, split: str = "train", nested: bool = True) -> None:
    """Two people in one picture, one without labelled joints, a crowd, and two pictures of nobody."""
    names = [f"{n:012d}.jpg" for n in (9, 25, 30, 34)]
    pictures = root / "images" / f"{split}2017" if nested else root / f"{split}2017"
    for n, name in enumerate(names):
        picture(pictures / name, (640, 480), seed=n)
    rng = np.random.default_rng(0)
    keypoints = np.concatenate([rng.uniform([220, 100], [380, 380], (17, 2)).round(), np.full((17, 1), 2)], 1)
    keypoints[5, 2] = 1  # a hidden left shoulder
    keypoints[12] = 0  # no right hip: no pelvis either
    row = {"category_id": 1, "iscrowd": 0, "bbox": [200.0, 80.0, 200.0, 320.0], "area": 30000.0, "num_keypoints": 16}
    row |= {"segmentation": [[200, 80, 400, 80, 400, 400]], "keypoints": keypoints.astype(int).ravel().tolist()}
    nothing = {"keypoints": [0] * 51, "num_keypoints": 0}
    rows = [
        {**row, "id": 101, "image_id": 9},
        {**row, "id": 102, "image_id": 9, **nothing},
        {**row, "id": 900100000025, "image_id": 25, "iscrowd": 1, **nothing},
    ]
    parts = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    names_of_joints = ["nose", *(f"{side}_{part}" for part in ("eye", "ear", *parts) for side in ("left", "right"))]
    images = [{"id": int(n[:-4]), "file_name": n, "width": 640, "height": 480, "license": 4} for n in names]
    category = {"id": 1, "name": "person", "supercategory": "person", "keypoints": names_of_joints}
    category["skeleton"] = [[16, 14], [14, 12]]
    document = {"info": {}, "licenses": [], "images": images, "annotations": rows, "categories": [category]}
    write(root / "annotations" / f"person_keypoints_{split}2017.json", document)


def mpii(root: Path) -> None:
    rng = np.random.default_rng(1)
    keypoints = np.concatenate([rng.uniform([500, 200], [700, 600], (16, 2)), np.ones((16, 1))], 1)
    keypoints[0] = 0
    images = [{"id": 4, "file_name": "images/015601864.jpg", "width": 1280, "height": 720}]
    row = {"id": 7, "image_id": 4, "category_id": 1, "iscrowd": 0, "bbox": [480.0, 180.0, 240.0, 440.0]}
    rows = [{**row, "num_keypoints": 15, "keypoints": keypoints.ravel().tolist()}]
    rows.append({**row, "id": 8, "num_keypoints": 0, "keypoints": [0] * 48})
    write(root / "annotations" / "train.json", {"images": images, "annotations": rows})
    picture(root / "images" / "015601864.jpg", (1280, 720))


def muco(root: Path) -> None:
    """One picture: somebody near, two people side by side less than 500 mm apart, one far from everybody."""
    rng = np.random.default_rng(2)
    roots = [(0, 0, 3000), (1200, 0, 4000), (1500, 100, 4500), (-1500, 0, 5000)]
    images = [
        {"id": 1, "file_name": "unaugmented_set/00/000001.jpg", "width": 2048, "height": 2048}
        | {"f": [1500.0, 1502.0], "c": [1024.0, 1020.0]}
    ]
    lens, rows = Camera(1500, 1502, 1024, 1020), []
    for n, at in enumerate(roots):
        joints = body(rng, 21, at, 14)
        px = lens.project(joints)
        low, size = px.min(0), px.max(0) - px.min(0)
        row = {"id": n, "image_id": 1, "bbox": [*low, *size], "keypoints_img": px.tolist()}
        rows.append({**row, "keypoints_cam": joints.tolist(), "keypoints_vis": [True] * 21})
    write(root / "MuCo-3DHP.json", {"images": images, "annotations": rows})
    picture(root / "unaugmented_set" / "00" / "000001.jpg", (2048, 2048))
    (root / "augmented_set").mkdir()


def mupots_people(sequence: int, frame: int) -> list[np.ndarray]:
    rng = np.random.default_rng((sequence, frame))
    return [body(rng, 17, (x, 0, z), 14) for x, z in ((-500, 4000), (600, 5500))]


def mupots_json(root: Path) -> None:
    images, rows = [], []
    for n in range(2):
        name = f"TS1/img_{n:06d}.jpg"
        images.append({"id": n, "file_name": name, "width": SIZE[0], "height": SIZE[1], "intrinsic": CAMERA.intrinsic})
        picture(root / "MultiPersonTestSet" / name, seed=n)
        for k, joints in enumerate(mupots_people(1, n)):
            px = CAMERA.project(joints)
            box = [*px.min(0), *(px.max(0) - px.min(0))]
            row = {
                "id": len(rows),
                "image_id": n,
                "bbox": box,
                "keypoints_img": px.tolist(),
                "is_valid": int(k + n < 2),
            }
            rows.append({**row, "keypoints_cam": joints.tolist(), "keypoints_vis": [True] * 17})
    write(root / "MuPoTS-3D.json", {"images": images, "annotations": rows})


def mupots_mat(root: Path, sequences=(1, 2), frames: int = 2) -> None:
    """As published: cells of structs whose arrays are 2 x 17 and 3 x 17."""
    from scipy.io import savemat

    for sequence in sequences:
        folder = root / "MultiPersonTestSet" / f"TS{sequence}"
        annotations, labels = np.empty((frames, 2), object), np.empty((frames, 2), object)
        for frame in range(frames):
            for person, joints in enumerate(mupots_people(sequence, frame)):
                annotations[frame, person] = {
                    "annot2": CAMERA.project(joints).T,
                    "annot3": joints.T,
                    "univ_annot3": joints.T * 0.95,
                    "isValidFrame": np.array([[float(person == 0 or frame == 0)]]),
                }
                labels[frame, person] = (np.arange(17) % 5 == 0).astype(float)[None]
            picture(folder / f"img_{frame:06d}.jpg", seed=frame)
        savemat(folder / "annot.mat", {"annotations": annotations})
        savemat(folder / "occlusion.mat", {"occlusion_labels": labels})


def pw3d(root: Path, split: str = "train") -> np.ndarray:
    """Returns the joints in metres, as the file has them."""
    joints = body(np.random.default_rng(3), 24, (100, 0, 4000)) / 1000
    joints[10] = [5.0, 0.0, 4.0]  # a toe outside the picture
    px = CAMERA.project(joints[np.arange(24) != 10] * 1000)
    image = {"id": 0, "file_name": "image_00000.jpg", "sequence": "courtyard_backpack_00", "width": 1080}
    image |= {"height": 1920, "cam_param": {"focal": [1145.0, 1143.0], "princpt": [512.0, 515.0]}}
    row = {"id": 3, "image_id": 0, "bbox": [*px.min(0), *(px.max(0) - px.min(0))], "joint_cam": joints.tolist()}
    write(root / f"3DPW_{split}.json", {"images": [image], "annotations": [row]})
    picture(root / "imageFiles" / "courtyard_backpack_00" / "image_00000.jpg", (1080, 1920))
    return joints


def own(root: Path, file_name: str = "a.jpg") -> None:
    """Our schema, people in COCO's joints with 3D for one of them."""
    from people3d.skeleton import SKELETONS

    joints = body(np.random.default_rng(4), 19, (0, 0, 3500), 18)
    flat = np.concatenate([CAMERA.project(joints), np.full((19, 1), 2)], 1)
    flat[3, 2], flat[4, 2] = 1, 0
    category = {"id": 1, "name": "person", "keypoints": list(SKELETONS["coco19"].joints)}
    row = {"image_id": 1, "category_id": 1, "keypoints": flat.ravel().tolist()}
    rows = [{**row, "id": 1, "keypoints_cam": joints.tolist()}, {**row, "id": 2}, {**row, "id": 3, "is_valid": 0}]
    images = [{"id": 1, "file_name": file_name, "intrinsic": CAMERA.intrinsic}]
    write(root / "annotations.json", {"images": images, "annotations": rows, "categories": [category]})
    picture(root / "images" / file_name)


# -- MPI-INF-3DHP ------------------------------------------------------------------------------------------------

STUDIO = 256  # px of the fake studio's square pictures, 2048 in the real one


def studio_lens(subject: int, camera: int) -> Camera:
    return Camera(190.0 + subject, 191.0 + subject, 128.0 + camera, 127.0)


def mpi_body(subject: int, sequence: int, frame: int) -> np.ndarray:
    """(28, 3) camera mm: near the axis, the higher the subject's number the further away."""
    rng = np.random.default_rng((subject, sequence, frame))
    return np.array([150.0 * (subject - 2), 0, 2500 + 600 * subject]) + rng.normal(0, [120, 300, 60], (28, 3))


def video(path: Path, pictures: list[np.ndarray]) -> None:
    """Lossless, so that masks keep their values; (H, W, 3) RGB frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 25, (width, height))
    assert writer.isOpened()
    for frame in pictures:
        writer.write(frame[..., ::-1])
    writer.release()


def mpi_inf_3dhp(root: Path, subjects=(1, 2, 3), frames: int = 6, cameras=(0, 2), sequence: int = 1) -> None:
    """Recordings in which the body is a disc of the subject's colour before a green screen."""
    from scipy.io import savemat

    for subject in subjects:
        folder = root / f"S{subject}" / f"Seq{sequence}"
        two, three = np.empty((14, 1), object), np.empty((14, 1), object)
        lines = ["Skeletool Camera Calibration File V1.0"]
        for camera in range(14):
            lens = studio_lens(subject, camera)
            joints = np.stack([mpi_body(subject, sequence, f) for f in range(frames)])
            px = lens.project(joints)
            two[camera, 0], three[camera, 0] = px.reshape(frames, 56), joints.reshape(frames, 84)
            lines += [
                f"name          {camera}",
                "  sensor      10 10",
                f"  size        {STUDIO} {STUDIO}",
                "  animated    0",
                f"  intrinsic   {lens.fx} 0 {lens.cx} 0 0 {lens.fy} {lens.cy} 0 0 0 1 0 0 0 0 1 ",
                "  extrinsic   1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 ",
                "  radial      0",
            ]
            if camera in cameras:
                _recording(folder, camera, subject, px)
        numbers = np.arange(14)[None].astype(np.uint8)
        folder.mkdir(parents=True, exist_ok=True)
        fields = {"annot2": two, "annot3": three, "univ_annot3": three, "cameras": numbers}
        savemat(folder / "annot.mat", fields | {"frames": np.arange(frames)[:, None]})
        (folder / "camera.calibration").write_text("\n".join(lines) + "\n")


def _recording(folder: Path, camera: int, subject: int, px: np.ndarray) -> None:
    colour = SUBJECT_COLOURS[subject]
    pictures, masks, chairs = [], [], []
    for joints in px:
        centre = tuple(int(v) for v in joints.mean(0).round())
        radius = int(np.linalg.norm(joints - joints.mean(0), axis=1).max()) + 3
        screen = np.zeros((STUDIO, STUDIO, 3), np.uint8) + np.array([20, 160, 40], np.uint8)
        pictures.append(cv2.circle(screen, centre, radius, colour, cv2.FILLED))
        masks.append(cv2.circle(np.zeros_like(screen), centre, radius, (255, 0, 0), cv2.FILLED))
        chairs.append(np.full_like(screen, 255))
    for kind, frames in (("imageSequence", pictures), ("FGmasks", masks), ("ChairMasks", chairs)):
        video(folder / kind / f"video_{camera}.avi", frames)


SUBJECT_COLOURS = {1: (220, 30, 30), 2: (30, 30, 220), 3: (230, 230, 60)}


def mpi_inf_3dhp_test(root: Path, frames: int = 3) -> np.ndarray:
    """``TS1`` as published, a MATLAB 7.3 file: HDF5 with the axes in reverse. Returns (F, 17, 3) camera mm."""
    import h5py

    folder = root / "TS1"
    joints = np.stack([body(np.random.default_rng(f), 17, (0, 0, 3000), 14) for f in range(frames)])
    folder.mkdir(parents=True)
    with h5py.File(folder / "annot_data.mat", "w", userblock_size=512) as file:
        file["annot2"], file["annot3"] = CAMERA.project(joints)[:, None], joints[:, None]
        file["univ_annot3"], file["valid_frame"] = joints[:, None], np.arange(frames)[:, None] != 1
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  2 12:00:00 2017 HDF5 schema 1.00 ."
    with (folder / "annot_data.mat").open("r+b") as file:
        file.write(head.ljust(512))
    for frame in range(frames):
        picture(folder / "imageSequence" / f"img_{frame + 1:06d}.jpg", seed=frame)
    return joints
