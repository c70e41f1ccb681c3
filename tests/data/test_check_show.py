from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from people3d.cli import main
from people3d.data.check import check
from people3d.data.datasets import get_dataset
from people3d.data.labels import LabelledImage
from people3d.data.pack import Pack
from people3d.data.show import contact_sheet, draw_labels, page, sample, shown
from people3d.skeleton import SKELETONS

from . import fakes


def checked(name, root, split=None):
    return check(get_dataset(name), root, split)


def test_a_whole_set_is_in_order(tmp_path):
    fakes.human36m(tmp_path, (9, 11), frames=2)
    report = checked("human36m", tmp_path, "test-p2")
    assert report.ok and [part.state for part in report.parts] == ["ok", "ok"]
    assert (report.total("images"), report.total("people"), report.total("with_depth"), report.decoded) == (4, 4, 4, 4)
    text = "\n".join(report.lines())
    assert "published: 2 parts (paper" in text and "4 pictures decoded" in text


def test_2d_people_have_no_depth(tmp_path):
    fakes.coco(tmp_path)
    report = checked("coco", tmp_path)
    assert report.ok and report.total("people") == 1 and report.total("with_depth") == 0
    assert "published: 149,813 people" in "\n".join(report.lines())


def test_missing_and_broken_parts_are_named_and_the_rest_counted(tmp_path):
    fakes.human36m(tmp_path, (1, 5, 6), frames=1)
    (tmp_path / "annotations" / "Human36M_subject5_camera.json").unlink()
    (tmp_path / "annotations" / "Human36M_subject6_data.json").write_text("{")
    report = checked("human36m", tmp_path)
    assert [part.state for part in report.parts] == ["ok", "missing", "broken", "missing", "missing"]
    assert "subject5_camera" in report.parts[1].note and "expected JSON" in report.parts[2].note
    assert not report.ok and report.total("images") == 2


def test_pictures_that_are_missing_broken_or_of_another_size(tmp_path):
    fakes.human36m(tmp_path, (11,), frames=65)
    tested = []
    for camera in (1, 2):
        folder = f"s_11_act_02_subact_01_ca_{camera:02d}"
        tested += [tmp_path / "images" / folder / f"{folder}_{n:06d}.jpg" for n in (1, 65)]
    for path in tested:
        fakes.picture(path)
    assert checked("human36m", tmp_path, "test-p1").ok
    tested[0].unlink()
    tested[1].write_bytes(b"\xff\xd8 cut off")
    fakes.picture(tested[2], (64, 48))
    report = checked("human36m", tmp_path, "test-p1")
    assert report.problems == {
        "picture missing": 1,
        "picture cannot be read": 1,
        "picture of another size than its labels say": 1,
    }


def test_metres_taken_for_millimetres_are_seen(tmp_path):
    fakes.own(tmp_path)
    document = json.loads((tmp_path / "annotations.json").read_text())
    row = document["annotations"][0]
    row["keypoints_cam"] = (np.array(row["keypoints_cam"]) / 1000).tolist()
    fakes.write(tmp_path / "annotations.json", document)
    report = checked("own", tmp_path)
    assert [problem for problem in report.problems if "units?" in problem]


def test_labels_that_disagree_with_the_camera_are_seen(tmp_path):
    fakes.own(tmp_path)
    document = json.loads((tmp_path / "annotations.json").read_text())
    document["images"][0]["intrinsic"] = [500.0, 500.0, 512.0, 515.0]
    document["annotations"][1]["bbox"] = [5000, 10, 20, 30]
    fakes.write(tmp_path / "annotations.json", document)
    report = checked("own", tmp_path)
    assert report.problems["joints more than 20 px from where the camera sees them"] == 1
    assert report.problems["joints outside their box"] == 1
    document["images"][0] |= {"width": 1000, "height": 1002}
    fakes.write(tmp_path / "annotations.json", document)
    assert checked("own", tmp_path).problems["box without a pixel of the picture"] == 1


def one_image(path) -> LabelledImage:
    skeleton = SKELETONS["muco17"]
    joints = np.tile([0.0, 0, 4000], (1, 17, 1))
    joints[0, 0, 2], joints[0, 1, 2] = 3400, 4600
    px = np.full((1, 17, 2), 100.0)
    px[0, 0], px[0, 1] = [60, 60], [140, 60]
    weights = np.zeros((1, 17))
    weights[0, [0, 1]] = 1
    return LabelledImage(path, skeleton, np.array([[50.0, 50, 100, 100]]), px, joints, weights, np.array([4000.0]))


def test_boxes_and_joints_are_drawn_where_they_are(tmp_path):
    picture = np.full((200, 200, 3), 128, np.uint8)
    drawn = draw_labels(picture, one_image(tmp_path / "x.jpg"))
    assert (picture == 128).all()
    near, far = drawn[60, 60].astype(int), drawn[60, 140].astype(int)
    assert near[2] > near[0] and far[0] > far[2]  # blue is nearer, red further
    assert (drawn[100, 100] == 128).all()  # joints without weight
    changed = (drawn != 128).any(-1)
    assert changed[100, 50] and changed[50, 100]  # the tight box
    assert changed[100, 37] or changed[100, 38]  # the crop box, 1.25 times as large


def test_a_sheet_and_a_page_of_what_can_be_read(tmp_path):
    fakes.picture(tmp_path / "there.jpg", (300, 200))
    problems: list[str] = []
    pictures = list(shown([one_image(tmp_path / "there.jpg"), one_image(tmp_path / "not.jpg")], problems))
    assert len(pictures) == 1 and len(problems) == 1 and "not.jpg" in problems[0]
    assert contact_sheet(pictures * 5, 4).shape == (2 * 382, 4 * 360, 3)
    text = page("A < B", pictures)
    assert "A &lt; B" in text and "data:image/jpeg;base64," in text and "4.00 m away, 2 of 17 joints" in text
    with pytest.raises(ValueError, match="got none"):
        contact_sheet([])


