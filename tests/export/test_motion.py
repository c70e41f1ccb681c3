"""The formats of movement, read back by other readers: TRC, C3D, BVH, rerun, GLB."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from people3d.skeleton import SKELETONS

MUCO = SKELETONS["muco21"]


def read_trc(path):
    """As OpenSim documents the format: times, names, (F, M, 3) with NaN where a marker is not known."""
    lines = path.read_text().split("\n")
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    head = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    names = lines[3].split("\t")[2::3]
    assert lines[4].split("\t")[2:5] == ["X1", "Y1", "Z1"] and lines[5] == ""
    rows = [line.split("\t") for line in lines[6:] if line]
    values = np.array([[float(cell) for cell in row] for row in rows])  # OpenSim refuses lines with an empty end
    columns = 2 + 3 * len(names)
    assert [len(line.split("\t")) for line in lines[3:5]] == [columns, columns]  # pandas takes the rest for an index
    assert int(head["NumFrames"]) == len(rows) and int(head["NumMarkers"]) == len(names) and head["Units"] == "mm"
    return head, values[:, 1], names, values[:, 2:].reshape(len(rows), len(names), 3)


def test_trc_stands_upright(export, video, tmp_path):
    code, lines = export(video.path, "--format", "trc", "--pitch", 14, "--output", tmp_path)
    assert code == 0 and len(lines) == 1 and "belong to no track" in lines[0]
    head, times, names, joints = read_trc(tmp_path / "street_person1.trc")
    assert names == list(MUCO.joints) and float(head["DataRate"]) == pytest.approx(25, abs=0.01)
    np.testing.assert_allclose(times, 4 + np.arange(10) / 25, atol=1e-6)
    height = np.nanmedian(joints[:, :, 1] - video.upright_mm[0, :, :, 1])
    assert abs(height) < 60  # where the floor is, is an estimate
    joints[..., 1] -= height
    np.testing.assert_allclose(joints, video.upright_mm[0], atol=1e-3)


def test_trc_of_somebody_who_comes_and_goes(export, video, tmp_path):
    export(video.path, "--format", "trc", "--pitch", 14, "--output", tmp_path)
    head, times, _, joints = read_trc(tmp_path / "street_person2.trc")
    assert head["OrigDataStartFrame"] == "102" and len(joints) == 8 and times[0] == pytest.approx(4.04)
    np.testing.assert_array_equal(np.isnan(joints[:, 0, 0]), [False, False, False, True, False, False, False, False])


def test_camera_space_is_only_turned(export, video, tmp_path):
    export(video.path, "--format", "trc", "--space", "camera", "--person", 1, "--output", tmp_path / "walk.trc")
    joints = read_trc(tmp_path / "walk.trc")[3]
    np.testing.assert_allclose(joints, video.joints_mm[0] * [1, -1, -1], atol=1e-3)


@pytest.mark.filterwarnings("ignore:No analog data")
def test_c3d(export, video, tmp_path):
    c3d = pytest.importorskip("c3d")
    pytest.importorskip("ezc3d")
    assert export(video.path, "--format", "c3d", "--space", "camera", "--output", tmp_path)[0] == 0
    with open(tmp_path / "street.c3d", "rb") as file:
        reader = c3d.Reader(file)
        frames = [points for _, points, _ in reader.read_frames()]
        labels = [label.strip() for label in reader.point_labels]
        assert reader.point_rate == pytest.approx(25, abs=0.01)
        assert reader.get("POINT:UNITS").string_value.strip() == "mm"
    assert labels == [f"person{i}:{joint}" for i in (1, 2) for joint in MUCO.joints]
    points = np.stack(frames).reshape(10, 2, 21, 5).transpose(1, 0, 2, 3)
    x, y, z = np.moveaxis(video.joints_mm, -1, 0)
    expected = np.stack([x, z, -y], -1)  # Z up
    there = np.isfinite(x)
    np.testing.assert_array_equal(points[..., 3] >= 0, there)
    np.testing.assert_allclose(points[there][:, :3], expected[there], atol=1e-3)


def test_bvh(export, video, tmp_path):
    bvhio = pytest.importorskip("bvhio")
    assert export(video.path, "--format", "bvh", "--space", "camera", "--person", 1, "--output", tmp_path) == (0, [])
    path = tmp_path / "street.bvh"
    assert bvhio.readAsBvh(str(path)).FrameTime == pytest.approx(1 / 25, abs=1e-6)
    root = bvhio.readAsHierarchy(str(path))
    for frame in (0, 3, 9):
        root.loadPose(frame)
        at = {joint.Name: np.array(joint.PositionWorld.to_tuple()) for joint, _, _ in root.layout()}
        got = np.stack([at[name] for name in MUCO.joints])
        np.testing.assert_allclose(got, video.joints_mm[0, frame] * [1, -1, -1], atol=0.05)


def test_bvh_fills_gaps_and_says_so(export, video, tmp_path):
    from people3d.synth.bvh import read_bvh

    code, lines = export(video.path, "--format", "bvh", "--space", "camera", "--person", 2, "--output", tmp_path)
    assert code == 0 and "1 frames without this person are filled in" in lines[-1]
    motion = read_bvh(tmp_path / "street.bvh")
    got = motion.positions[:, [motion.names.index(name) for name in MUCO.joints]]
    expected = video.joints_mm[1, 1:9] * [1, -1, -1]
    there = np.isfinite(expected[:, 0, 0])
    np.testing.assert_allclose(got[there], expected[there], atol=0.05)
    pelvis = got[:, MUCO.root]
    np.testing.assert_allclose(pelvis[3], (pelvis[2] + pelvis[4]) / 2, atol=0.01)


def test_bvh_says_what_fixed_bones_cost(export, photos, tmp_path):
    """One picture has no other frame to differ from, so its bones fit exactly."""
    bvhio = pytest.importorskip("bvhio")
    assert export(photos, "--format", "bvh", "--space", "camera", "--output", tmp_path) == (0, [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photo_2.bvh", "photo_person1.bvh", "photo_person2.bvh"]
    root = bvhio.readAsHierarchy(str(tmp_path / "photo_2.bvh"))
    from people3d.results import read_results

    root.loadPose(0)
    at = {joint.Name: np.array(joint.PositionWorld.to_tuple()) for joint, _, _ in root.layout()}
    expected = read_results(photos)[1][1].joints_cam_mm[0] * [1, -1, -1]
    np.testing.assert_allclose(np.stack([at[name] for name in MUCO.joints]), expected, atol=0.05)


def _glb_places(path, frame):
    """World places of all nodes at one key, by pygltflib and matrices of its own."""
    pygltflib = pytest.importorskip("pygltflib")
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    gltf = pygltflib.GLTF2().load(str(path))
    blob = gltf.binary_blob()
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}

    def values(index):
        accessor = gltf.accessors[index]
        view = gltf.bufferViews[accessor.bufferView]
        assert accessor.componentType == pygltflib.FLOAT
        count = accessor.count * width[accessor.type]
        data = struct.unpack_from(f"<{count}f", blob, view.byteOffset + (accessor.byteOffset or 0))
        return np.array(data).reshape(accessor.count, -1)

    pose = {
        i: {"translation": n.translation, "rotation": n.rotation, "scale": n.scale} for i, n in enumerate(gltf.nodes)
    }
    times = None
    for animation in gltf.animations:
        for channel in animation.channels:
            sampler = animation.samplers[channel.sampler]
            keys = values(sampler.input)[:, 0]
            at = np.flatnonzero(np.isclose(keys, frame / 25, atol=1e-5))
            if len(at):
                pose[channel.target.node][channel.target.path] = values(sampler.output)[at[0]]
            times = keys if times is None or len(keys) > len(times) else times
    places = {}

    def walk(node, matrix):
        local = np.eye(4)
        turn = pose[node]["rotation"]
        local[:3, :3] = np.eye(3) if turn is None else rotation.from_quat(turn).as_matrix()
        local[:3, :3] *= 1 if pose[node]["scale"] is None else pose[node]["scale"]
        local[:3, 3] = 0 if pose[node]["translation"] is None else pose[node]["translation"]
        places[gltf.nodes[node].name] = (matrix @ local)[:3, 3]
        for child in gltf.nodes[node].children:
            walk(child, matrix @ local)

    for node in gltf.scenes[0].nodes:
        walk(node, np.eye(4))
    return places, times


def test_glb(export, video, tmp_path):
    assert export(video.path, "--format", "glb", "--space", "camera", "--output", tmp_path)[0] == 0
    for frame in (0, 2, 4, 9):
        places, times = _glb_places(tmp_path / "street.glb", frame)
        np.testing.assert_allclose(times, np.arange(10) / 25, atol=1e-6)
        for person in (0, 1):
            got = np.stack([places[f"person{person + 1}:{joint}"] for joint in MUCO.joints]) * 1000
            expected = video.joints_mm[person, frame] * [1, -1, -1]
            if np.isfinite(expected).all():
                np.testing.assert_allclose(got, expected, atol=0.02)
            else:
                np.testing.assert_allclose(got, 0, atol=1e-9)  # no size while they are away


def test_glb_shapes_are_below_nothing(export, video, tmp_path):
    """Khronos' validator warns of shapes with bones (skins) below other nodes, whose places do not move them."""
    pygltflib = pytest.importorskip("pygltflib")
    assert export(video.path, "--format", "glb", "--output", tmp_path)[0] == 0
    gltf = pygltflib.GLTF2().load(str(tmp_path / "street.glb"))
    shapes = [i for i, node in enumerate(gltf.nodes) if node.skin is not None]
    assert len(shapes) == 2 and set(shapes) < set(gltf.scenes[0].nodes)
    assert not any(child in shapes for node in gltf.nodes for child in node.children)


