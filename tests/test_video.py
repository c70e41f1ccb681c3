"""Frames of video files, pictures and streams."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from people3d.sources import Source
from people3d.video import PictureSequence, Selection, UnreadableVideo, VideoFile, Webcam, open_sequence, parse_time

av = pytest.importorskip("av")
WIDTH, HEIGHT = 96, 64


def write_video(path, times_ms, codec="libx264", sar=None, noise=False):
    """Frame i has the grey level 5 i + 20, a red left half and a green mark at its top left corner."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size, stream.bit_rate = 10, 4_000_000
        if sar:
            stream.codec_context.sample_aspect_ratio = sar
        if path.suffix != ".avi":
            stream.codec_context.time_base = Fraction(1, 1000)
        for i, time in enumerate(times_ms):
            rgb = np.full((HEIGHT, WIDTH, 3), min(5 * i + 20, 255), np.uint8)
            if noise:
                rgb[20:-20] = np.random.default_rng(i).integers(0, 255, (HEIGHT - 40, WIDTH, 3))
            rgb[:16, :16] = (0, 255, 0)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            if path.suffix != ".avi":
                frame.pts, frame.time_base = time, Fraction(1, 1000)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def _levels(frames):
    return [round((float(frame.rgb[-8:, -8:].mean()) - 20) / 5) for frame in frames]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("video")


@pytest.fixture(scope="module")
def clip(folder):
    return write_video(folder / "clip.mp4", range(0, 1600, 40))


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("ts", "libx264"), ("avi", "mpeg4")]
)
def test_every_frame_in_order_with_its_time(folder, suffix, codec):
    path = write_video(folder / f"any.{suffix}", range(0, 800, 40), codec)
    video = open_sequence(Source(path, path.name))
    frames = list(video.frames(Selection()))
    assert _levels(frames) == list(range(20))
    assert [f.index for f in frames] == list(range(20))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(20) / 25, atol=1e-3)
    assert frames[3].file_name == f"any.{suffix}#000003"
    assert frames[0].rgb.shape == (HEIGHT, WIDTH, 3)
    assert video.problems == []
    assert not video.live


def test_a_variable_frame_rate_keeps_its_times(folder):
    times = [0, 40, 80, 300, 500, 1000, 1040]
    path = write_video(folder / "variable.mp4", times)
    frames = list(VideoFile(path, "v").frames(Selection()))
    np.testing.assert_allclose([f.time_s for f in frames], np.array(times) / 1000, atol=1e-4)
    chosen = list(VideoFile(path, "v").frames(Selection(0.25, 1.0)))
    assert [f.index for f in chosen] == [3, 4]
    assert _levels(chosen) == [3, 4]


def test_start_end_and_every_give_the_same_frames_as_the_whole(clip):
    video = VideoFile(clip, "clip.mp4")
    whole = list(video.frames(Selection()))
    part = list(video.frames(Selection(0.55, 1.3, 3)))
    assert [f.index for f in part] == [14, 17, 20, 23, 26, 29, 32]
    for frame in part:
        np.testing.assert_array_equal(frame.rgb, whole[frame.index].rgb)
        assert frame.time_s == whole[frame.index].time_s
    assert list(video.frames(Selection(5))) == []


def test_metadata_turns_the_picture(folder, clip):
    """The display matrix of a telephone held upright: a quarter turn clockwise."""
    data = bytearray(clip.read_bytes())
    matrix = data.find(b"tkhd") + 4 + 4 + 20 + 8 + 8
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    (folder / "turned.mp4").write_bytes(data)
    frame = next(iter(VideoFile(folder / "turned.mp4", "t").frames(Selection())))
    assert frame.rgb.shape == (WIDTH, HEIGHT, 3)
    assert frame.rgb[4, -4, 1] > 200  # the mark of the top left corner is at the top right now
    assert frame.rgb[4, 4, 1] < 100


def test_pixels_become_square(folder):
    path = write_video(folder / "wide.mp4", range(0, 200, 40), sar=Fraction(2, 1))
    assert next(iter(VideoFile(path, "w").frames(Selection()))).rgb.shape == (HEIGHT, 2 * WIDTH, 3)


