"""The released code's files and MuPoTS-3D's own, on fakes in exactly their format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from people3d.evaluate.inputs import open_ground_truth, open_predictions
from people3d.evaluate.protocols import human36m, mupots, pw3d, root_ap

from .evaluation_cases import document, image, person, project, standing_at, write


def struct_cell(joints_mm: np.ndarray, valid: int = 1) -> np.ndarray:
    """A cell of annotations{frame, person}: a 1 x 1 struct."""
    fields = ["annot2", "annot3", "univ_annot3", "isValidFrame"]
    struct = np.zeros((1, 1), [(name, object) for name in fields])
    struct[0, 0] = (project(joints_mm).T, joints_mm.T, 0.95 * joints_mm.T, np.array([[valid]], np.uint8))
    return struct


def make_mupots(root: Path) -> list[np.ndarray]:
    """TS1 with two frames of two people (one of them not valid), TS2 with one; the joints of the valid ones."""
    joints = [standing_at(x, 0, z) for x, z in [(-800, 4000), (800, 5000), (-700, 4100), (0, 3000)]]
    annotations = np.empty((2, 2), object)
    annotations[0, 0], annotations[0, 1] = struct_cell(joints[0]), struct_cell(joints[1])
    annotations[1, 0], annotations[1, 1] = struct_cell(joints[2]), struct_cell(np.zeros((17, 3)) + 1, valid=0)
    hidden = np.empty((2, 2), object)
    for n in np.ndindex(2, 2):
        hidden[n] = np.arange(17)[None] % 2
    one, one_hidden = np.empty((1, 1), object), np.empty((1, 1), object)
    one[0, 0], one_hidden[0, 0] = struct_cell(joints[3]), np.zeros((1, 17))
    for name, cells, labels in (("TS1", annotations, hidden), ("TS2", one, one_hidden)):
        (root / name).mkdir()
        savemat(root / name / "annot.mat", {"annotations": cells})
        savemat(root / name / "occlusion.mat", {"occlusion_labels": labels})
    return joints


def make_predictions(folder: Path, joints: list[np.ndarray]) -> None:
    people = {"TS1_img_000000": joints[:2], "TS1_img_000001": joints[2:3], "TS2_img_000000": joints[3:]}
    savemat(folder / "preds_2d_kpt_mupots.mat", {k: project(np.array(v)) for k, v in people.items()})
    savemat(folder / "preds_3d_kpt_mupots.mat", {k: 0.95 * np.array(v) for k, v in people.items()})


def test_the_published_folder_and_the_released_mats(tmp_path):
    joints = make_mupots(tmp_path)
    make_predictions(tmp_path, joints)
    truth = open_ground_truth(tmp_path, "mupots")
    assert len(truth) == 5 and truth.valid.tolist() == [True, True, True, False, True]
    assert truth.images[1]["file_name"] == "TS1/img_000001.jpg"
    assert np.allclose(truth.joints_cam_mm[0], joints[0]) and np.allclose(truth.joints_univ_mm[0], 0.95 * joints[0])
    assert truth.occluded[0].tolist() == [n % 2 for n in range(17)] and not truth.occluded[4].any()
    for path in (tmp_path, tmp_path / "preds_3d_kpt_mupots.mat", tmp_path / "preds_2d_kpt_mupots.mat"):
        figures = mupots.evaluate(open_predictions(path, "mupots"), truth).figures
        assert figures["absolute_all"]["mean_over_sequences"][8] == 100
        assert [row[-1] for row in figures["absolute_all"]["per_sequence"]] == [3, 1]


def test_broken_mupots_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="expected folders TS1"):
        open_ground_truth(tmp_path)
    joints = make_mupots(tmp_path)
    make_predictions(tmp_path, joints)
    annot = tmp_path / "TS2/annot.mat"
    annot.write_bytes(annot.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"annot\.mat: expected a MATLAB file"):
        open_ground_truth(tmp_path)
    savemat(annot, {"annotations": np.zeros((3, 3))})
    with pytest.raises(ValueError, match="expected a cell array 'annotations'"):
        open_ground_truth(tmp_path)
    (tmp_path / "preds_2d_kpt_mupots.mat").unlink()
    with pytest.raises(FileNotFoundError, match="preds_2d"):
        open_predictions(tmp_path)


def test_root_list_of_the_released_code(tmp_path):
    """Boxes in it are extended already: they are not used as tight ones."""
    truth = document([image(4), image(5)], [person(standing_at(0, 0, z), i, i) for i, z in ((4, 4000), (5, 5000))])
    del truth["categories"]  # the released code's file does not name the joints
    rows = [
        {"image_id": i, "bbox": [0, 0, 300, 300], "root_cam": [0, 0, z], "score": 0.5}
        for i, z in ((4, 4100), (5, 5100), (5, 9000))
    ]
    pred = open_predictions(write(tmp_path, "bbox_root_mupots_output.json", rows), "root-ap")
    assert np.isnan(pred.boxes_xywh).all() and "extended" in pred.info["boxes"]
    report = root_ap.evaluate(pred, open_ground_truth(write(tmp_path, "MuPoTS-3D.json", truth), "root-ap"))
    assert report.figures["ap_root"] == pytest.approx(0.5)  # of two right ones the first recall is dropped
    assert "extended" in report.provenance["boxes"]


def test_pose_list_of_the_released_code(tmp_path):
    rng = np.random.default_rng(0)
    joints = rng.normal(0, 300, (18, 3))
    joints[0], joints[17] = 0, joints[[11, 14]].mean(0)
    root = np.array([10.0, 20, 5000])
    truth = document([image(3)], [person((joints + root)[:17], 3)], "h36m17")
    row = {
        "image_id": 3,
        "joint_cam": (joints * 1.1).tolist(),
        "bbox": [0, 0, 1, 1],
        "root_cam": [10.0, 20, 5050],
    }
    pred = open_predictions(write(tmp_path, "bbox_root_pose_human36m_output.json", [row]))
    figures = human36m.evaluate(pred, open_ground_truth(write(tmp_path, "truth.json", truth)), 2).figures
    assert figures["mpjpe_mm"] == pytest.approx(0.1 * np.linalg.norm(joints[:17], axis=1).mean())
    assert figures["mrpe_mm"] == pytest.approx(50) and figures["pa_mpjpe_with_scale_mm"] < 1e-6


def test_pw3d_files_are_in_metres(tmp_path):
    joints_m = np.random.default_rng(0).normal([0, 0, 4], 0.3, (2, 24, 3))
    truth = {
        "images": [{"id": 1, "file_name": "image_00000.jpg", "sequence": "a", "cam_param": {}}],
        "annotations": [
            {"id": n + 70, "image_id": 1, "joint_cam": j.tolist(), "bbox": [0, 0, 9, 9]} for n, j in enumerate(joints_m)
        ],
    }
    rows = [
        {"ann_id": n + 70, "image_id": 1, "bbox": [0, 0, 99, 99], "root_cam": (j[0] + [0, 0, 0.3]).tolist()}
        for n, j in reversed(list(enumerate(joints_m)))
    ]
    true = open_ground_truth(write(tmp_path, "3DPW_test.json", truth), "pw3d")
    figures = pw3d.evaluate(open_predictions(write(tmp_path, "rootnet_pw3d_output.json", rows), "pw3d"), true).figures
    assert (figures["mrpe_mm"], figures["mrpe_z_mm"], figures["matched"]) == pytest.approx((300, 300, 2))
    rows[0]["root_cam"] = [0, 0, 4300]
    rows[1]["root_cam"] = [0, 0, 4300]
    with pytest.raises(ValueError, match="in metres"):
        open_predictions(write(tmp_path, "rootnet_pw3d_output.json", rows))


def test_entries_that_do_not_fit_are_named(tmp_path):
    for rows in ([{"image_id": 1}], [{"root_cam": [1, 2, 3]}], [5]):
        with pytest.raises(ValueError, match="entry 0: expected image_id and a root_cam"):
            open_predictions(write(tmp_path, "list.json", rows))
    rows = [{"image_id": 1, "root_cam": [1, 2, 3], "joint_cam": [[1, 2, 3]]}]
    with pytest.raises(ValueError, match="17, 18 or 21 joints"):
        open_predictions(write(tmp_path, "list.json", rows))
    assert len(open_predictions(write(tmp_path, "list.json", []))) == 0


def make_human36m(folder: Path) -> dict[int, np.ndarray]:
    """Subjects 9 and 11 of two frames each, of which one is tested; the tested camera-space joints by image id."""
    folder.mkdir()
    rng, tested = np.random.default_rng(0), {}
    for subject in (9, 11):
        rotation, shift = Rotation.random(rng=rng).as_matrix(), np.array([100.0, 200, 5000])
        images, rows, joints = [], [], {}
        for frame in (64, 65):
            number = 1000 * subject + frame
            world = rng.normal(0, 300, (17, 3))
            joints[str(frame)] = world.tolist()
            if frame == 64:
                tested[number] = (rotation @ world.T).T + shift
            ids = {"subject": subject, "action_idx": 2, "subaction_idx": 1, "cam_idx": 3, "frame_idx": frame}
            images.append({"id": number, "file_name": f"{number}.jpg", "width": 1000, "height": 1002, **ids})
            rows.append({"id": number, "image_id": number, "bbox": [1, 2, 3, 4]})
        camera = {"R": rotation.tolist(), "t": shift.tolist(), "f": [1145.0, 1143.0], "c": [512.0, 515.0]}
        stem = f"Human36M_subject{subject}"
        write(folder, f"{stem}_data.json", {"images": images, "annotations": rows})
        write(folder, f"{stem}_camera.json", {"3": camera})
        write(folder, f"{stem}_joint_3d.json", {"2": {"1": joints}})
    return tested


def test_human36m_folder_of_the_released_code(tmp_path):
    tested = make_human36m(tmp_path / "annotations")
    truth = open_ground_truth(tmp_path, "human36m-p2")
    assert truth.ids.tolist() == list(tested)
    assert np.allclose(truth.joints_cam_mm, list(tested.values()))
    assert truth.images[0]["intrinsic"] == [1145, 1143, 512, 515]
    figures = human36m.evaluate(truth, truth, 2).figures
    assert figures["samples"] == 2 and list(figures["per_action"]) == ["Directions"]
    assert len(open_ground_truth(tmp_path / "annotations", "human36m-p1")) == 1
    (tmp_path / "annotations/Human36M_subject11_data.json").unlink()
    with pytest.raises(ValueError, match=r"expected Human36M_subject11_data\.json, found subjects 9"):
        open_ground_truth(tmp_path, "human36m-p1")
    write(tmp_path / "annotations", "Human36M_subject9_camera.json", {})
    with pytest.raises(ValueError, match="Human36M_subject9: not as the released code writes it"):
        open_ground_truth(tmp_path, "human36m-p2")
