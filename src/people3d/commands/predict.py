"""``people3d predict``: people in photographs, in camera space, in millimetres."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro
from tqdm import tqdm

from people3d.camera import Camera, UnsizedCamera
from people3d.commands import parse
from people3d.crop import box_problems, xywh_from_xyxy
from people3d.detect.boxes_file import BoxesFile, load_boxes
from people3d.image_cameras import ImageCameras, load_cameras
from people3d.outputs import RESULTS_FILE, Outputs, output_stems, prepare_folder
from people3d.predictor import Predictor
from people3d.sources import Source, UnreadableImage, find_images, read_image


@dataclass(frozen=True)
class Predict:
    """People in photographs, in camera space, in millimetres."""

    source: tyro.conf.Positional[tuple[str, ...]]
    """Pictures, folders (with all below them) and globs."""
    output: Path
    """Folder for the results; made if it is not there."""
    save: tuple[Literal["json", "image", "html"], ...] = ("json", "image", "html")
    """What to write: people3d.json, a picture with the skeletons drawn in, an interactive 3D page (5 MB each)."""
    focal: Annotated[float | None, tyro.conf.arg(metavar="PX")] = None
    """Focal length in pixels. Without any camera option: from EXIF data, else 55 degrees on the longer side."""
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
    batch_size: int = 32
    """How many people go through a network at once."""
    flip_test: bool = False
    """Average each pose with that of the mirrored crop; twice the time."""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where something was wrong; what was right beside it is done and written all the same."""
    config = parse(Predict, "predict", args)
    try:
        return _run(config)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (ValueError, ImportError) as error:
        return _complain(str(error))


def _run(config: Predict) -> int:
    """Raises ``ValueError``, ``OSError`` or ``ImportError`` where not even one picture can be done."""
    camera = _camera_option(config)
    if not config.source:
        raise ValueError("expected at least one SOURCE: a picture, a folder or a glob")
    boxes = None if config.boxes is None else load_boxes(config.boxes)
    sources, problems = find_images(config.source, skip=config.output)
    inputs = [source.path for source in sources] + [path for path in (config.boxes, config.camera) if path]
    results_file = config.output / RESULTS_FILE
    if "json" in config.save and results_file.resolve() in {path.resolve() for path in inputs}:
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
    )
    if boxes is None:
        _ = predictor.detector  # what is wrong with it is said once, here
    outputs = Outputs(config.output, config.save, predictor.skeleton, _provenance(config, predictor))
    stems = output_stems(sources, config.output, inputs)

    code = 0
    problems += _boxes_problems(boxes, sources, config.boxes)
    for problem in problems:
        code = _complain(problem)
    with _terminated_as_interrupted():
        try:
            for source, stem in tqdm(
                zip(sources, stems, strict=True), total=len(sources), unit="picture", disable=None
            ):
                code = max(code, _predict(config, predictor, camera, boxes, outputs, source, stem))
        except KeyboardInterrupt:
            _complain(f"interrupted; {len(outputs.results)} of {len(sources)} pictures are done")
            code = 130
        finally:
            outputs.write()
    people, pictures = sum(len(found) for _, found in outputs.results), len(outputs.results)
    print(
        f"{people} {'person' if people == 1 else 'people'} in {pictures} picture{'s' * (pictures != 1)}; "
        f"results in {config.output}"
    )
    return code


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
        camera = camera or picture.camera
        if boxes is None:
            people = predictor(picture.rgb, camera)
        else:
            xyxy, scores = boxes.of(source.file_name)
            xywh = xywh_from_xyxy(xyxy)
            problems = box_problems(xywh, *picture.rgb.shape[1::-1])
            for box, problem in zip(xywh, problems, strict=True):
                if problem:
                    code = _complain(f"{config.boxes}: box {box.tolist()} of {source.file_name}: {problem}")
            good = np.array([problem is None for problem in problems], bool)
            people = predictor(picture.rgb, camera, xyxy[good], scores[good])
        outputs.add(source, stem, people, picture.rgb)
    except UnreadableImage as error:
        code = _complain(str(error))
    except (ValueError, ArithmeticError, OSError, MemoryError) as error:
        code = _complain(f"{source.path}: {error or type(error).__name__}")
    return code


def _camera_option(config: Predict) -> Camera | UnsizedCamera | ImageCameras | None:
    """The camera that the options name; None where they leave it to the pictures' EXIF data.

    Raises:
        ValueError: impossible values, or more than one option.
    """
    given = [n for n in ("focal", "fov", "intrinsics", "camera") if getattr(config, n) is not None]
    if len(given) > 1:
        raise ValueError(f"expected one of --focal, --fov, --intrinsics and --camera, got --{' and --'.join(given)}")
    if config.focal is not None:
        return Camera.from_focal(config.focal)
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
