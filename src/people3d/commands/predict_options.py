"""The options of ``people3d predict``, and what follows from them alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from people3d.camera import Camera, UnsizedCamera
from people3d.commands.predict_video import VideoOptions
from people3d.depth_map import DepthMaps, find_depth_maps
from people3d.image_cameras import ImageCameras, load_cameras
from people3d.predictor import Predictor

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
    depth_map: Annotated[Path | None, tyro.conf.arg(metavar="FILE|DIR")] = None
    """Distances from a metric depth map instead of RootNet's: 16-bit PNG or .npy in mm; a folder has one an image."""
    depth_scale: Annotated[float, tyro.conf.arg(metavar="MM")] = 1.0
    """With --depth-map: what one unit of the map is in mm; 1000 for metres."""
    mediapipe: Annotated[Path | None, tyro.conf.arg(metavar="FILE.task")] = None
    """MediaPipe's landmarks instead of PoseNet: a model of its Pose Landmarker; needs the package mediapipe."""
    detector: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Another detector than that of the weights."""
    score_threshold: Annotated[float | None, tyro.conf.arg(metavar="S")] = None
    """Leave out detections below this score, 0..1."""
    detector_views: Annotated[tuple[str, ...], tyro.conf.arg(metavar="PX[m]...")] = ()
    """How the default detector looks at a picture: px of the longer side, m: mirrored; as its weights say if not given.
    One view, 384, takes a third of its time and errs more often."""
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
    timing: bool = False
    """Write the mean seconds that a picture spent in each stage into people3d.json: `people3d benchmark table8`."""
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

    def predictor_options(self) -> dict[str, Any]:
        """The arguments of :class:`Predictor`, plain values that another process can be sent."""
        names = [
            "weights",
            "detector",
            "detector_views",
            "score_threshold",
            "device",
            "runtime",
            "batch_size",
            "flip_test",
            "skeleton",
        ]
        return {name: getattr(self, name) for name in names} | ({"posenet": self.mediapipe} if self.mediapipe else {})

    def camera_given(self) -> AnyCamera | None:
        """The camera that the options name; None where they leave it to the pictures' EXIF data.

        Raises:
            ValueError: impossible values, or more than one option.
        """
        given = [n for n in ("focal", "fov", "intrinsics", "camera") if getattr(self, n) is not None]
        if len(given) > 1:
            raise ValueError(
                f"expected one of --focal, --fov, --intrinsics and --camera, got --{' and --'.join(given)}"
            )
        if self.focal == "auto":
            return None
        if self.focal is not None:
            try:
                focal = float(self.focal)
            except ValueError as error:
                raise ValueError(f"--focal: expected number, got {self.focal!r}; or auto") from error
            return Camera.from_focal(focal)
        if self.fov is not None:
            return Camera.from_fov(self.fov)
        if self.intrinsics is not None:
            return Camera(*self.intrinsics)
        return None if self.camera is None else load_cameras(self.camera)

    def depth_maps(self) -> DepthMaps | None:
        """The maps that --depth-map names.

        Raises:
            ValueError: there are none, or another option speaks of distances too.
        """
        if self.depth_map is None:
            if self.depth_scale != 1:
                raise ValueError("--depth-scale: expected --depth-map as well")
            return None
        ray = self.engine == "ray"
        for name, given in (
            ("focal auto", self.focal == "auto"),
            ("height", self.height is not None),
            ("engine ray", ray),
        ):
            if given:
                raise ValueError(f"--depth-map: expected no --{name} beside it")
        return find_depth_maps(self.depth_map, self.depth_scale)

    def provenance(self, predictor: Predictor) -> dict[str, Any]:
        """What the results say of how they were made."""
        weights = dict(predictor.networks.info)
        if self.boxes is not None or self.detector not in (None, "default"):
            weights.pop("detector", None)
        depth = {"root_depth": f"map {self.depth_map.name}"} if self.depth_map else {}
        views = f", views {' '.join(self.detector_views)}" if self.detector_views else ""
        boxes = f"file {self.boxes.name}" if self.boxes else f"detector {self.detector or 'default'}{views}"
        return {"weights": weights, "boxes": boxes, "flip_test": self.flip_test, **depth}
