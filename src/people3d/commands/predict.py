"""``people3d predict``: people in photographs, in camera space, in millimetres."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from people3d.camera import Camera, UnsizedCamera
from people3d.commands import parse
from people3d.commands.predict_options import AnyCamera, Predict
from people3d.commands.predict_video import is_live, predict_sequence, split_sources
from people3d.crop import box_problems, xywh_from_xyxy
from people3d.depth_map import DepthMaps
from people3d.detect.boxes_file import BoxesFile, load_boxes
from people3d.image_cameras import ImageCameras
from people3d.metric import MetricFit, fit_metric
from people3d.outputs import RESULTS_FILE, Outputs, output_stems, prepare_folder
from people3d.over_time import survey
from people3d.people import People
from people3d.predictor import Predictor
from people3d.sources import SUFFIXES, VIDEO_SUFFIXES, Source, UnreadableImage, find_images, read_image
from people3d.video import Frame, FrameSequence

PICTURE_SAVE = ("json", "image", "html")
VIDEO_SAVE = ("json", "video")


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
    camera = config.camera_given()
    if not config.source:
        raise ValueError("expected at least one SOURCE: a picture, a folder or a glob")
    boxes = None if config.boxes is None else load_boxes(config.boxes)
    maps = config.depth_maps()
    config.video.check()
    if config.height is not None and not 300 <= config.height <= 3000:
        raise ValueError(f"--height: expected 300 to 3000 mm, got {config.height:g}")
    if config.engine == "ray":
        return _run_on_ray(config, camera, boxes)
    live = [source for source in config.source if is_live(source)]
    named = [source for source in config.source if not is_live(source)]
    found, problems = find_images(named, skip=config.output, suffixes=SUFFIXES | VIDEO_SUFFIXES)
    inputs = [source.path for source in found] + [path for path in (config.boxes, config.camera) if path]
    if maps is not None:
        inputs += maps.paths
        own = {path.resolve() for path in maps.paths}
        found = [source for source in found if source.path.resolve() not in own]
    sources, sequences = split_sources(found, live, config.video)
    if maps is not None and maps.is_one and (sequences or len(sources) != 1):
        pictures = f"{len(sources)} pictures" + " and a video" * bool(sequences)
        raise ValueError(f"{maps.where}: expected a folder with a depth map of each picture, got one for {pictures}")
    results_file = config.output / RESULTS_FILE
    if (config.save is None or "json" in config.save) and results_file.resolve() in {path.resolve() for path in inputs}:
        raise ValueError(f"{results_file}: this input would be overwritten; choose another --output")
    prepare_folder(config.output)
    predictor = Predictor(**config.predictor_options())
    if boxes is None:
        _ = predictor.detector  # what is wrong with it is said once, here
    timed = None
    if config.timing:
        from people3d.evaluate.timing import TimedPredictor

        predictor = timed = TimedPredictor(predictor)
    outputs = Outputs(config.output, config.save or PICTURE_SAVE, predictor.skeleton, config.provenance(predictor))
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
                code = max(code, _predict(config, predictor, camera, boxes, maps, outputs, source, stem))
            first_id = 1
            for (source, make), stem in zip(sequences, stems[len(sources) :], strict=True):
                done, first_id = _predict_video(
                    config, predictor, camera, boxes, maps, outputs, make, source.file_name, stem, first_id
                )
                code = max(code, done)
        except KeyboardInterrupt:
            all_ = len(sources) if not sequences else "the"
            _complain(f"interrupted; {outputs.results.images} of {all_} pictures are done")
            code = 130
        finally:
            if timed is not None:
                outputs.results.provenance |= timed.provenance()
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
    maps: DepthMaps | None,
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
            people = _people(predictor, of_frame or frame.camera, boxes, maps, frame.rgb, frame.file_name, lines)
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


def _run_on_ray(config: Predict, camera: AnyCamera | None, boxes: BoxesFile | None) -> int:
    """Raises ``ValueError``, ``OSError``, ``ImportError`` or ``RuntimeError`` where not even one shard can be made."""
    from people3d.engine import command
    from people3d.engine.worker import Job

    if config.save not in (None, ("json",)):
        raise ValueError(f"--engine ray: expected --save json, got {' '.join(config.save)}")
    if config.focal == "auto" or config.height is not None:
        raise ValueError("--engine ray: expected a camera or none, got --focal auto or --height")
    if config.timing:
        raise ValueError("--engine ray: expected no --timing: its workers share the machine")
    options = config.predictor_options()
    predictor = Predictor(**options)  # what is wrong with it is said once, here
    settings = config.provenance(predictor)
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
    camera: AnyCamera | None,
    boxes: BoxesFile | None,
    maps: DepthMaps | None,
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
        people = _people(predictor, camera or picture.camera, boxes, maps, picture.rgb, source.file_name, wrong)
        for line in wrong:
            code = _complain(f"{config.boxes}: {line}")
        if maps is not None and (unseen := len(people) - _depths_given(people)):
            whom = f"{unseen} of {len(people)} people"
            _complain(f"{source.path}: the depth map does not show {whom}; their distance is RootNet's")
        if config.focal == "auto" or config.height is not None:
            people = _fit(config, outputs, [people], source.file_name).apply(people)
        outputs.add(source, stem, people, picture.rgb)
    except UnreadableImage as error:
        code = _complain(str(error))
    except (ValueError, ArithmeticError, OSError, MemoryError) as error:
        code = _complain(f"{source.path}: {error or type(error).__name__}")
    return code


def _depths_given(people: People) -> int:
    return 0 if people.root_depth_given is None else int(people.root_depth_given.sum())


def _people(
    predictor: Predictor,
    camera: Camera | UnsizedCamera | None,
    boxes: BoxesFile | None,
    maps: DepthMaps | None,
    rgb: np.ndarray,
    file_name: str,
    wrong: list[str],
) -> People:
    """Everybody in an image; a line in ``wrong`` for each box that cannot be."""
    root_depth = None if maps is None else maps.of(file_name)
    if boxes is None:
        return predictor(rgb, camera, root_depth=root_depth)
    xyxy, scores = boxes.of(file_name)
    xywh = xywh_from_xyxy(xyxy)
    problems = box_problems(xywh, *rgb.shape[1::-1])
    wrong += [f"box {b.tolist()} of {file_name}: {p}" for b, p in zip(xywh, problems, strict=True) if p]
    good = np.array([problem is None for problem in problems], bool)
    people = predictor(rgb, camera, xyxy[good], scores[good], root_depth)
    if len(people) < good.sum():
        wrong.append(f"{good.sum() - len(people)} of {good.sum()} boxes of {file_name}: PoseNet finds nobody in them")
    return people


def _fit(config: Predict, outputs: Outputs, images: list[People], name: str) -> MetricFit:
    """--focal auto and --height; what was estimated is said on stderr and written to the results."""
    fit = fit_metric(images, config.focal == "auto", config.height)
    if config.height is not None:
        scale = outputs.results.provenance.setdefault("height_scale", {"height_mm": config.height, "factors": {}})
        scale["factors"][name] = round(fit.factor, 6)
    for note in fit.notes:
        _complain(f"{name}: {note}")
    return fit


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
