from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.skeleton import SKELETONS
from people3d.synth.bvh import muco_joints, read_bvh
from people3d.synth.mocap import load_poses

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
