from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.skeleton import SKELETONS
from people3d.synth.bvh import muco_joints, read_bvh
from people3d.synth.mocap import draw_pose, load_poses

ARM = """HIERARCHY
ROOT Base
{
 OFFSET 0 0 0
 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
 JOINT Tip
 {
  OFFSET 0 2 0
  CHANNELS 3 Zrotation Xrotation Yrotation
  End Site
  {
   OFFSET 0 1 0
  }
 }
}
MOTION
Frames: 2
Frame Time: 0.1
0 0 0 0 0 0 0 0 0
5 0 0 90 0 0 0 90 0
"""


def test_bvh_forward_kinematics(tmp_path):
    path = tmp_path / "arm.bvh"
    path.write_text(ARM)
    motion = read_bvh(path)
    assert motion.names == ("Base", "Tip", "Tip end") and motion.frame_s == 0.1
    np.testing.assert_allclose(motion.positions[0], [[0, 0, 0], [0, 2, 0], [0, 3, 0]], atol=1e-12)
    # The root turns +y to -x; the tip, turned about its own x, then points along z.
    np.testing.assert_allclose(motion.positions[1], [[5, 0, 0], [3, 0, 0], [3, 0, 1]], atol=1e-12)
    assert muco_joints(motion) is None


@pytest.mark.parametrize("text", ["", "HIERARCHY", ARM.replace("Frames: 2", "Frames: 99999999"), ARM[:-20]])
def test_broken_bvh_is_named(tmp_path, text):
    path = tmp_path / "broken.bvh"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"broken\.bvh: expected a BVH file"):
        read_bvh(path)


def test_folder_without_motion(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ValueError, match="expected motion capture"):
        load_poses(tmp_path)


def test_joints_by_name(tmp_path):
    names = list(SKELETONS["muco21"].joints)[::-1]
    joints = np.random.default_rng(0).normal(size=(3, 21, 3))
    np.savez(tmp_path / "a.npz", joints_mm=joints, joint_names=np.array(names))
    poses = load_poses(tmp_path)
    x, y, z = np.moveaxis(joints[:, ::-1], -1, 0)
    np.testing.assert_allclose(poses, np.stack([x, -z, y], -1))  # y up to z up


def test_deepmimic_at_rest(tmp_path):
    frame = [0.03, 0, 0.9, 0, 1, 0, 0, 0] + [1, 0, 0, 0] * 3 + [0] + [1, 0, 0, 0] * 2 + [0]
    frame += [1, 0, 0, 0] + [0] + [1, 0, 0, 0] * 2 + [0]
    (tmp_path / "stand.txt").write_text(json.dumps({"Loop": "wrap", "Frames": [frame]}))
    (pose,) = load_poses(tmp_path)
    index = SKELETONS["muco21"].index
    assert pose[index("Head_top"), 2] > pose[index("Thorax"), 2] > pose[index("Pelvis"), 2] == 900
    assert np.linalg.norm(pose[index("L_Knee")] - pose[index("L_Hip")]) == pytest.approx(421.6)


def test_bvh_of_the_kit_equals_its_joints(shared):
    with np.load(shared / "kit" / "mocap" / "cmu_bvh_walks_joints_10hz.npz") as stored:
        sequence = list(stored["seq_names"]).index("07_01.bvh")
        expected = stored["joints_mm"][stored["seq_index"] == sequence]
    motion = read_bvh(shared / "kit" / "mocap" / "bvh" / "07_01.bvh")
    joints = muco_joints(motion)
    limbs = [SKELETONS["muco21"].index(n) for n in ("R_Shoulder", "R_Elbow", "R_Wrist", "L_Hip", "L_Knee", "L_Ankle")]

    def centred(x):
        x = x[:, limbs] - x[:, limbs].mean(1, keepdims=True)
        return x / np.linalg.norm(x, axis=(1, 2), keepdims=True)

    apart = np.linalg.norm(centred(joints)[None] - centred(expected)[:, None], axis=(2, 3))
    assert apart.min(axis=1).max() < 0.003  # every pose of the kit is a frame of the file
    assert (np.diff(apart.argmin(axis=1)) > 0).all()


def test_blazepose_landmarks(tmp_path):
    """Somebody upright who faces the camera: x right, y down, z away."""
    mark = np.zeros((2, 33, 3))
    for side, x in ((0, 0.18), (1, -0.18)):  # the person's left is at the right of the picture
        for i, point in {
            7: (x * 0.4, -0.68, 0),
            11: (x, -0.5, 0),
            13: (x, -0.25, 0),
            15: (x, -0.02, -0.1),
            19: (x, 0.06, -0.12),
            23: (x * 0.55, 0, 0),
            25: (x * 0.55, 0.4, 0),
            27: (x * 0.55, 0.78, 0),
            31: (x * 0.6, 0.83, -0.13),
        }.items():
            mark[:, i + side] = point
    mark[1, 27] = mark[1, 25]  # the second has a leg without a shank
    seen = np.ones((2, 33, 3))
    np.savez(tmp_path / "labels.npz", kp3d_blaze_m=mark, kp2d_blaze=seen, kept=np.ones(2, bool))
    (pose,) = load_poses(tmp_path / "labels.npz")
    at = SKELETONS["muco21"].index
    assert pose[at("Head_top"), 2] > pose[at("Head"), 2] > pose[at("Thorax"), 2] > pose[at("Pelvis"), 2] == 0
    np.testing.assert_allclose(pose[at("L_Shoulder")], [180, 0, 500])
    np.testing.assert_allclose(pose[at("L_Toe")], [108, -130, -830])  # towards the camera: -y


def test_several_sources_are_drawn_alike(tmp_path):
    names = np.array(SKELETONS["muco21"].joints)
    for name, count, x in (("few", 1, 1.0), ("many", 99, 2.0)):
        np.savez(tmp_path / f"{name}.npz", joints_mm=np.full((count, 21, 3), x), joint_names=names)
    rng = np.random.default_rng(0)
    both = (tmp_path / "few.npz", tmp_path / "many.npz")
    values = np.array([abs(draw_pose(rng, both)[0, 0]) for _ in range(200)])
    assert 0.35 < (values == 1).mean() < 0.65