def test_a_stream_of_bytes_is_read_once(clip):
    class Pipe(io.RawIOBase):
        def __init__(self, data):
            self._data = io.BytesIO(data)

        def readable(self):
            return True

        def read(self, count=-1):
            return self._data.read(count)

        def seekable(self):
            return False

    path = clip.with_suffix(".ts")
    write_video(path, range(0, 400, 40))
    video = VideoFile(None, "stdin", Pipe(path.read_bytes()))
    assert video.live
    assert _levels(video.frames(Selection(0.1, every=2))) == [3, 5, 7, 9]


def test_what_is_no_video_is_named(folder, clip):
    for name, data in [("text.mp4", b"hello" * 99), ("empty.mp4", b""), ("cut.mp4", clip.read_bytes()[:900])]:
        (folder / name).write_bytes(data)
        with pytest.raises(UnreadableVideo, match=f"{name}: not a video that can be read"):
            VideoFile(folder / name, name)
    with pytest.raises(UnreadableVideo, match=r"gone\.mp4"):
        VideoFile(folder / "gone.mp4", "gone.mp4")


def test_a_playlist_opens_no_address(folder):
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n")
    with pytest.raises(UnreadableVideo, match=r"list\.mp4"):
        list(VideoFile(folder / "list.mp4", "list.mp4").frames(Selection()))


def test_what_is_cut_off_is_read_as_far_as_it_goes(folder):
    path = write_video(folder / "long.mkv", range(0, 16000, 80), noise=True)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    video = VideoFile(path, "long.mkv")
    frames = list(video.frames(Selection()))
    assert 50 < len(frames) < 180
    assert len(video.problems) == 1
    assert "cut off: ends after" in video.problems[0]


def test_pictures_follow_by_number(folder):
    sources = []
    for i in (10, 9, 100):
        path = folder / f"f{i}.png"
        Image.fromarray(np.full((8, 8, 3), i, np.uint8)).save(path)
        sources.append(Source(path, path.name))
    (folder / "f11.png").write_bytes(b"broken")
    sequence = PictureSequence("folder", [*sources, Source(folder / "f11.png", "f11.png")], fps=10)
    frames = list(sequence.frames(Selection()))
    assert [(f.file_name, f.index, f.time_s) for f in frames] == [
        ("f9.png", 0, 0),
        ("f10.png", 1, 0.1),
        ("f100.png", 3, 0.3),
    ]
    assert len(sequence.problems) == 1 and "f11.png" in sequence.problems[0]
    assert [f.index for f in sequence.frames(Selection(0.1, every=2))] == [1, 3]


def test_no_webcam():
    with pytest.raises(UnreadableVideo, match="webcam:73: there is no such camera"):
        next(Webcam(73).frames(Selection()))
    assert isinstance(open_sequence("webcam"), Webcam)


def test_a_webcam_gives_frames_until_it_ends(folder, monkeypatch):
    """No machine of ours has a camera: OpenCV reads a file in its place."""
    path = write_video(folder / "camera.mp4", range(0, 400, 40))
    capture = cv2.VideoCapture
    asked = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: (asked.append(number), capture(str(path)))[1])
    frames = list(Webcam(3).frames(Selection(every=2)))
    assert asked == [3] and [f.index for f in frames] == [0, 2, 4, 6, 8]
    assert [f.file_name for f in frames][:2] == ["webcam3#000000", "webcam3#000002"]
    times = [f.time_s for f in frames]
    assert times == sorted(times) and all(f.rgb.dtype == np.uint8 and f.rgb.ndim == 3 for f in frames)
    red, blue = frames[0].rgb[..., 0].mean(), frames[0].rgb[..., 2].mean()
    bgr = capture(str(path)).read()[1]
    assert (red, blue) == (bgr[..., 2].mean(), bgr[..., 0].mean())


def test_times_of_the_command_line():
    assert [parse_time(t) for t in ("90", "1:30", "0:01:30.5", "2.5")] == [90, 90, 90.5, 2.5]
    for bad in ("", "-3", "1:2:3:4", "soon", "nan", "1e3"):
        with pytest.raises(ValueError, match="expected seconds"):
            parse_time(bad)
    with pytest.raises(ValueError, match="0 <= start < end"):
        Selection(3, 2)
    with pytest.raises(ValueError, match="every: expected 1 or more"):
        Selection(every=0)