def test_samples_are_the_same_for_a_seed_and_drawn_from_everywhere(tmp_path):
    images = [one_image(tmp_path / f"{n:03d}.jpg") for n in range(100)]
    chosen = sample(images, 10, seed=1)
    names = [image.picture.name for image in chosen]
    assert names == sorted(names) == [image.picture.name for image in sample(images, 10, seed=1)]
    assert len(set(names)) == 10 and any(name > "050" for name in names)
    assert len(sample(images[:3], 10)) == 3


# -- the commands ------------------------------------------------------------------------------------------------


def test_pack_makes_packs_that_training_opens(tmp_path, capsys):
    fakes.human36m(tmp_path / "h36m", (9, 11), frames=2)
    output = tmp_path / "packs"
    arguments = ["data", "pack", "human36m", "--root", str(tmp_path / "h36m"), "--output", str(output)]
    assert main([*arguments, "--split", "test-p2", "--people", "3"]) == 0
    packs = [Pack.load(output / f"{n:03d}") for n in range(2)]
    assert [len(pack) for pack in packs] == [3, 1] and packs[0].joints.shape[1:] == (18, 3)
    about = json.loads((output / "000" / "about.json").read_text())
    assert (about["dataset"], about["skeleton"], about["people"]) == ("human36m", "h36m18", 3)
    assert np.isfinite(packs[0].depth_over_focal).all() and packs[0].weights.all()
    assert main([*arguments, "--split", "test-p2"]) == 2  # packs are there already
    assert "expected no packs" in capsys.readouterr().err


def test_several_processes_pack_the_same(tmp_path, capsys):
    fakes.human36m(tmp_path / "h36m", (1, 5), frames=66)  # 56 pictures: two chunks
    next((tmp_path / "h36m" / "images").glob("*/*.jpg")).unlink()
    for n in (1, 2):
        arguments = ["--root", str(tmp_path / "h36m"), "--output", str(tmp_path / str(n)), "--workers", str(n)]
        assert main(["data", "pack", "human36m", *arguments, "--people", "30"]) == 2
    assert capsys.readouterr().err.count("it is missing") == 2
    for shard in ("000", "001"):
        one, two = Pack.load(tmp_path / "1" / shard), Pack.load(tmp_path / "2" / shard)
        assert len(one) == len(two) == (30 if shard == "000" else 25)
        assert (one.images == two.images).all() and (one.joints == two.joints).all()


def test_pack_packs_what_is_there_and_says_what_is_not(tmp_path, capsys):
    fakes.human36m(tmp_path / "h36m", (1,), frames=1)
    output = tmp_path / "packs"
    assert main(["data", "pack", "human36m", "--root", str(tmp_path / "h36m"), "--output", str(output)]) == 2
    assert len(Pack.load(output / "000")) == 2
    error = capsys.readouterr().err
    assert error.count("missing") == 4 and "Traceback" not in error


def test_depth_range_leaves_people_out(tmp_path):
    fakes.muco(tmp_path / "muco")
    output = tmp_path / "packs"
    arguments = ["data", "pack", "muco", "--root", str(tmp_path / "muco"), "--output", str(output)]
    assert main([*arguments, "--depth-range", "3500", "7500"]) == 0
    pack = Pack.load(output / "000")
    assert len(pack) == 1 and pack.depth_over_focal[0] == pytest.approx(5000 / np.sqrt(1500 * 1502))


def test_check_prints_json_alone(tmp_path, capsys):
    fakes.coco(tmp_path)
    assert main(["data", "check", "coco", "--root", str(tmp_path), "--json"]) == 2  # val is missing
    train, val = json.loads(capsys.readouterr().out)
    assert train["ok"] and train["total"]["people"] == 1 and not val["ok"]
    assert main(["data", "check", "coco", "--root", str(tmp_path), "--split", "train"]) == 0
    assert main(["data", "check", "coco", "--root", str(tmp_path)]) == 2
    assert "coco val: person_keypoints_val2017.json missing" in capsys.readouterr().err


def test_show_writes_a_sheet_and_a_page(tmp_path, capsys):
    fakes.mpii(tmp_path / "mpii")
    for name in ("a.png", "a.html"):
        assert main(["data", "show", "mpii", "--root", str(tmp_path / "mpii"), "--output", str(tmp_path / name)]) == 0
    assert cv2.imread(str(tmp_path / "a.png")).shape == (382, 1440, 3)
    assert "2D only, 15 of 16 joints" in (tmp_path / "a.html").read_text()
    assert main(["data", "show", "mpii", "--root", str(tmp_path / "mpii"), "--output", "a.gif"]) == 2
    assert "expected NAME.png or NAME.html" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pack", "lsp", "--root", ".", "--output", "x"], "no data set 'lsp'"),
        (["pack", "mpii", "--output", "x"], "name its folder with --root"),
        (["check", "mpii", "--root", "nowhere"], "expected the folder of MPII"),
        (["check", "mpii", "--root", ".", "--split", "val"], "it has train"),
        (["convert-human36m", "--root", "nowhere"], "expected folders like images/s_01"),
        (["composite-muco", "--root", "nowhere", "--output", "x"], "expected a folder, found none"),
        (["nothing"], "usage: people3d data"),
    ],
)
def test_bad_usage_is_a_line_and_exit_code_2(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["data", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []
