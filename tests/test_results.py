"""people3d.json: written, read back, and loadable as COCO."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.people import People
from people3d.results import annotation_rows, document, read_results, write_results
from people3d.skeleton import SKELETONS, Skeleton

MUCO = SKELETONS["muco21"]
CAMERA = Camera(600, 610, 300, 250, "exif", distortion=(-0.1, 0, 0, 0, 0))


def _results(make_people) -> list[tuple[str, People]]:
    tracked = dataclasses.replace(
        make_people(2, camera=CAMERA),
        track_ids=np.array([4, 9]),
        root_depth_std_mm=np.array([90.0, 100]),
        joints_std_mm=np.full((2, 21), 33.0),
    )
    return [("b/two.jpg", tracked), ("nobody.jpg", People.empty(MUCO, Camera.default(640, 480), 640, 480))]


def test_round_trip(make_people, tmp_path):
    path = tmp_path / "people3d.json"
    write_results(path, _results(make_people), MUCO, {"weights": {"posenet": {"sha256": "ab"}}})
    read = read_results(path)
    assert [name for name, _ in read] == ["b/two.jpg", "nobody.jpg"]
    for (_, expected), (_, got) in zip(_results(make_people), read, strict=True):
        assert got.camera == expected.camera
        assert got.skeleton == expected.skeleton
        for field in dataclasses.fields(People):
            value = getattr(expected, field.name)
            if isinstance(value, np.ndarray):
                np.testing.assert_allclose(getattr(got, field.name), value, atol=1e-4, err_msg=field.name)
    assert json.loads(path.read_text())["info"]["weights"] == {"posenet": {"sha256": "ab"}}
    assert [p.name for p in tmp_path.iterdir()] == ["people3d.json"]


def test_the_fields_of_the_contract(make_people):
    people = make_people(2)
    data = document([("a.jpg", people), ("b.jpg", people)], MUCO)
    assert set(data) == {"info", "images", "categories", "annotations"}
    assert data["info"]["units"] == "mm"
    assert data["info"]["skeleton"] == "muco21"
    image = data["images"][0]
    assert image == {
        "id": 1,
        "file_name": "a.jpg",
        "width": 640,
        "height": 480,
        "intrinsic": people.camera.intrinsic,
        "focal_source": "default",
    }
    assert [(row["id"], row["image_id"]) for row in data["annotations"]] == [(1, 1), (2, 1), (3, 2), (4, 2)]
    row = data["annotations"][1]
    x1, y1, x2, y2 = people.boxes_xyxy[1]
    np.testing.assert_allclose(row["bbox"], [x1, y1, x2 - x1, y2 - y1], atol=1e-4)
    assert np.shape(row["keypoints_cam"]) == (21, 3)
    np.testing.assert_allclose(np.reshape(row["keypoints"], (21, 3))[:, :2], people.joints_px[1], atol=1e-4)
    assert row["keypoints"][2::3] == people.joint_flags[1].tolist()
    assert row["root_normalized"] == pytest.approx(people.root_normalized[1], abs=1e-8)
    assert "track_id" not in row
    joints = data["categories"][0]["keypoints"]
    assert joints[14] == data["categories"][0]["root"] == "Pelvis"
    assert [joints.index("Pelvis") + 1, joints.index("Spine") + 1] in data["categories"][0]["skeleton"]


def test_the_axis_of_depths_comes_back(make_people, tmp_path):
    people = dataclasses.replace(make_people(2), depth_axis="ray")
    write_results(tmp_path / "r.json", [("x.png", people)], MUCO)
    assert json.loads((tmp_path / "r.json").read_text())["images"][0]["depth_axis"] == "ray"
    assert read_results(tmp_path / "r.json")[0][1].depth_axis == "ray"
    damaged = (tmp_path / "r.json").read_text().replace('"ray"', '"up"')
    (tmp_path / "r.json").write_text(damaged)
    with pytest.raises(ValueError, match=r"r\.json: depth_axis: expected one of optical, ray, got 'up'"):
        read_results(tmp_path / "r.json")


def test_a_coco_reader_loads_it(make_people, tmp_path):
    coco = pytest.importorskip("faster_coco_eval")
    write_results(tmp_path / "people3d.json", _results(make_people), MUCO)
    loaded = coco.COCO(str(tmp_path / "people3d.json"))
    assert len(loaded.getImgIds()) == 2
    assert [a["track_id"] for a in loaded.loadAnns(loaded.getAnnIds(imgIds=[1]))] == [4, 9]
    assert loaded.loadCats([1])[0]["name"] == "person"


def test_a_skeleton_of_ones_own_comes_back(tmp_path):
    own = Skeleton("mine", ("a", "b"), ((0, 1),), 1)
    people = People.empty(own, Camera.default(10, 10), 10, 10)
    write_results(tmp_path / "r.json", [("x.png", people)], own)
    assert read_results(tmp_path / "r.json")[0][1].skeleton == own


def test_what_is_not_finite_is_not_written(make_people, tmp_path):
    people = make_people(1)
    broken = dataclasses.replace(people, root_cam_mm=np.array([[np.nan, 0, 1000]]))
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_results(tmp_path / "r.json", [("x.png", broken)], MUCO)
    assert list(tmp_path.iterdir()) == []


def test_people_of_another_skeleton_are_refused(make_people):
    with pytest.raises(ValueError, match=r"x.png: expected people of skeleton muco21, got muco17"):
        document([("x.png", make_people(1, "muco17"))], MUCO)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"info": {}, "images": [], "categories": [], "annotations": []}', '{"images": 3']
)
def test_another_file_is_an_error_that_names_it(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"other\.json: "):
        read_results(path)


def test_ids_start_at_one_and_go_on(make_people):
    people = make_people(2)
    rows = people.to_annotations(image_id=5, first_id=8)
    assert [row["id"] for row in rows] == [8, 9]
    assert rows == annotation_rows(people, 5, 8)
