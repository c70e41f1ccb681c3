"""``people3d predict``: people in photographs, in camera space, in millimetres."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro
from tqdm import tqdm

from people3d.camera import Camera, UnsizedCamera
from people3d.commands import parse
from people3d.commands.predict_video import VideoOptions, is_live, predict_sequence, split_sources
from people3d.crop import box_problems, xywh_from_xyxy
from people3d.detect.boxes_file import BoxesFile, load_boxes
from people3d.image_cameras import ImageCameras, load_cameras
from people3d.metric import MetricFit, fit_metric
from people3d.outputs import RESULTS_FILE, Outputs, output_stems, prepare_folder
from people3d.over_time import survey
from people3d.people import People
from people3d.predictor import Predictor
from people3d.sources import SUFFIXES, VIDEO_SUFFIXES, Source, UnreadableImage, find_images, read_image
from people3d.video import Frame, FrameSequence

PICTURE_SAVE = ("json", "image", "html")
VIDEO_SAVE = ("json", "video")
AnyCamera = Camera | UnsizedCamera | ImageCameras


@dataclass(frozen=True)
class Predict:
    """People in photographs, in camera space, in millimetres."""

    source: tyro.conf.Positional[tuple[str, ...]]
    """Pictures, videos, folders (with all below them), globs, webcam[:N], or - for a video on standard input."""
    output: Path
    """Folder for the results; made if it is not there."""
    save: tuple[Literal["json", "image", "html", "video"], ...] | None = None
    """What to write: people3d.json, a picture with the skeletons drawn in, an interactive 3D page (5 MB each), an
    overlay video. All but the last for pictures, json and video for videos, if not given."""
    focal: Annotated[str | None, tyro.conf.arg(metavar="PX|auto")] = None
    """Focal length in pixels. Without any camera option: from EXIF data, else 55 degrees on the longer side. auto: from
    people of ordinary height in the picture or the video, reported with its uncertainty."""
    height: Annotated[float | None, tyro.conf.arg(metavar="MM")] = None
    """Height of the person in front, in mm: it fixes the scale."""
    fov: Annotated[float | None, tyro.conf.arg(metavar="DEG")] = None
    """Field of view across the longer side, in degrees."""
    intrinsics: Annotated[tuple[float, float, float, float] | None, tyro.conf.arg(metavar="FX FY CX CY")] = None
    """Focal lengths and principal point in pixels."""
    camera: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Camera file: OpenCV YAML, Pose2Sim TOML, or a COCO file with the intrinsic of each image."""
    boxes: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """Tight boxes instead of a detector's: a list of {file_name, bbox [x, y, w, h], score} or a COCO file."""
    detector: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Another detector than that of the weights."""
    score_threshold: Annotated[float | None, tyro.conf.arg(metavar="S")] = None
    """Leave out detections below this score, 0..1."""
    weights: Annotated[str, tyro.conf.arg(metavar="NAME|DIR")] = "default"
    """Name or folder of the weights."""
    skeleton: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Convert the results to this skeleton; that of the weights if not given."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the networks run."""
    runtime: Literal["onnxruntime", "openvino", "torch"] = "onnxruntime"
    """What they run on: openvino and torch are extras of those names (torch: `train`)."""
    batch_size: int = 32
    """How many people go through a network at once."""
    flip_test: bool = False
    """Average each pose with that of the mirrored crop; twice the time."""
    engine: Literal["local", "ray"] = "local"
    """ray (extra ray): pictures go to the workers of a Ray cluster, results into shards; see docs/cluster.md."""
    shards: Literal["parquet", "jsonl"] = "parquet"
    """With --engine ray: format of the shards."""
    shard_size: int = 64
    """With --engine ray: pictures in a shard, which is also what is done again after a crash."""
    workers: int | None = None
    """With --engine ray: how many at once; all that the cluster has room for if not given."""
    gpus_per_worker: float = 0
    """With --engine ray: 1, or a share of one."""
    ray_address: str | None = None
    """With --engine ray: the cluster; RAY_ADDRESS if not given, and without that this machine."""
    video: tyro.conf.OmitArgPrefixes[VideoOptions] = field(default_factory=VideoOptions)


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something was wrong; what was right beside it is done and written all the same."""
    config = parse(Predict, "predict", args)
    try:
        return _run(config)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (ValueError, ImportError, RuntimeError) as error:
        return _complain(str(error))


def _run(config: Predict) -> int:
    """Raises ``ValueError``, ``OSError`` or ``ImportError`` where not even one picture can be done."""
    camera = _camera_option(config)
    if not config.source:
        raise ValueError("expected at least one SOURCE: a picture, a folder or a glob")
    boxes = None if config.boxes is None else load_boxes(config.boxes)
    config.video.check()
    if config.height is not None and not 300 <= config.height <= 3000:
        raise ValueError(f"--height: expected 300 to 3000 mm, got {config.height:g}")
    if config.engine == "ray":
        return _run_on_ray(config, camera, boxes)
    live = [source for source in config.source if is_live(source)]
    named = [source for source in config.source if not is_live(source)]
    found, problems = find_images(named, skip=config.output, suffixes=SUFFIXES | VIDEO_SUFFIXES)
    inputs = [source.path for source in found] + [path for path in (config.boxes, config.camera) if path]
    sources, sequences = split_sources(found, live, config.video)
    results_file = config.output / RESULTS_FILE
    if (config.save is None or "json" in config.save) and results_file.resolve() in {path.resolve() for path in inputs}:
        raise ValueError(f"{results_file}: this input would be overwritten; choose another --output")
    prepare_folder(config.output)
    predictor = Predictor(
        config.weights,
        config.detector,
        device=config.device,
        score_threshold=config.score_threshold,
        batch_size=config.batch_size,
        flip_test=config.flip_test,
        skeleton=config.skeleton,
        runtime=config.runtime,
    )
    if boxes is None:
        _ = predictor.detector  # what is wrong with it is said once, here
    outputs = Outputs(config.output, config.save or PICTURE_SAVE, predictor.skeleton, _provenance(config, predictor))
    stems = output_stems([*sources, *(source for source, _ in sequences)], config.output, inputs)

    code = 0
    problems += _boxes_problems(boxes, sources, config.boxes)
    for problem in problems:
        code = _complain(problem)
    with _terminated_as_interrupted():
        try:
            for source, stem in tqdm(
                zip(sources, stems, strict=False), total=len(sources), unit="picture", disable=None if sources else True
            ):
                code = max(code, _predict(config, predictor, camera, boxes, outputs, source, stem))
            first_id = 1
            for (source, make), stem in zip(sequences, stems[len(sources) :], strict=True):
                done, first_id = _predict_video(
                    config, predictor, camera, boxes, outputs, make, source.file_name, stem, first_id
                )
                code = max(code, done)
        except KeyboardInterrupt:
            all_ = len(sources) if not sequences else "the"
            _complain(f"interrupted; {outputs.results.images} of {all_} pictures are done")
            code = 130
        finally:
            outputs.write()
    people, pictures = outputs.results.people, outputs.results.images
    print(
        f"{people} {'person' if people == 1 else 'people'} in {pictures} picture{'s' * (pictures != 1)}; "
        f"results in {config.output}"
    )
    return code


def _predict_video(
    config: Predict,
    predictor: Predictor,
    camera: AnyCamera | None,
    boxes: BoxesFile | None,
    outputs: Outputs,
    make: Callable[[], FrameSequence],
    name: str,
    stem: str,
    first_id: int,
) -> tuple[int, int]:
    """One video: exit code, and the number that the next one's first person gets."""
    wrong: list[str] = []

    def complain(line: str) -> int:
        wrong.append(line)
        return _complain(line)

    def predict(frame: Frame) -> People | None:
        try:
            assert frame.rgb is not None
            of_frame = camera.of(frame.file_name) if isinstance(camera, ImageCameras) else camera
            lines: list[str] = []
            people = _people(predictor, of_frame or frame.camera, boxes, frame.rgb, frame.file_name, lines)
            for line in lines:
                complain(f"{config.boxes}: {line}")
            return people
        except (ValueError, ArithmeticError, MemoryError) as error:
            complain(f"{frame.file_name}: {error or type(error).__name__}")
            return None

    try:
        fit = MetricFit()
        if config.focal == "auto" or config.height is not None:
            fit = _fit(config, outputs, survey(make(), config.video.selection, predict), name)
        done, next_id = predict_sequence(
            make,
            stem,
            lambda frame: None if (people := predict(frame)) is None else fit.apply(people),
            outputs,
            config.video,
            config.save or VIDEO_SAVE,
            first_id,
            complain,
        )
    except (ValueError, OSError) as error:
        return _complain(str(error)), first_id
    return max(done, 2 if wrong else 0), next_id


