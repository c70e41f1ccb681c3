"""``people3d synthesize``: render people with exact ground truth."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from people3d.commands import parse
from people3d.files import write_whole

_MOST_PIXELS = 4096 * 4096


@dataclass(frozen=True)
class Options:
    """Render pictures of people, of every age, and everything that is true of them."""

    output: Path
    """folder for the pictures and ground_truth.json; or one picture NAME.jpg|.png or video NAME.mp4, its truth in
    NAME.json"""
    images: int = 1
    """how many pictures, or videos"""
    frames: int | None = None
    """of a video: makes short videos in which people keep their track_id; 50 for an .mp4"""
    fps: float = 25.0
    """frames a second of videos"""
    seed: int = 0
    """the same seed gives the same bytes, whatever the number of workers"""
    people: str = "1-8"
    """fewest and most people in a picture, A-B"""
    size: str | None = None
    """WIDTHxHEIGHT px; one of the usual shapes up to 640 px if not given"""
    mocap: tuple[Path, ...] = ()
    """folders or files of poses for half of the people (.npz with joints_mm or BlazePose's kp3d_blaze_m, .bvh,
    DeepMimic's .txt); of several each is used as often"""
    backgrounds: Path | None = None
    """folder of photographs without people"""
    skeleton: str = "muco21"
    """joints of the truth; synth27 for all that are rendered"""
    format: Literal["jpg", "png"] = "jpg"
    """of the pictures in a folder"""
    depth: bool = False
    """also write depth maps: 16-bit PNG, mm"""
    workers: int = 1
    """processes"""


def main(args: list[str]) -> int:
    """Returns 0, or 2 for bad usage or a folder that cannot be used (one line on stderr)."""
    options = parse(Options, "synthesize", args)
    try:
        _synthesize(options)
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else error)
    except (ValueError, ImportError, RuntimeError) as error:
        return _refuse(error)
    return 0


def _tell(line: object) -> None:
    print(f"people3d synthesize: {line}", file=sys.stderr)


def _refuse(reason: object) -> int:
    _tell(reason)
    return 2


def _synthesize(options: Options) -> None:
    from tqdm import tqdm

    from people3d.synth.dataset import Settings, make_picture, make_video, skeleton_of, synthesize
    from people3d.synth.truth import document

    video = options.output.suffix == ".mp4"
    frames = options.frames if options.frames is not None else 50 if video else 1
    if not 0 < options.fps <= 1000:
        raise ValueError(f"--fps: expected a number between 0 and 1000, got {options.fps:g}")
    if options.mocap and frames > 1:
        raise ValueError("--mocap: expected pictures, not --frames: videos move by themselves")
    settings = Settings(
        seed=_at_least(0, "--seed", options.seed),
        people=_pair("--people", options.people, "-"),
        image_size=_size(options.size),
        mocap=tuple(str(_existing("--mocap", path)) for path in options.mocap),
        backgrounds=_folder("--backgrounds", options.backgrounds),
        skeleton=options.skeleton,
        format=options.format,
        depth=options.depth,
        frames=_at_least(1, "--frames", frames),
        fps=options.fps,
    )
    skeleton = skeleton_of(settings)
    images = _at_least(1, "--images", options.images)
    if video or options.output.suffix in (".jpg", ".png"):
        if images != 1 or options.depth or (frames > 1 and not video):
            raise ValueError(f"--output {options.output}: expected a folder for several images, frames or depth maps")
        options.output.parent.mkdir(parents=True, exist_ok=True)
        of_one = make_video(settings, 0, options.output) if video else [make_picture(settings, 0, options.output)]
        truth = document(of_one, skeleton, settings.record())
        write_whole(options.output.with_suffix(".json"), json.dumps(truth))
        print(options.output)
        return
    options.output.mkdir(parents=True, exist_ok=True)
    made = synthesize(options.output, images, settings, _at_least(1, "--workers", options.workers), _tell)
    for _ in tqdm(made, total=images, unit="video" if frames > 1 else "image", disable=None):
        pass
    print(options.output / "ground_truth.json")


def _at_least(least: int, name: str, value: int) -> int:
    if value < least:
        raise ValueError(f"{name}: expected {least} or more, got {value}")
    return value


def _pair(name: str, text: str, separator: str) -> tuple[int, int]:
    """Two whole numbers; one stands for both."""
    match = re.fullmatch(rf"(\d{{1,5}})(?:{separator}(\d{{1,5}}))?", text)
    if not match or (int(match[2] or match[1]) < int(match[1]) and separator == "-"):
        raise ValueError(f"{name}: expected A{separator}B with A no more than B, got {text!r}")
    return int(match[1]), int(match[2] or match[1])


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, height = _pair("--size", text, "x")
    if min(width, height) < 32 or width * height > _MOST_PIXELS:
        raise ValueError(f"--size: expected WIDTHxHEIGHT of 32 px or more and 16 million px or less, got {text!r}")
    return width, height


def _existing(name: str, path: Path) -> Path:
    if not path.exists():
        raise ValueError(f"{name} {path}: expected a folder or a file, found none")
    return path


def _folder(name: str, path: Path | None) -> str | None:
    if path is not None and not path.is_dir():
        raise ValueError(f"{name} {path}: expected a folder, found none")
    return str(path) if path else None
