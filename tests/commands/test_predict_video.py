"""people3d predict on videos, with made-up networks: somebody bright walks through the picture."""

from __future__ import annotations

import io
import json
import sys
import time
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from people3d.people import People
from people3d.results import read_results

av = pytest.importorskip("av")
pytest.importorskip("trackers")


def _picture(i):
    image = np.zeros((144, 192, 3), np.uint8)
    image[60:80, 40 + 2 * i : 60 + 2 * i] = 255
    return image


def _write(path, frames=30, empty=(), fps=25):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 192, 144, "yuv420p"
        for i in range(frames):
            rgb = np.zeros((144, 192, 3), np.uint8) if i in empty else _picture(i)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, fps)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def _read(folder):
    return json.loads((folder / "people3d.json").read_text())


def test_a_video(run, tmp_path):
    video = _write(tmp_path / "walk.mp4", empty=(10, 11))
    out = tmp_path / "out"
    assert run(video, "--output", out) == (0, [])
    data = _read(out)
    assert [i["frame_index"] for i in data["images"]] == list(range(30))
    np.testing.assert_allclose([i["time_s"] for i in data["images"]], np.arange(30) / 25, atol=1e-4)
    assert data["images"][7]["file_name"] == "walk.mp4#000007"
    assert {a["track_id"] for a in data["annotations"]} == {1}
    assert [a["image_id"] for a in data["annotations"]] == list(range(1, 31))
    assert [a["id"] for a in data["annotations"]] == list(range(1, 31))
    assert [a["image_id"] - 1 for a in data["annotations"] if a.get("filled")] == [10, 11]
    people = read_results(out / "people3d.json")[10][1]
    assert people.filled.tolist() == [True] and people.frame_index == 10 and people.time_s == pytest.approx(0.4)
    assert {p.name for p in out.iterdir()} == {"people3d.json", "walk.mp4"}
    with av.open(str(out / "walk.mp4")) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert stream.codec_context.name == "h264"
        assert len(frames) == 30
        assert frames[-1].time == pytest.approx(29 / 25, abs=1e-3)
        assert frames[0].width > 192 + 100  # the views beside it


def test_part_of_a_video_without_tracks_and_other_outputs(run, tmp_path):
    video = _write(tmp_path / "walk.mp4")
    options = ("--start", "0.2", "--end", "0:00.8", "--every", "5", "--no-track", "--save", "json", "image", "html")
    assert run(video, "--output", tmp_path / "out", *options)[0] == 0
    data = _read(tmp_path / "out")
    assert [i["frame_index"] for i in data["images"]] == [5, 10, 15]
    assert not any("track_id" in a for a in data["annotations"])
    names = {f"walk_{i:06d}{s}" for i in (5, 10, 15) for s in (".png", ".html")}
    assert {p.name for p in (tmp_path / "out").iterdir()} == names | {"people3d.json"}


@pytest.mark.parametrize("options", [("--smooth", "none"), ("--smooth", "savgol"), ("--causal",), ("--max-gap", "0")])
def test_ways_of_smoothing(run, tmp_path, options):
    video = _write(tmp_path / "walk.mp4", frames=12)
    assert run(video, "--output", tmp_path / "out", "--save", "json", "video", *options)[0] == 0
    assert len(_read(tmp_path / "out")["annotations"]) == 12
    assert (tmp_path / "out" / "walk.mp4").stat().st_size > 1000


def test_a_video_beside_its_results_is_not_overwritten(run, tmp_path):
    video = _write(tmp_path / "walk.mp4", frames=5)
    before = video.read_bytes()
    assert run(video, "--output", tmp_path)[0] == 0
    assert video.read_bytes() == before
    assert (tmp_path / f"{tmp_path.name}_walk.mp4").exists()