def _run_on_ray(config: Predict, camera: Camera | UnsizedCamera | ImageCameras | None, boxes: BoxesFile | None) -> int:
    """Raises ``ValueError``, ``OSError``, ``ImportError`` or ``RuntimeError`` where not even one shard can be made."""
    from people3d.engine import command
    from people3d.engine.worker import Job

    if config.save not in (None, ("json",)):
        raise ValueError(f"--engine ray: expected --save json, got {' '.join(config.save)}")
    if config.focal == "auto" or config.height is not None:
        raise ValueError("--engine ray: expected a camera or none, got --focal auto or --height")
    options = {
        "weights": config.weights,
        "detector": config.detector,
        "device": config.device,
        "score_threshold": config.score_threshold,
        "batch_size": config.batch_size,
        "flip_test": config.flip_test,
        "skeleton": config.skeleton,
        "runtime": config.runtime,
    }
    predictor = Predictor(**options)  # what is wrong with it is said once, here
    settings = _provenance(config, predictor)
    settings["camera"] = " ".join(str(camera or "EXIF or 55 degrees").split())[:200]
    settings["score_threshold"] = config.score_threshold
    settings["skeleton"] = predictor.skeleton.name
    with _terminated_as_interrupted():
        return command.run(
            Job(command.output_address(config.output), config.shards, options, camera, boxes, Predictor),
            config.source,
            settings,
            predictor.skeleton,
            shard_size=config.shard_size,
            workers=config.workers,
            gpus=config.gpus_per_worker,
            address=config.ray_address,
            whole=config.save is None or "json" in config.save,
            complain=_complain,
        )


