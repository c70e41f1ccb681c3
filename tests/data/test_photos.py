from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from people3d.commands.data import pack
from people3d.data import photos
from people3d.data.pack import Pack
from people3d.hips import HIP_RISE
from people3d.skeleton import get_skeleton

MUCO, COCO = get_skeleton("muco21"), get_skeleton("coco19")
# MoveNet's joints of somebody who stands straight: px in a picture of 200 x 200.
STANDING = {
    "Nose": (100, 20), "L_Shoulder": (115, 50), "R_Shoulder": (85, 50), "L_Elbow": (120, 75), "R_Elbow": (80, 75),
    "L_Wrist": (120, 95), "R_Wrist": (80, 95), "L_Hip": (110, 100), "R_Hip": (90, 100), "L_Knee": (110, 140),
    "R_Knee": (90, 140), "L_Ankle": (110, 180), "R_Ankle": (90, 180),
}  # fmt: skip
# BlazePose's landmarks of the same joints.
BLAZE = {
    "Nose": 0, "L_Shoulder": 11, "R_Shoulder": 12, "L_Elbow": 13, "R_Elbow": 14, "L_Wrist": 15, "R_Wrist": 16,
    "L_Hip": 23, "R_Hip": 24, "L_Knee": 25, "R_Knee": 26, "L_Ankle": 27, "R_Ankle": 28,
}  # fmt: skip


def turned(places: dict, degrees: float) -> dict:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return {name: (np.array(place) - 100) @ turn.T + 100 for name, place in places.items()}


SITTING = STANDING | {"L_Knee": (125, 104), "R_Knee": (75, 104), "L_Ankle": (125, 130), "R_Ankle": (75, 130)}
PEOPLE = {"stands": STANDING, "leans": turned(STANDING, 30), "lies": turned(STANDING, 90), "sits": SITTING}
PEOPLE |= {"upside down": turned(STANDING, 180)}


@pytest.fixture
def folder(tmp_path):
    """A folder as the kit's: one picture a person, and one whose joints were made by hand, of which shoulders miss."""
    (tmp_path / "images").mkdir()
    files = [f"{name}.jpg" for name in (*PEOPLE, "by hand")]
    for file in files:
        cv2.imwrite(str(tmp_path / "images" / file), np.full((200, 200, 3), 90, np.uint8))
    count = len(PEOPLE)
    movenet, blaze, metres = np.zeros((count, 17, 3)), np.zeros((count, 33, 3)), np.zeros((count, 33, 3))
    for n, places in enumerate(PEOPLE.values()):
        blaze[n, :, :2] = np.mean(list(places.values()), 0)
        for name, place in places.items():
            movenet[n, COCO.index(name)] = *place, 0.9
            blaze[n, BLAZE[name]] = *place, 0.9
            metres[n, BLAZE[name], :2] = (np.array(place) - places["L_Hip"]) / 100
    np.savez(
        tmp_path / "labels.npz", files=np.array(files), image=np.arange(count), kept=np.ones(count, bool),
        agreement=np.zeros(count), kp2d_movenet=movenet, kp2d_blaze=blaze, kp3d_blaze_m=metres,
        weight12=np.ones((count, 12)), bbox=np.tile([50.0, 10, 100, 180], (count, 1)),
    )  # fmt: skip
    hand = np.array([[90 + n, 180 - 12 * n, 1] for n in range(14)], float)
    hand[8:10, :2] = np.nan  # shoulders
    (tmp_path / "lspet_joints.json").write_text(json.dumps({"joints": {"by hand.jpg": hand.tolist()}}))
    return tmp_path


def test_hips_are_raised_from_cocos_to_ours(folder):
    standing = next(photos.people(folder))
    at = dict(zip(MUCO.joints, standing.joints_px, strict=True))
    height = 100 - HIP_RISE * 50
    np.testing.assert_allclose([at["L_Hip"], at["R_Hip"], at["Pelvis"]], [[110, height], [90, height], [100, height]])
    np.testing.assert_allclose(at["Spine"], [100, (50 + height) / 2])
    assert (at["L_Knee"] == STANDING["L_Knee"]).all() and (at["R_Shoulder"] == STANDING["R_Shoulder"]).all()


def test_without_shoulders_nobody_learns_where_the_hips_are(folder):
    *_, by_hand = photos.people(folder)
    unknown = [MUCO.index(name) for name in ("L_Shoulder", "R_Shoulder", "L_Hip", "R_Hip", "Pelvis", "Spine")]
    assert not by_hand.xy_weight[unknown].any()
    assert (by_hand.xy_weight[[MUCO.index(f"{s}_{n}") for s in "LR" for n in ("Knee", "Ankle", "Wrist")]] == 1).all()


def test_who_is_unusual(folder):
    chosen = dict(zip((*PEOPLE, "by hand"), map(photos.is_unusual, photos.people(folder)), strict=True))
    assert chosen == {
        "stands": False, "leans": False, "lies": True, "sits": True, "upside down": True, "by hand": False
    }  # fmt: skip


def test_a_pack_of_the_unusual_alone(folder, tmp_path, capsys):
    arguments = ["photos", "--root", str(folder), "--crop-px", "32"]
    assert pack.main([*arguments, "--output", str(tmp_path / "all")]) == 0
    assert pack.main([*arguments, "--output", str(tmp_path / "some"), "--unusual"]) == 0
    everybody, some = Pack.load(tmp_path / "all"), Pack.load(tmp_path / "some")
    assert (len(everybody), len(some)) == (6, 3) and capsys.readouterr().out.split() == ["6", "3"]
    np.testing.assert_array_equal(some.joints, everybody.joints[2:5])
    with pytest.raises(ValueError, match="--unusual: expected the source photos, got coco"):
        pack.main(["coco", "--root", str(folder), "--output", str(tmp_path / "none"), "--unusual"])
