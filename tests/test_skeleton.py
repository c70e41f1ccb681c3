from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from people3d.skeleton import LIMB_JOINTS, SKELETONS, Skeleton, convert, get_skeleton

names = st.sampled_from(sorted(SKELETONS))


def _joints(skeleton: str, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, len(SKELETONS[skeleton]), 3))


def _place(joints: np.ndarray, skeleton: str, joint: str) -> np.ndarray:
    return joints[..., SKELETONS[skeleton].index(joint), :]


@pytest.mark.parametrize(
    ("skeleton", "count", "first", "last"),
    [
        ("muco21", 21, "Head_top", "L_Toe"),
        ("muco17", 17, "Head_top", "Head"),
        ("h36m18", 18, "Pelvis", "Thorax"),
        ("h36m17", 17, "Pelvis", "R_Wrist"),
        ("coco19", 19, "Nose", "Pelvis"),
        ("mpii16", 16, "R_Ankle", "L_Wrist"),
        ("smpl24", 24, "Pelvis", "R_Hand"),
    ],
)
def test_orders_of_the_data_sets(skeleton, count, first, last):
    s = SKELETONS[skeleton]
    assert (len(s), s.joints[0], s.joints[-1], s.joints[s.root]) == (count, first, last, "Pelvis")


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_edges_join_all_joints_into_one_tree(skeleton: Skeleton):
    assert len(set(skeleton.joints)) == len(skeleton)
    assert len(skeleton.edges) == len(skeleton) - 1
    reached = {skeleton.root}
    for _ in skeleton.edges:
        reached |= {j for edge in skeleton.edges if reached & set(edge) for j in edge}
    assert reached == set(range(len(skeleton)))


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_mirror_swaps_sides_and_is_its_own_inverse(skeleton: Skeleton):
    mirror = skeleton.mirror
    assert mirror[mirror].tolist() == list(range(len(skeleton)))
    for joint, other in zip(skeleton.joints, mirror, strict=True):
        opposite = {"L": "R", "R": "L"}.get(joint[0], joint[0]) + joint[1:] if joint[1] == "_" else joint
        assert skeleton.joints[other] == opposite
    edges = {frozenset(edge) for edge in skeleton.edges}
    assert {frozenset(mirror[list(edge)].tolist()) for edge in edges} == edges


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_every_skeleton_has_the_limb_joints(skeleton: Skeleton):
    assert set(LIMB_JOINTS) <= set(skeleton.joints)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown skeleton 'muco22'; known: muco21, "):
        get_skeleton("muco22")
    with pytest.raises(ValueError, match="muco17 has no joint 'L_Toe'; it has Head_top"):
        SKELETONS["muco17"].index("L_Toe")


# -- conversion ------------------------------------------------------------------------------------------------------


@given(names)
def test_a_skeleton_becomes_itself(name):
    joints = _joints(name)
    out, visible = convert(joints, name, name)
    np.testing.assert_array_equal(out, joints)
    assert visible.all()


@given(names, names)
def test_limbs_stay_and_what_is_not_there_is_nan_and_unseen(source, target):
    joints = _joints(source)
    out, visible = convert(joints, source, target)
    for joint in (*LIMB_JOINTS, "Pelvis"):
        np.testing.assert_array_equal(_place(out, target, joint), _place(joints, source, joint))
    np.testing.assert_array_equal(np.isnan(out).any(-1), ~visible)


@given(names, names)
def test_mirroring_and_converting_may_change_places(source, target):
    """Mirrored left and right go through a conversion as any joints do."""
    joints = _joints(source)
    one = convert(joints[:, SKELETONS[source].mirror], source, target)[0]
    other = convert(joints, source, target)[0][:, SKELETONS[target].mirror]
    np.testing.assert_allclose(one, other)


@pytest.mark.parametrize(
    ("source", "joint", "target", "same_point"),
    [
        ("muco21", "Head_top", "h36m17", "Head"),  # the top of the head
        ("muco21", "Head", "smpl24", "Head"),  # the base of the skull
        ("muco21", "Head", "mpii16", "Neck"),
        ("muco21", "Thorax", "h36m17", "Neck"),  # the base of the neck
        ("muco21", "Thorax", "smpl24", "Neck"),
        ("muco21", "Thorax", "mpii16", "Thorax"),
        ("muco21", "Spine", "h36m17", "Torso"),  # half way up the spine
        ("muco21", "Spine", "smpl24", "Spine"),
        ("h36m18", "Thorax", "coco19", "Thorax"),  # the middle of the shoulders
    ],
)
def test_same_point_under_another_name_both_ways(source, joint, target, same_point):
    there, back = convert(_joints(source), source, target)[0], convert(_joints(target), target, source)[0]
    np.testing.assert_array_equal(_place(there, target, same_point), _place(_joints(source), source, joint))
    np.testing.assert_array_equal(_place(back, source, joint), _place(_joints(target), target, same_point))


@pytest.mark.parametrize("source", ["muco21", "h36m17", "mpii16", "smpl24"])
@pytest.mark.parametrize("target", ["coco19", "h36m18"])
def test_thorax_of_coco_and_of_human36m_is_the_middle_of_the_shoulders(source, target):
    joints = _joints(source)
    middle = (_place(joints, source, "L_Shoulder") + _place(joints, source, "R_Shoulder")) / 2
    np.testing.assert_allclose(_place(convert(joints, source, target)[0], target, "Thorax"), middle)


@pytest.mark.parametrize(
    ("source", "target", "joint"),
    [
        ("h36m17", "muco21", "Head"),  # Human3.6M has the top of the head only
        ("muco21", "coco19", "Nose"),
        ("smpl24", "muco21", "Head_top"),
        ("smpl24", "h36m17", "Head"),
        ("h36m17", "mpii16", "Neck"),
        ("h36m17", "smpl24", "Torso"),
    ],
)
def test_points_that_the_source_does_not_have_are_not_made_up(source, target, joint):
    out, visible = convert(_joints(source), source, target)
    assert np.isnan(_place(out, target, joint)).all()
    assert not visible[:, SKELETONS[target].index(joint)].any()


def test_a_mean_is_visible_only_where_both_ends_are():
    coco17 = Skeleton("coco17", SKELETONS["coco19"].joints[:17], (), 0)
    visible = np.ones((1, 17), bool)
    visible[0, coco17.index("L_Hip")] = False
    joints = np.random.default_rng(0).normal(size=(1, 17, 2))
    out, out_visible = convert(joints, coco17, "coco19", visible)
    assert out.shape == (1, 19, 2)
    assert out_visible[0, -2:].tolist() == [True, False]  # Thorax, Pelvis
    np.testing.assert_allclose(out[0, -1], (joints[0, 11] + joints[0, 12]) / 2)


def test_nobody_and_any_leading_shape():
    assert convert(np.zeros((0, 21, 3)), "muco21", "h36m18")[0].shape == (0, 18, 3)
    assert convert(np.zeros((5, 2, 21, 2), np.float32), "muco21", "h36m18")[0].dtype == np.float32


def test_joints_of_another_skeleton_are_refused():
    with pytest.raises(ValueError, match=r"expected \(\.\.\., 21, D\) joints of muco21, got shape \(2, 17, 3\)"):
        convert(np.zeros((2, 17, 3)), "muco21", "h36m18")