def test_glb_of_a_picture(export, photos, tmp_path):
    from people3d.results import read_results

    assert export(photos, "--format", "glb", "--space", "camera", "--output", tmp_path) == (0, [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photo.glb", "photo_2.glb"]
    places, times = _glb_places(tmp_path / "photo.glb", 0)
    assert times is None
    expected = read_results(photos)[0][1].joints_cam_mm * [1, -1, -1]
    got = [[places[f"person{i}:{joint}"] for joint in MUCO.joints] for i in (1, 2)]
    np.testing.assert_allclose(np.array(got) * 1000, expected, atol=0.02)


def test_glb_has_shapes_that_other_programs_load(export, photos, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    export(photos, "--format", "glb", "--output", tmp_path)
    scene = trimesh.load(tmp_path / "photo.glb")
    assert len(scene.geometry) == 2 and all(len(g.faces) > 100 for g in scene.geometry.values())


def test_rerun(export, video, tmp_path):
    reader = pytest.importorskip("rerun.chunk").RrdReader
    assert export(video.path, "--format", "rerun", "--pitch", 14, "--output", tmp_path)[0] == 0
    found, turn = {}, {}
    for chunk in reader(str(tmp_path / "street.rrd")).stream():
        table = chunk.to_record_batch().to_pydict()
        path = str(chunk.entity_path)
        if path.endswith("/joints"):
            person = int(path.split("/")[-2].removeprefix("person")) - 1
            for frame, points in zip(table["frame"], table["Points3D:positions"], strict=True):
                if points:
                    found[person, frame - 100] = np.array(points) * 1000
        if path == "/world/camera":
            turn = {key: np.array(value[0]).ravel() for key, value in table.items() if key.startswith("Transform3D")}
    there = {(p, f) for p in (0, 1) for f in range(10) if np.isfinite(video.joints_mm[p, f]).all()}
    assert set(found) == there
    for (person, frame), joints in found.items():
        np.testing.assert_allclose(joints, video.joints_mm[person, frame], atol=1e-2)
    rotation = turn["Transform3D:mat3x3"].reshape(3, 3).T  # stored column by column
    upright = found[0, 0] @ rotation.T + turn["Transform3D:translation"] * 1000
    offset = upright - video.upright_mm[0, 0]
    np.testing.assert_allclose(offset[:, [0, 2]], 0, atol=0.1)
    assert np.ptp(offset[:, 1]) < 0.1 and abs(offset[0, 1]) < 60
