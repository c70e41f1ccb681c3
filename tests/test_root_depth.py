"""Distances from surfaces: made-up people before a wall, in maps with holes, noise and other people."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.root_depth import Poses, root_depth_of_surface
from people3d.skeleton import SKELETONS, Skeleton

MUCO = SKELETONS["muco21"]
CAMERA = Camera(600, 600, 320, 240)
SIZE = (640, 480)
WALL_MM = 8000.0
# Somebody upright, seen from the front, mm about the pelvis; the surface of trunk and limbs lies before the joints.
BODY = {
    "Head_top": (0, -700),
    "Thorax": (0, -500),
    "Shoulder": (170, -480),
    "Elbow": (260, -240),
    "Wrist": (280, 0),
    "Hip": (110, 20),
    "Knee": (120, 440),
    "Ankle": (125, 850),
}
TRUNK_MM, LIMB_MM = 125.0, 50.0


def person(x: float, z: float, scale: float = 1.0) -> np.ndarray:
    """(21, 3) joints in camera mm; those that BODY does not have are at the pelvis."""
    joints = np.zeros((len(MUCO), 3))
    for i, name in enumerate(MUCO.joints):
        side = {"L_": 1, "R_": -1}.get(name[:2], 1)
        across, down = BODY.get(name.removeprefix("L_").removeprefix("R_"), (0, 0))
        joints[i] = side * across * scale, down * scale, 0
    return joints + np.array([x, 0, z])


def poses_of(*people: np.ndarray, skeleton: Skeleton = MUCO) -> Poses:
    joints = np.stack(people)
    px = CAMERA.project(joints)
    boxes = np.concatenate([px.min(1), px.max(1)], 1)
    return Poses(boxes, px, joints[..., 2] - joints[:, [skeleton.root], 2], skeleton, CAMERA)


def depth_of(*people: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """(480, 640) map of the people, drawn as a trunk and limbs of 80 mm before a wall."""
    depth = np.full(SIZE[::-1], WALL_MM)
    rows, columns = np.indices(depth.shape)
    grid = np.stack([columns, rows], -1).reshape(-1, 2)
    for joints in people:
        px, z = CAMERA.project(joints), joints[0, 2]
        at = dict(zip(MUCO.joints, px, strict=True))
        trunk = np.array([at["L_Shoulder"], at["R_Shoulder"], at["R_Hip"], at["L_Hip"]])
        inside = (grid >= trunk.min(0)).all(1) & (grid <= trunk.max(0)).all(1)
        parts = [(inside, TRUNK_MM)]
        for chain in (("Shoulder", "Elbow", "Wrist"), ("Hip", "Knee", "Ankle")):
            for side in "LR":
                for a, b in pairwise(chain):
                    start, end = at[f"{side}_{a}"], at[f"{side}_{b}"]
                    along = np.clip((grid - start) @ (end - start) / ((end - start) ** 2).sum(), 0, 1)
                    away = np.linalg.norm(grid - start - along[:, None] * (end - start), axis=1)
                    parts.append((away < 40 * 600 / z, LIMB_MM))
        for mask, thick in parts:
            mask = mask.reshape(depth.shape)
            depth[mask] = np.minimum(depth[mask], z - thick * scale)
    return depth


def test_the_root_is_behind_the_surface():
    someone = person(100, 3000)
    got = root_depth_of_surface(depth_of(someone), poses_of(someone), SIZE)
    assert got.shape == (1,)
    assert got[0] == pytest.approx(3000, abs=15)


def test_a_child_is_thinner():
    child = person(0, 2500, 0.6)
    assert root_depth_of_surface(depth_of(child, scale=0.6), poses_of(child), SIZE)[0] == pytest.approx(2500, abs=15)


def test_holes_and_noise():
    rng = np.random.default_rng(0)
    someone = person(-200, 4000)
    depth = depth_of(someone) + rng.normal(0, 30, SIZE[::-1])
    depth[rng.random(depth.shape) < 0.7] = np.nan
    assert root_depth_of_surface(depth, poses_of(someone), SIZE)[0] == pytest.approx(4000, abs=40)


@pytest.mark.parametrize("shrink", [2, 4])
def test_a_coarser_map(shrink):
    someone = person(0, 3500)
    depth = depth_of(someone)[shrink // 2 :: shrink, shrink // 2 :: shrink]
    assert root_depth_of_surface(depth, poses_of(someone), SIZE)[0] == pytest.approx(3500, abs=20)


def test_whoever_stands_before_somebody_does_not_take_his_place():
    near, far = person(330, 2000), person(420, 5000)
    depth = depth_of(near, far)
    assert np.median(depth[depth < WALL_MM]) < 3000, "most of what is seen is the nearer one"
    got = root_depth_of_surface(depth, poses_of(near, far), SIZE)
    np.testing.assert_allclose(got, [2000, 5000], atol=60)


def test_behind_a_pillar_or_in_a_hole_nothing_is_known():
    someone = person(0, 4000)
    poses = poses_of(someone)
    assert np.isnan(root_depth_of_surface(np.full(SIZE[::-1], np.nan), poses, SIZE)).all()
    pillar = depth_of(someone)
    pillar[:, 200:440] = 900  # a body of that size so near has a trunk of 110 mm
    assert np.isnan(root_depth_of_surface(pillar, poses, SIZE)).all()


def test_nobody_and_a_skeleton_without_limbs():
    empty = Poses(np.zeros((0, 4)), np.zeros((0, 21, 2)), np.zeros((0, 21)), MUCO, CAMERA)
    assert root_depth_of_surface(depth_of(), empty, SIZE).shape == (0,)
    face = Skeleton("face", ("Pelvis", "Nose"), ((0, 1),), 0)
    poses = Poses(np.zeros((1, 4)), np.full((1, 2, 2), 200.0), np.zeros((1, 2)), face, CAMERA)
    assert np.isnan(root_depth_of_surface(depth_of(), poses, SIZE)).all()
