from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.actor import character
from people3d.synth.contact import Contacts
from people3d.synth.joints import SYNTH, JointRegressor
from people3d.synth.pose import procedural_pose
from people3d.synth.retarget import Pose


@pytest.fixture(scope="module")
def at_rest(body_model):
    body = body_model.sample(np.random.default_rng(2), 35)
    return body, JointRegressor(body_model)(body.bone_heads_mm, body.landmarks_mm)


def test_nothing_touches_at_rest(body_model, at_rest):
    body, joints = at_rest
    contacts = Contacts(body_model)
    radii = contacts.radii_mm(body)
    assert contacts.depth_mm(joints, radii) == 0
    thick = dict(zip(contacts.parts, radii, strict=True))
    assert 20 < thick["L forearm"] < thick["L shank"] < thick["L thigh"] < thick["L trunk"] < 180


def test_depth_grows_as_a_hand_goes_into_the_belly(body_model, at_rest):
    body, joints = at_rest
    contacts = Contacts(body_model)
    radii = contacts.radii_mm(body)
    belly = (joints[SYNTH.index("Pelvis")] + joints[SYNTH.index("Thorax")]) / 2
    depths = []
    for before in (260.0, 120.0, 60.0, 0.0):
        moved = joints.copy()
        moved[SYNTH.index("L_Hand")] = belly - [0, before, 0]
        moved[SYNTH.index("L_Wrist")] = belly - [0, before + 80, 0]
        moved[SYNTH.index("L_Elbow")] = belly - [0, before + 330, 0]
        depths.append(contacts.depth_mm(moved, radii))
    assert depths[0] == 0 and (np.diff(depths) >= 0).all() and depths[-1] > 30


def test_a_pose_is_drawn_that_fits(body_model):
    """A pose with both hands in the belly is passed over for the next one."""
    who = character(np.random.default_rng(3), 30, mesh="coarse")
    rng = np.random.default_rng(0)
    good = procedural_pose(rng, "walking")
    joints = good.joints_mm.copy()
    names = SYNTH.joints[:21]
    belly = (joints[names.index("Pelvis")] + joints[names.index("Spine")]) / 2
    for side, x in (("L", 60), ("R", -60)):
        elbow = joints[names.index(f"{side}_Shoulder")] + [x, -60, -260]
        joints[names.index(f"{side}_Elbow")] = elbow
        joints[names.index(f"{side}_Wrist")] = elbow + (belly - elbow) * 0.9
        joints[names.index(f"{side}_Hand")] = belly
    bad = Pose(joints)
    assert who.depth_mm(who.rotations(bad, 0)) > who.depth_mm(who.rotations(good, 0)) == 0
    drawn = iter((bad, good))
    assert who.fit(lambda: next(drawn), 0)[0] is good


def test_fewer_limbs_inside_bodies_than_drawn(body_model):
    """Over many draws the poses that people take are less deep than those that were drawn."""
    rng = np.random.default_rng(5)
    drawn, taken = [], []
    for _ in range(40):
        who = character(rng, 30, mesh="coarse")
        drawn.append(who.depth_mm(who.rotations(procedural_pose(rng), 0)))
        taken.append(who.depth_mm(who.fit(lambda: procedural_pose(rng), 0)[1]))
    assert np.mean(drawn) > 1 and max(taken) < 10
