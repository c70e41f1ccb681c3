"""Reading people from COCO-style files."""

from __future__ import annotations

import numpy as np
import pytest

from people3d.evaluate.annotations import annotations_from_coco, load_annotations, pelvis
from people3d.skeleton import Skeleton

from .evaluation_cases import document, image, person, standing_at


def test_nobody_is_a_result():
    people = annotations_from_coco(document([image(1)], []), "x")
    assert len(people) == 0 and people.joints_cam_mm.shape == (0, 17, 3) and people.boxes_or_extent_xywh.shape == (0, 4)
    assert len(annotations_from_coco({"images": [], "annotations": []}, "x")) == 0


def test_flat_and_nested_joints_are_the_same():
    joints = standing_at(0, 0, 4000)
    nested = person(joints, 1)
    flat = nested | {"keypoints_cam": joints.reshape(-1).tolist()}
    a, b = (annotations_from_coco(document([image(1)], [p]), "x") for p in (nested, flat))
    assert np.array_equal(a.joints_cam_mm, b.joints_cam_mm) and np.array_equal(a.joints_cam_mm[0], joints)


def test_root_and_depth_come_from_whatever_says_them():
    stated = person(standing_at(0, 0, 4000), 1, root_cam=[1, 2, 5000])
    joints_only = person(standing_at(0, 0, 4000), 1)
    depth_only = {"id": 2, "image_id": 1, "bbox": [0, 0, 5, 5], "root_depth_mm": 6000.0}
    people = annotations_from_coco(document([image(1)], [stated, joints_only, depth_only]), "x")
    assert people.root_depth_mm.tolist() == [5000, 4000, 6000]
    assert people.root_or_pelvis_mm[:2].tolist() == [[1, 2, 5000], [0, 0, 4000]]
    assert np.isnan(people.root_or_pelvis_mm[2]).all()


def test_coco_keypoints_get_pelvis_and_thorax():
    keypoints = np.concatenate([np.arange(34).reshape(17, 2), np.full((17, 1), 2)], 1)
    keypoints[11, 2] = 0  # left hip unlabelled: no pelvis
    people = annotations_from_coco(
        {"images": [{"id": 7}], "annotations": [{"image_id": 7, "keypoints": keypoints.reshape(-1).tolist()}]}, "x"
    )
    assert people.skeleton.name == "coco19"
    seen = people.seen_px[0]
    assert seen[people.skeleton.index("Thorax")].tolist() == keypoints[[5, 6], :2].mean(0).tolist()
    assert np.isnan(seen[people.skeleton.index("Pelvis")]).all()


def test_coco_names_are_understood():
    names = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"]
    names += ["right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"]
    names += ["left_ankle", "right_ankle"]
    row = {"image_id": 1, "keypoints": [1.0, 2.0, 2] * 17}
    people = annotations_from_coco(
        {"images": [{"id": 1}], "annotations": [row], "categories": [{"id": 1, "keypoints": names}]}, "x"
    )
    assert people.skeleton.name == "coco19" and people.joints_px.shape == (1, 19, 2)


def test_a_box_from_joints_where_there_is_none():
    row = person(standing_at(0, 0, 4000), 1)
    tight = np.array(row.pop("bbox"))
    box = annotations_from_coco(document([image(1)], [row]), "x").boxes_or_extent_xywh[0]
    assert box[2:] == pytest.approx(1.2 * tight[2:]) and box[:2] + box[2:] / 2 == pytest.approx(
        tight[:2] + tight[2:] / 2
    )


def test_pelvis_is_the_middle_of_the_hips_where_it_has_no_name():
    skeleton = Skeleton("hips", ("L_Hip", "Nose", "R_Hip"), (), 0)
    assert pelvis(np.array([[[1.0, 2, 3], [9, 9, 9], [3, 4, 5]]]), skeleton).tolist() == [[2, 3, 4]]
    assert np.isnan(pelvis(np.zeros((2, 1, 3)), Skeleton("nose", ("Nose",), (), 0))).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected JSON, got 0 bytes"),
        ('{"images": [', "expected JSON"),
        ("[1]", "expected a COCO-style object"),
        ('{"images": 1.5, "annotations": []}', "images: expected a list"),
        ('{"images": [], "categories": true, "annotations": []}', "categories: expected a list"),
        ('{"images": [], "categories": [{"keypoints": 7}], "annotations": []}', "a list of joints' names"),
        ('{"images": [], "categories": [{"keypoints": ["a"], "skeleton": [[1, 2]]}], "annotations": []}', "pairs of"),
        ('{"images": [{}], "annotations": []}', "image 0: expected an object with 'id'"),
        ('{"images": [{"id": 1}, {"id": 1}], "annotations": []}', "two images have the same id"),
        ('{"images": [{"id": 1}], "annotations": [{"image_id": 2}]}', "name an image that is not listed, e.g. 2"),
        ('{"images": [{"id": 1}], "annotations": [{"image_id": 1, "bbox": [1, 2]}]}', "0: bbox: expected 4 numbers"),
        ('{"images": [{"id": 1}], "annotations": [{"image_id": 1, "id": 4, "bbox": "abc"}]}', "annotation 4: bbox"),
        ('{"images": [{"id": 1}], "annotations": [{"image_id": 1, "keypoints_cam": [1, 2, 3]}]}', "names the joints"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_in_one_line(tmp_path, content, message):
    path = tmp_path / "people.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        load_annotations(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