def test_pictures_and_videos_of_a_folder_and_numbers_that_go_on(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    _write(folder / "a.mp4", frames=4)
    _write(folder / "b.mkv", frames=4)
    Image.fromarray(_picture(3)).save(folder / "photo.png")
    assert run(folder, "--output", tmp_path / "out", "--save", "json")[0] == 0
    data = _read(tmp_path / "out")
    names = [i["file_name"] for i in data["images"]]
    assert names == ["photo.png"] + [f"{v}#{i:06d}" for v in ("a.mp4", "b.mkv") for i in range(4)]
    assert [a.get("track_id") for a in data["annotations"]] == [None, 1, 1, 1, 1, 2, 2, 2, 2]


def test_frames_in_a_folder_are_a_video(run, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for i in (0, 1, 2, 9, 10, 11):
        Image.fromarray(_picture(i)).save(folder / f"f{i}.png")
    (folder / "f3.png").write_bytes(b"broken")
    code, lines = run(folder, "--output", tmp_path / "out", "--sequence", "--fps", "10")
    assert code == 2
    assert len(lines) == 1 and "f3.png" in lines[0]
    data = _read(tmp_path / "out")
    assert [i["file_name"] for i in data["images"]] == ["f0.png", "f1.png", "f2.png", "f9.png", "f10.png", "f11.png"]
    assert [i["time_s"] for i in data["images"]] == [0, 0.1, 0.2, 0.4, 0.5, 0.6]
    assert {a["track_id"] for a in data["annotations"]} == {1}
    assert (tmp_path / "out" / "frames.mp4").exists()


def test_standard_input(run, tmp_path, monkeypatch):
    data = _write(tmp_path / "walk.ts", frames=8).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run("-", "--output", tmp_path / "out")[0] == 0
    assert [i["file_name"] for i in _read(tmp_path / "out")["images"]] == [f"stdin#{i:06d}" for i in range(8)]
    assert (tmp_path / "out" / "stdin.mp4").exists()


def test_a_pipe_waits_for_slow_networks(run, tmp_path, monkeypatch):
    from people3d.predictor import Predictor

    data, call = _write(tmp_path / "walk.ts", frames=40).read_bytes(), Predictor.__call__

    def slow(*arguments, **options):
        time.sleep(0.03)
        return call(*arguments, **options)

    monkeypatch.setattr(Predictor, "__call__", slow)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run("-", "--output", tmp_path / "out", "--save", "json")[0] == 0
    assert [i["frame_index"] for i in _read(tmp_path / "out")["images"]] == list(range(40))


def test_damaged_videos_are_named_and_the_rest_is_done(run, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video" * 50)
    (tmp_path / "empty.mov").write_bytes(b"")
    good = _write(tmp_path / "good.mp4", frames=3)
    code, lines = run(tmp_path / "bad.mp4", tmp_path / "empty.mov", good, "webcam:73", "--output", tmp_path / "out")
    assert code == 2
    assert len(lines) == 3
    for name, line in zip(
        ("bad.mp4: not a video", "empty.mov: not a video", "webcam:73: there is no"), lines, strict=True
    ):
        assert name in line
    assert len(_read(tmp_path / "out")["images"]) == 3


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--start", "soon"), "--start: expected seconds, M:SS or H:MM:SS, got 'soon'"),
        (("--start", "3", "--end", "2"), "expected 0 <= start < end, got 3 and 2 s"),
        (("--every", "0"), "every: expected 1 or more, got 0"),
        (("--height", "17"), "--height: expected 300 to 3000 mm, got 17"),
        (("--focal", "wide"), "--focal: expected number, got 'wide'"),
        (("--smooth", "much"), "--smooth"),
        (("--fps", "0"), "--fps: expected a positive number, got 0"),
    ],
)
def test_bad_usage_is_one_line(run, tmp_path, options, line, capsys):
    video = _write(tmp_path / "walk.mp4", frames=2)
    try:
        code, lines = run(video, "--output", tmp_path / "out", *options)
    except SystemExit as stop:
        code, lines = stop.code, capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 1 and line in lines[0], lines


def test_focal_and_height_are_said_and_written(run, tmp_path, monkeypatch):
    video = _write(tmp_path / "walk.mp4", frames=6)
    code, lines = run(video, "--output", tmp_path / "out", "--focal", "auto", "--save", "json")
    assert code == 0
    assert len(lines) == 1 and "walk.mp4: nobody stands upright" in lines[0]  # the made-up pose is one point
    assert _read(tmp_path / "out")["images"][0]["focal_source"] == "default"

    monkeypatch.setattr("people3d.stature.heights_mm", lambda people: np.full(len(people), 1700.0))
    plain = _read(tmp_path / "out")["annotations"]
    code, lines = run(video, "--output", tmp_path / "tall", "--height", "1870", "--save", "json")
    assert code == 0
    assert len(lines) == 1 and "made 1.100 times as large" in lines[0]
    data = _read(tmp_path / "tall")
    assert data["info"]["height_scale"] == {"height_mm": 1870, "factors": {"walk.mp4": pytest.approx(1.1)}}
    for a, b in zip(plain, data["annotations"], strict=True):
        np.testing.assert_allclose(np.array(b["root_cam"]), 1.1 * np.array(a["root_cam"]), rtol=3e-3)
        np.testing.assert_allclose(b["keypoints"], a["keypoints"], atol=0.3)  # smoothed by speeds in m/s
    code, lines = run("-", "--output", tmp_path / "live", "--height", "1870")
    assert code == 2


def test_results_stream_equals_the_document(tmp_path, make_people):
    from people3d.results import document
    from people3d.results_stream import ResultsStream
    from people3d.skeleton import SKELETONS

    muco = SKELETONS["muco21"]
    results = [("a", make_people(2)), ("b", make_people(2)[[]]), ("c", make_people(1, seed=3))]
    stream = ResultsStream(tmp_path / "r.json", muco, {"boxes": "x"})
    stream.write()
    assert json.loads((tmp_path / "r.json").read_text()) == document([], muco, {"boxes": "x"})
    for name, people in results:
        stream.add(name, people)
        stream.write()
    assert json.loads((tmp_path / "r.json").read_text()) == document(results, muco, {"boxes": "x"})
    with pytest.raises(ValueError, match="expected people of skeleton muco21, got h36m18"):
        stream.add("d", make_people(1, "h36m18"))
    assert isinstance(results[0][1], People) and (stream.images, stream.people) == (3, 3)
    stream.close()
