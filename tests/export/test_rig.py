from __future__ import annotations

import numpy as np
import pytest

from people3d.export.rig import fill_gaps, make_rig, pose_rig
from people3d.skeleton import SKELETONS, Skeleton


@pytest.mark.parametrize("name", SKELETONS)
def test_every_skeleton_is_a_tree_that_points_where_the_joints_are(name):
    skeleton = SKELETONS[name]
    rig = make_rig(skeleton)
    assert sorted(set(rig.joints.tolist())) == list(range(len(skeleton)))
    assert len(set(rig.names)) == len(rig.names) and (rig.parents[1:] < np.arange(1, len(rig.names))).all()
    joints = np.random.default_rng(0).normal(0, 500, (4, len(skeleton), 3))
    motion = pose_rig(rig, joints)
    for node in range(1, len(rig.names)):
        parent = rig.parents[node]
        bone = motion.positions[:, node] - motion.positions[:, parent]
        length = np.linalg.norm(bone, axis=-1, keepdims=True)
        np.testing.assert_allclose(motion.turns[:, parent] @ rig.directions[node] * length, bone, atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(motion.rotations), 1)


def test_the_body_at_rest_is_not_turned():
    rig = make_rig(SKELETONS["muco21"])
    places = np.zeros((len(rig.names), 3))
    for node in range(1, len(places)):
        places[node] = places[rig.parents[node]] + rig.directions[node] * 100
    joints = np.zeros((1, 21, 3))
    joints[0, rig.joints] = places
    motion = pose_rig(rig, joints)
    np.testing.assert_allclose(motion.rotations, np.tile(np.eye(3), (1, len(rig.names), 1, 1)), atol=1e-9)


def test_joints_without_bones_hang_on_the_root():
    rig = make_rig(Skeleton("points", ("a", "b", "c"), ((0, 1),), 0))
    assert rig.names == ("a", "a_b", "b", "a_c", "c")


def test_opposite_direction():
    rig = make_rig(Skeleton("arm", ("root", "tip"), ((0, 1),), 0))
    motion = pose_rig(rig, np.array([[[0.0, 0, 0], [0, -5, 0]]]))
    np.testing.assert_allclose(motion.rotations[0, 0] @ [0, 1, 0], [0, -1, 0], atol=1e-9)


def test_gaps_are_filled_by_straight_lines():
    joints = np.full((5, 2, 3), np.nan)
    joints[1, 0], joints[3, 0] = 0, [10, 20, 30]
    filled, known = fill_gaps(joints, np.array([0, 1, 2, 4, 5.0]))
    assert known.tolist() == [True, False]
    np.testing.assert_allclose(filled[:, 0, 1], [0, 0, 20 / 3, 20, 20])
