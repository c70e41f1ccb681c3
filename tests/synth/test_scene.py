from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from people3d.camera import Camera
from people3d.synth import things
from people3d.synth.actor import actor
from people3d.synth.generate import crops, scenes
from people3d.synth.joints import SYNTH, JointRegressor
from people3d.synth.retarget import Pose
from people3d.synth.scene import View, compose

LEVEL = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # a level camera that looks along +y
THICKEST_MM = 330.0  # of a body between a joint and the skin before it


def test_pictures_hold_people(pictures):
    assert all(len(s) >= 1 for s in pictures) and sum(len(s) for s in pictures) > 12
    for s in pictures:
        h, w = s.image.shape[:2]
        assert s.image.dtype == np.uint8 and s.labels.shape == s.depth_mm.shape == (h, w)
        assert s.joints_cam_mm.shape == (len(s), len(SYNTH), 3)


def test_joints_reproject(pictures):
    for s in pictures:
        x, y, z = np.moveaxis(s.joints_cam_mm, -1, 0)
        u, v = s.camera.fx * x / z + s.camera.cx, s.camera.fy * y / z + s.camera.cy
        ahead = z > 0
        assert np.abs(np.stack([u, v], -1) - s.joints_px)[ahead].max() <= 0.05


def test_boxes_bound_the_silhouettes(pictures):
    """Where nothing hides a person and the frame does not cut them, both boxes agree within a pixel."""
    compared = 0
    for s in pictures:
        h, w = s.labels.shape
        for i in range(len(s)):
            mask, box = s.mask(i), s.boxes_xyxy[i]
            if not mask.any():
                assert np.isnan(box).all()
                continue
            rows, columns = np.nonzero(mask)
            np.testing.assert_array_equal(box, [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            amodal = s.amodal_xyxy[i]
            assert (box[:2] >= np.floor(amodal[:2]) - 1e-6).all() and (box[2:] <= np.ceil(amodal[2:]) + 1e-6).all()
            if (amodal[:2] > 0).all() and (amodal[2:] < [w, h]).all() and s.joint_visible[i].all():
                assert np.abs(box - amodal).max() <= 1
                compared += 1
    assert compared or all(not s.joint_visible.all(1).any() for s in pictures)


def test_depth_at_visible_joints(pictures):
    for s in pictures:
        for i, j in zip(*np.nonzero(s.joint_visible), strict=True):
            h, w = s.labels.shape
            x, y = np.minimum(s.joints_px[i, j].round().astype(int), [w - 1, h - 1])
            if s.labels[y, x] == i + 1:
                in_front = s.joints_cam_mm[i, j, 2] - s.depth_mm[y, x]
                assert -120 < in_front < THICKEST_MM, (s.index, SYNTH.joints[j])


def test_depth_and_labels_say_the_same(pictures):
    for s in pictures:
        np.testing.assert_array_equal(s.labels > 0, s.depth_mm > 0)


def test_same_seed_same_bytes(egl):
    first = list(islice(crops(11, 2, 3, size=96), 2))
    again = [next(crops(11, 2, size=96)), next(crops(11, 5, size=96))]
    other = next(crops(12, 2, size=96))
    for a, b in zip(first, again, strict=True):
        assert a.image.tobytes() == b.image.tobytes() and a.joints_cam_mm.tobytes() == b.joints_cam_mm.tobytes()
        assert a.depth_mm.tobytes() == b.depth_mm.tobytes()
    assert other.joints_cam_mm.tobytes() != first[0].joints_cam_mm.tobytes()


def _standing(body_model, seed: int, age: float | None = None):
    """Somebody straight upright, bald and barefoot, and the body's own pose."""
    body = body_model.sample(np.random.default_rng(seed), age)
    rest = JointRegressor(body_model)(body.bone_heads_mm, body.landmarks_mm)
    return actor(np.random.default_rng(seed), age=age, pose=Pose(rest[:21]), mesh="coarse")


@pytest.mark.parametrize("age", [3, 9, 40])
def test_measured_height(egl, body_model, age):
    """The silhouette's height times depth over focal length is the person's, clothes and hair aside."""
    somebody = _standing(body_model, 5, age)
    bare = replace(somebody.outfit, hairline=-1.0, hat=0.0, shoes=replace(somebody.outfit.shoes, thickness_mm=0.0))
    figure = replace(somebody, outfit=bare, worn=())
    distance, f, size = 60000.0, 9000.0, 400  # from afar, so that the feet are no nearer than the head
    view = View(LEVEL, np.array([0, -distance, 800.0]), Camera(f, f, size / 2, size / 2), size, size)
    light = things.light(np.random.default_rng(0), LEVEL)
    scene = compose(view, [figure], [], light, np.zeros((8, 8, 3), np.uint8), mesh="coarse")
    top, sole = scene.boxes_xyxy[0, [1, 3]]
    z_top = scene.joints_cam_mm[0, 0, 2]
    height = (sole - top) * z_top / f
    # A pixel is 7 mm here, hair in the actor's mesh at most 18.
    assert height == pytest.approx(somebody.person.height_mm, abs=0.01 * somebody.person.height_mm + 7 + 18)
    assert np.ptp(somebody.joints_mm[:, 2]) < somebody.person.height_mm


def test_feet_on_the_floor_and_people_apart(egl):
    from scipy.spatial import KDTree

    from people3d.synth.placing import apart, beside

    rng = np.random.default_rng(0)
    main, other = (actor(rng, posture="standing", mesh="coarse") for _ in range(2))
    assert main.vertices_mm[:, 2].min() == pytest.approx(0, abs=0.01)
    placed = beside(rng, main, other)
    assert placed is not None and not apart(main.moved([10, 0, 0]), [main])
    assert KDTree(main.vertices_mm).query(placed.vertices_mm)[0].min() > 15


def test_what_hides_somebody_is_seen(egl, body_model):
    """A box before the legs hides them from the joints' flags and from the tight box, not from the amodal one."""
    somebody = _standing(body_model, 6, 30)
    view = View(LEVEL, np.array([0, -5000.0, 900.0]), Camera(300, 300, 80, 80), 160, 160)
    light = things.light(np.random.default_rng(0), LEVEL)
    block = things.box(np.random.default_rng(0), [0, -1500, 0], [1800, 200, 700], 0.0)
    black = np.zeros((8, 8, 3), np.uint8)
    free = compose(view, [somebody], [], light, black, mesh="coarse")
    hidden = compose(view, [somebody], [block], light, black, mesh="coarse")
    legs = [SYNTH.index(n) for n in ("L_Ankle", "R_Ankle", "L_Knee", "R_Knee")]
    assert free.joint_visible[0, legs].any() and not hidden.joint_visible[0, legs].any()
    assert hidden.boxes_xyxy[0, 3] < free.boxes_xyxy[0, 3]
    np.testing.assert_allclose(hidden.amodal_xyxy, free.amodal_xyxy)
    assert np.abs(free.boxes_xyxy - free.amodal_xyxy).max() <= 1


def test_a_thing_is_drawn_where_the_camera_says(egl):
    """OpenGL's pixels and the camera's agree: the corner of a box, off centre."""
    view = View(LEVEL, np.zeros(3), Camera(200, 250, 70, 40), 128, 96)
    wall = things.thing(
        np.array([[[100.0, 2000, -50], [500, 2000, -50], [500, 2000, 150], [100, 2000, 150]]]), np.full((2, 4), 0.5)
    )
    light = things.light(np.random.default_rng(0), LEVEL)
    scene = compose(view, [], [wall], light, np.zeros((8, 8, 3), np.uint8), mesh="coarse")
    rows, columns = np.nonzero(scene.labels)
    corners = view.camera.project(np.array([[100, -150, 2000.0], [500, 50, 2000.0]]))
    np.testing.assert_allclose([columns.min(), rows.min()], corners[0] + 0.5, atol=0.51)
    np.testing.assert_allclose([columns.max() + 1, rows.max() + 1], corners[1] + 0.5, atol=0.51)
    np.testing.assert_allclose(scene.depth_mm[scene.labels > 0], 2000, rtol=1e-5)
    assert len(scene) == 0 and scene.boxes_xyxy.shape == (0, 4)


def test_impossible_numbers_of_people():
    with pytest.raises(ValueError, match="people: expected"):
        next(scenes(0, people=(3, 2)))


def test_both_meshes_are_drawn_in_one_process(egl):
    """Each has an OpenGL context of its own: what one draws is not what the other left."""
    first = [s.image for s in islice(crops(8, size=96), 2)]
    whole = next(scenes(8, image_size=(160, 120), people=(1, 1))).image
    for a, b in zip(first, islice(crops(8, size=96), 2), strict=True):
        np.testing.assert_array_equal(a, b.image)
    np.testing.assert_array_equal(whole, next(scenes(8, image_size=(160, 120), people=(1, 1))).image)


def test_torch_can_be_imported_after_rendering():
    """Both bring an LLVM of their own; a process that rendered first used to die when torch loaded triton's."""
    pytest.importorskip("triton")
    code = "from people3d.synth.render import renderer; renderer(); import triton; print('alive')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-500:]