def _boxes_problems(boxes: BoxesFile | None, sources: list[Source], path: Path | None) -> list[str]:
    """What is wrong with a file of boxes as a whole."""
    if boxes is None:
        return []
    with_boxes = [name for name, (xywh, _) in boxes.boxes.items() if len(xywh)]
    if sources and with_boxes and not any(len(boxes.of(source.file_name)[0]) for source in sources):
        example = f"{with_boxes[0]!r}, and pictures like {sources[0].file_name!r}"
        return [*boxes.problems, f"{path}: expected boxes of these pictures, got boxes of files like {example}"]
    return list(boxes.problems)


def _predict(
    config: Predict,
    predictor: Predictor,
    camera: Camera | UnsizedCamera | ImageCameras | None,
    boxes: BoxesFile | None,
    outputs: Outputs,
    source: Source,
    stem: str,
) -> int:
    """One picture; 2 where anything about it was wrong."""
    code = 0
    try:
        picture = read_image(source.path)
        for note in picture.notes:
            _complain(f"{source.path}: {note}")
        if isinstance(camera, ImageCameras):
            camera = camera.of(source.file_name)
        wrong: list[str] = []
        people = _people(predictor, camera or picture.camera, boxes, picture.rgb, source.file_name, wrong)
        for line in wrong:
            code = _complain(f"{config.boxes}: {line}")
        if config.focal == "auto" or config.height is not None:
            people = _fit(config, outputs, [people], source.file_name).apply(people)
        outputs.add(source, stem, people, picture.rgb)
    except UnreadableImage as error:
        code = _complain(str(error))
    except (ValueError, ArithmeticError, OSError, MemoryError) as error:
        code = _complain(f"{source.path}: {error or type(error).__name__}")
    return code


def _people(
    predictor: Predictor,
    camera: Camera | UnsizedCamera | None,
    boxes: BoxesFile | None,
    rgb: np.ndarray,
    file_name: str,
    wrong: list[str],
) -> People:
    """Everybody in an image; a line in ``wrong`` for each box that cannot be."""
    if boxes is None:
        return predictor(rgb, camera)
    xyxy, scores = boxes.of(file_name)
    xywh = xywh_from_xyxy(xyxy)
    problems = box_problems(xywh, *rgb.shape[1::-1])
    wrong += [f"box {b.tolist()} of {file_name}: {p}" for b, p in zip(xywh, problems, strict=True) if p]
    good = np.array([problem is None for problem in problems], bool)
    return predictor(rgb, camera, xyxy[good], scores[good])


def _fit(config: Predict, outputs: Outputs, images: list[People], name: str) -> MetricFit:
    """--focal auto and --height; what was estimated is said on stderr and written to the results."""
    fit = fit_metric(images, config.focal == "auto", config.height)
    if config.height is not None:
        scale = outputs.results.provenance.setdefault("height_scale", {"height_mm": config.height, "factors": {}})
        scale["factors"][name] = round(fit.factor, 6)
    for note in fit.notes:
        _complain(f"{name}: {note}")
    return fit


def _camera_option(config: Predict) -> Camera | UnsizedCamera | ImageCameras | None:
    """The camera that the options name; None where they leave it to the pictures' EXIF data.

    Raises:
        ValueError: impossible values, or more than one option.
    """
    given = [n for n in ("focal", "fov", "intrinsics", "camera") if getattr(config, n) is not None]
    if len(given) > 1:
        raise ValueError(f"expected one of --focal, --fov, --intrinsics and --camera, got --{' and --'.join(given)}")
    if config.focal == "auto":
        return None
    if config.focal is not None:
        try:
            focal = float(config.focal)
        except ValueError as error:
            raise ValueError(f"--focal: expected number, got {config.focal!r}; or auto") from error
        return Camera.from_focal(focal)
    if config.fov is not None:
        return Camera.from_fov(config.fov)
    if config.intrinsics is not None:
        return Camera(*config.intrinsics)
    return None if config.camera is None else load_cameras(config.camera)


def _provenance(config: Predict, predictor: Predictor) -> dict[str, Any]:
    weights = dict(predictor.networks.info)
    if config.boxes is not None or config.detector not in (None, "default"):
        weights.pop("detector", None)
    boxes = f"file {config.boxes.name}" if config.boxes else f"detector {config.detector or 'default'}"
    return {"weights": weights, "boxes": boxes, "flip_test": config.flip_test}


def _complain(line: str) -> int:
    """One line on stderr; the exit code that goes with it."""
    tqdm.write(f"people3d predict: {' '.join(line.split())}", file=sys.stderr)
    return 2


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A polite end (SIGTERM) is treated like Ctrl-C, so that what is done is written."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
