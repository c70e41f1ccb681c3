"""Each adapter on a small fake of the real folder."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.data.datasets import DATASETS, get_dataset
from people3d.data.human36m_raw import convert
from people3d.data.mpi_inf_3dhp import MUCO21
from people3d.data.pictures import PictureReader
from people3d.data.samples import labels_of, own_skeleton, people
from people3d.lift import depth_along_ray
from people3d.skeleton import SKELETONS

from . import fakes


def read(name, root, split=None, good=True):
    problems: list[str] = []
    images = list(labels_of(get_dataset(name), root, split, problems))
    assert bool(problems) != good, problems
    return images


def packed(name, root, split=None, **options):
    problems: list[str] = []
    out = list(people(get_dataset(name), root, split, problems=problems, **options))
    assert not problems
    return out


# -- Human3.6M ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("positions", [False, True])
def test_human36m_reads_both_camera_conventions(tmp_path, positions):
    fakes.human36m(tmp_path, (1,), positions=positions)
    images = read("human36m", tmp_path, good=False)  # the other four subjects are missing
    assert len(images) == 4  # frames 0 and 5 of two cameras
    world = fakes.world_body(np.random.default_rng(1), 6)
    rotation, position = fakes.studio_camera(1)
    assert np.allclose(images[1].joints_cam_mm[0, :17], (world[5] - position) @ rotation.T)
    thorax = images[1].joints_cam_mm[0, [11, 14]].mean(0)
    assert np.allclose(images[1].joints_cam_mm[0, 17], thorax)


def test_human36m_refuses_a_camera_in_neither_convention(tmp_path):
    fakes.human36m(tmp_path, (11,))
    path = tmp_path / "annotations" / "Human36M_subject11_camera.json"
    cameras = json.loads(path.read_text())
    cameras["1"]["t"] = [0.0, 0, -9000]
    path.write_text(json.dumps(cameras))
    problems: list[str] = []
    list(labels_of(get_dataset("human36m"), tmp_path, "test-p1", problems))
    assert len(problems) == 1 and "camera 1" in problems[0] and "position" in problems[0]


@pytest.mark.parametrize("positions", [False, True])
def test_evaluation_reads_the_same_truth(tmp_path, positions):
    from people3d.evaluate.human36m_folder import load_human36m_folder

    fakes.human36m(tmp_path, (11,), frames=1, positions=positions)
    truth, images = load_human36m_folder(tmp_path, (11,)), read("human36m", tmp_path, "test-p1")
    assert np.allclose(truth.joints_cam_mm, [image.joints_cam_mm[0, :17] for image in images])


def test_human36m_protocols_take_their_subjects_and_frames(tmp_path):
    fakes.human36m(tmp_path, (9, 11), frames=65)
    images = read("human36m", tmp_path, "test-p2")
    assert len(images) == 8  # frames 0 and 64 of two cameras of two subjects
    assert {image.picture.name[:4] for image in read("human36m", tmp_path, "test-p1")} == {"s_11"}


def test_human36m_leaves_out_the_sequence_that_is_broken(tmp_path):
    fakes.human36m(tmp_path, (11,))
    for name in ("data",):
        path = tmp_path / "annotations" / f"Human36M_subject11_{name}.json"
        path.write_text(path.read_text().replace("subact_01_ca_01", "subact_02_ca_01"))
    assert all("ca_02" in image.name for image in read("human36m", tmp_path, "test-p1"))


def test_raw_human36m_becomes_the_parsed_form_with_the_same_joints(tmp_path):
    world = fakes.human36m_raw(tmp_path)
    lines = list(convert(tmp_path, tmp_path / "annotations"))
    assert lines[-1] == "subject 1: 6 images written"
    assert len(lines) == 1 + 118 and all("missing" in line for line in lines[:-1])
    image = next(labels_of(get_dataset("human36m"), tmp_path, None, []))
    rotation, position = fakes.studio_camera(1)
    assert np.allclose(image.joints_cam_mm[0, :17], (world[0] - position) @ rotation.T)
    assert image.picture.is_file() and (image.width, image.height) == fakes.SIZE
    cameras = json.loads((tmp_path / "annotations" / "Human36M_subject1_camera.json").read_text())
    assert np.allclose(cameras["1"]["t"], -rotation @ position)
    low, high = image.joints_px[0, :17].min(0), image.joints_px[0, :17].max(0)
    assert np.allclose(image.boxes_xywh[0, 2:], 1.2 * (high - low - 1))


def test_a_broken_raw_sequence_is_named_and_the_rest_converted(tmp_path):
    fakes.human36m_raw(tmp_path)
    path = tmp_path / "images" / "s_01_act_02_subact_01_ca_01" / "h36m_meta.mat"
    path.write_bytes(b"no MATLAB file")
    lines = list(convert(tmp_path, tmp_path / "annotations"))
    assert any(str(path) in line and "MATLAB" in line for line in lines)
    assert lines[-1] == "subject 1: 3 images written"


# -- 2D sets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nested", [True, False])
def test_coco_leaves_out_crowds_and_people_without_joints(tmp_path, nested):
    fakes.coco(tmp_path, "val", nested)
    (image,) = read("coco", tmp_path, "val")
    assert len(image) == 1 and image.picture.is_file()
    names = SKELETONS["coco19"].joints
    weights = dict(zip(names, image.weights[0], strict=True))
    assert weights["Thorax"] == 1 and weights["L_Shoulder"] == 1  # hidden, but labelled
    assert weights["R_Hip"] == 0 and weights["Pelvis"] == 0  # a mean is known where both are
    shoulders = image.joints_px[0, [5, 6]].mean(0)
    assert np.allclose(image.joints_px[0, 17], shoulders)


def test_2d_data_has_no_depth_loss(tmp_path):
    fakes.coco(tmp_path)
    (person,) = packed("coco", tmp_path)
    assert not person.z_weight.any() and np.isnan(person.depth_over_focal)
    assert person.xy_weight.sum() == 12  # the limbs' less a hip, and the shoulders' middle; muco21 has no face


def test_mpii_reads_its_joints_in_order(tmp_path):
    fakes.mpii(tmp_path)
    (image,) = read("mpii", tmp_path)
    assert len(image) == 1 and image.skeleton.name == "mpii16"
    assert image.weights[0].sum() == 15 and image.weights[0, 0] == 0
    (person,) = packed("mpii", tmp_path, skeleton="h36m18")
    assert person.image.shape == (720, 1280, 3)
    head_top = image.joints_px[0, 9]
    assert np.allclose(person.joints_px[SKELETONS["h36m18"].index("Head")], head_top)


# -- 3D sets -----------------------------------------------------------------------------------------------------


def test_muco_keeps_the_nearest_and_those_apart(tmp_path):
    fakes.muco(tmp_path)
    (image,) = read("muco", tmp_path)
    assert image.roots_cam_mm[:, 2].tolist() == [3000, 5000]
    assert (image.camera.fx, image.camera.cy) == (1500, 1020)


def test_muco_may_lie_in_data(tmp_path):
    (tmp_path / "data").mkdir()
    fakes.muco(tmp_path / "data")
    assert len(read("muco", tmp_path)) == 1


def test_mupots_json_and_mat_tell_the_same(tmp_path):
    (tmp_path / "json").mkdir()
    fakes.mupots_json(tmp_path / "json")
    fakes.mupots_mat(tmp_path / "mat", (1,))
    told = read("mupots", tmp_path / "json")
    fitted = read("mupots", tmp_path / "mat", good=False)  # 19 sequences are missing
    assert [len(i) for i in told] == [len(i) for i in fitted] == [2, 1]
    for a, b in zip(told, fitted, strict=True):
        assert np.allclose(a.joints_cam_mm, b.joints_cam_mm) and np.allclose(a.joints_px, b.joints_px)
        assert np.allclose(a.camera.intrinsic, b.camera.intrinsic, rtol=1e-6)
        assert a.picture.is_file() and b.picture.is_file()
    assert set(fitted[0].weights[0]) == {0.5, 1}  # occluded joints weigh half


def test_pw3d_becomes_millimetres(tmp_path):
    metres = fakes.pw3d(tmp_path)
    (image,) = read("pw3d", tmp_path)
    assert np.allclose(image.joints_cam_mm[0], 1000 * metres) and image.root_depth_mm[0] == pytest.approx(4000)
    assert image.weights[0].sum() == 23 and image.weights[0, 10] == 0  # the toe outside the picture
    (person,) = packed("pw3d", tmp_path)
    assert person.depth_over_focal == pytest.approx(4000 / np.sqrt(1145 * 1143))
    wrist = SKELETONS["muco21"].index("L_Wrist"), SKELETONS["smpl24"].index("L_Wrist")
    assert person.joints_rel_mm[wrist[0]] == pytest.approx(1000 * (metres[wrist[1], 2] - metres[0, 2]), abs=60)


def test_mpi_inf_3dhp_reads_videos(tmp_path):
    fakes.mpi_inf_3dhp(tmp_path, (2,))
    images = read("mpi-inf-3dhp", tmp_path, good=False)  # 15 sequences are missing
    assert [(image.picture.name, image.frame) for image in images] == [
        ("video_0.avi", 0), ("video_0.avi", 5), ("video_2.avi", 0), ("video_2.avi", 5),
    ]  # fmt: skip
    image, reader = images[3], PictureReader()
    assert np.allclose(image.joints_cam_mm[0], fakes.mpi_body(2, 1, 5)[MUCO21], atol=0.01)
    assert np.abs(image.camera.project(image.joints_cam_mm) - image.joints_px).max() < 0.01
    picture = reader.read(image.picture, image.frame)
    x, y = fakes.studio_lens(2, 2).project(fakes.mpi_body(2, 1, 5)).mean(0).round().astype(int)
    assert np.abs(picture[y, x].astype(int) - fakes.SUBJECT_COLOURS[2]).max() < 12


def test_mpi_inf_3dhp_reads_stills_as_ffmpeg_writes_them(tmp_path):
    fakes.mpi_inf_3dhp(tmp_path, (2,), cameras=())
    for frame in range(6):
        fakes.picture(tmp_path / "S2" / "Seq1" / "imageSequence" / f"img_4_{frame + 1:06d}.jpg", (256, 256))
    images = read("mpi-inf-3dhp", tmp_path, good=False)
    assert [image.picture.name for image in images] == ["img_4_000001.jpg", "img_4_000006.jpg"]


def test_mpi_inf_3dhp_test_set_is_read_from_hdf5(tmp_path):
    joints = fakes.mpi_inf_3dhp_test(tmp_path)
    images = read("mpi-inf-3dhp", tmp_path, "test", good=False)  # TS2 to TS6 are missing
    assert [image.picture.name for image in images] == ["img_000001.jpg", "img_000003.jpg"]  # frame 2 is not valid
    assert np.allclose(images[1].joints_cam_mm[0], joints[2])
    assert np.allclose(images[0].camera.intrinsic, fakes.CAMERA.intrinsic)


# -- our schema --------------------------------------------------------------------------------------------------


def test_own_set_may_have_3d_for_some(tmp_path):
    fakes.own(tmp_path)
    (image,) = read("own", tmp_path)
    assert len(image) == 2 and own_skeleton(get_dataset("own"), tmp_path).name == "coco19"
    assert image.weights[0, 3] == 0.5 and image.weights[0, 4] == 0
    whole, flat = packed("own", tmp_path)
    assert whole.depth_over_focal == pytest.approx(3500 / np.sqrt(1145 * 1143)) and whole.z_weight.sum() > 10
    assert np.isnan(flat.depth_over_focal) and not flat.z_weight.any() and flat.xy_weight.any()


def test_own_set_without_names_of_joints_has_cocos(tmp_path):
    fakes.coco(tmp_path)
    document = json.loads((tmp_path / "annotations" / "person_keypoints_train2017.json").read_text())
    del document["categories"]
    fakes.write(tmp_path / "own" / "annotations.json", document)
    assert own_skeleton(get_dataset("own"), tmp_path / "own").name == "coco19"


def test_own_set_of_people3d_synthesize(tmp_path):
    """What `people3d synthesize` writes, by its own writer of truth."""
    from people3d.results import category

    skeleton = SKELETONS["muco21"]
    joints = fakes.body(np.random.default_rng(5), 21, (0, 0, 4000), 14)
    px = fakes.CAMERA.project(joints)
    keypoints = np.concatenate([px, np.tile([[2], [1], [0]], (7, 1))], 1)
    row = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "keypoints": keypoints.ravel().tolist()}
    row |= {"keypoints_img": px.tolist(), "keypoints_cam": joints.tolist(), "root_cam": joints[14].tolist()}
    row |= {"bbox": [*px.min(0), *(px.max(0) - px.min(0))], "is_valid": 1, "truncated": False}
    image = {"id": 1, "file_name": "000000.jpg", "width": 1000, "height": 1002, "intrinsic": fakes.CAMERA.intrinsic}
    document = {"info": {"skeleton": "muco21"}, "images": [image], "annotations": [row]}
    fakes.write(tmp_path / "ground_truth.json", {**document, "categories": [category(skeleton)]})
    fakes.picture(tmp_path / "000000.jpg")
    (person,) = packed("own", tmp_path)
    assert person.xy_weight.tolist() == [1, 0.5, 0] * 7
    assert np.allclose(person.joints_rel_mm, joints[:, 2] - joints[14, 2])
    assert np.allclose(person.joints_ray_mm, depth_along_ray(joints, joints[14]))


def test_own_labels_belong_to_the_upright_picture(tmp_path):
    from PIL import Image

    fakes.own(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    path = tmp_path / "images" / "a.jpg"
    Image.open(path).resize((1002, 500)).save(path, exif=exif)
    person = packed("own", tmp_path)[0]
    assert person.image.shape[:2] == (1002, 500)


# -- all of them -------------------------------------------------------------------------------------------------


def test_every_adapter_says_what_is_missing_in_an_empty_folder(tmp_path):
    for dataset in DATASETS.values():
        for split in dataset.splits:
            assert all(part.missing for part in dataset.split_parts(tmp_path, split)), dataset.name


def test_unknown_names_and_splits_list_what_there_is(tmp_path):
    with pytest.raises(ValueError, match="no data set 'lsp'; there are human36m, mpii"):
        get_dataset("lsp")
    with pytest.raises(ValueError, match="no split 'test'; it has train, val"):
        get_dataset("coco").split_parts(tmp_path, "test")
    with pytest.raises(FileNotFoundError, match="expected the folder of MPII"):
        get_dataset("mpii").split_parts(tmp_path / "nowhere", None)


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("coco", "annotations/person_keypoints_train2017.json", "{"),
        ("coco", "annotations/person_keypoints_train2017.json", "[]"),
        ("mpii", "annotations/train.json", '{"images": [], "annotations": 3}'),
        ("muco", "MuCo-3DHP.json", '{"images": [{"id": 1}], "annotations": [{"image_id": 2}]}'),
        ("muco", "MuCo-3DHP.json", '{"images": [{"id": 1}], "annotations": [{"image_id": 1, "keypoints_cam": %s}]}'),
        ("pw3d", "3DPW_train.json", '{"annotations": [{"joint_cam": [1]}]}'),
    ],
)
def test_broken_labels_are_one_line_that_names_the_file(tmp_path, name, file, text):
    getattr(fakes, name)(tmp_path)
    (tmp_path / file).write_text(text.replace("%s", str([[1, 2, 3]] * 21)))
    problems: list[str] = []
    assert list(labels_of(get_dataset(name), tmp_path, None, problems)) == []
    assert len(problems) == 1 and file.split("/")[-1] in problems[0] and "\n" not in problems[0]


def test_a_missing_picture_is_named_and_the_rest_yielded(tmp_path):
    fakes.human36m(tmp_path, (11,), frames=1)
    next((tmp_path / "images").glob("*ca_01/*.jpg")).unlink()
    problems: list[str] = []
    found = list(people(get_dataset("human36m"), tmp_path, "test-p1", problems=problems))
    assert len(found) == 1 and len(problems) == 1 and "missing" in problems[0]
