"""The page: what lies where, and what happens when."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from people3d.app.downloads import choices, make_files
from people3d.app.limits import Limits
from people3d.app.visit import Visit, equivalent_mm, overlay, scene, summary
from people3d.app.work import read_photo, read_video
from people3d.predictor import Predictor

APP_EXTRA = "the page in the browser needs Gradio: pip install 'people3d[app]'"
_KEEP_S = 3600  # how long files and results are kept after they were made
_FOCAL_RANGE_MM = (10.0, 150.0)
_INTRODUCTION = """# people3d
Where everybody in a photograph or a video is, in metres from the camera. Nothing leaves the machine that runs this
page, and what you hand over is deleted after an hour."""


class Page:
    """Handlers of the page; ``folder`` is where visitors' files lie, each visitor's in his own below it."""

    def __init__(self, predictor: Predictor, limits: Limits, folder: Path) -> None:
        self.predictor, self.limits, self.folder = predictor, limits, folder
        self.uploads = folder / "uploads"

    def build(self) -> Any:
        """The page as ``gradio.Blocks``. Raises ``ImportError`` without the extra."""
        gr = _gradio()
        with gr.Blocks(title="people3d", analytics_enabled=False, delete_cache=(600, _KEEP_S)) as blocks:
            visit = gr.State(None, time_to_live=_KEEP_S)
            gr.Markdown(_INTRODUCTION)
            with gr.Row():
                with gr.Column(scale=1, min_width=300):
                    with gr.Tab("Photo"):
                        photo = gr.Image(
                            sources=["upload", "clipboard", "webcam"],
                            type="filepath",
                            image_mode=None,
                            label="Drop, paste or take a photo",
                            elem_id="photo",
                            height=260,
                            buttons=[],
                        )
                    with gr.Tab("Video"):
                        video = gr.Video(
                            sources=["upload", "webcam"],
                            label=f"A video of up to {self.limits.seconds} s",
                            elem_id="video",
                            height=260,
                            buttons=[],
                        )
                        with gr.Row():
                            start = gr.Button("Start", variant="primary", elem_id="start")
                            stop = gr.Button("Cancel", elem_id="stop")
                    focal = gr.Slider(
                        *_FOCAL_RANGE_MM,
                        value=35,
                        step=0.5,
                        label="Focal length, as of a 35 mm camera (mm)",
                        info="The scene is re-scaled at once and exactly; no network runs again.",
                        elem_id="focal",
                        interactive=False,
                        buttons=[],
                    )
                    at = gr.Slider(0, 1, 0, step=1, label="Frame", elem_id="frame", visible=False, buttons=[])
                    text = gr.Markdown("Hand over a photo to begin.", elem_id="summary")
                with gr.Column(scale=2, min_width=400):
                    shown = gr.Image(
                        label="Everybody, with distances",
                        format="jpeg",
                        interactive=False,
                        elem_id="overlay",
                        buttons=["fullscreen"],
                    )
                    film = gr.Video(label="Overlay video", visible=False, elem_id="film", buttons=["download"])
                    plot = gr.Plot(label="In space: drag to turn, scroll to zoom", elem_id="scene")
                    with gr.Accordion("Files to take home", open=True):
                        names = gr.CheckboxGroup(choices(False), value=["json"], label="Formats", elem_id="formats")
                        make = gr.Button("Make files", elem_id="make")
                        files = gr.File(
                            label="Files", file_count="multiple", interactive=False, elem_id="files", height=150
                        )

            result = [visit, focal, at, names, text, shown, plot, film, files]
            view = [text, shown, plot]
            networks = {"concurrency_limit": 1, "concurrency_id": "networks"}  # they use all processors
            hidden: dict[str, Any] = {"api_visibility": "private"}
            # Uploads are looked at here and not by Gradio, which would lose EXIF data and name paths in its errors.
            photo.input(self.photo, photo, result, preprocess=False, **networks, **hidden)

            def run_video(upload: dict[str, Any] | None, progress=gr.Progress()) -> Iterator[tuple]:  # noqa: B008
                """Gradio shows how far it is where it finds its Progress among the defaults."""
                yield from self.video(upload, lambda share, text: progress(share, desc=text))

            running = start.click(run_video, video, result, preprocess=False, **networks, **hidden)
            stop.click(_cancelled, None, text, cancels=[running], queue=False, **hidden)
            quick: dict[str, Any] = {"trigger_mode": "always_last", "show_progress": "hidden", "concurrency_limit": 4}
            for slider in (focal, at):
                slider.input(self.view, [visit, at, focal], view, **quick, **hidden)
            make.click(self.files, [visit, at, focal, names], files, concurrency_limit=1, **hidden)
        blocks.queue(max_size=self.limits.waiting)
        return blocks

    def photo(self, upload: dict[str, Any] | None) -> tuple:
        """People in a photo: all of the page."""
        if upload is None:
            return self._nothing()
        return self._result(_or_complain(lambda: read_photo(self._path(upload), self.predictor, self.limits)))

    def video(self, upload: dict[str, Any] | None, tell: Callable[[float, str], None]) -> Iterator[tuple]:
        """People in a video: all of the page at last, and nothing new until then."""
        gr = _gradio()
        if upload is None:
            raise gr.Error("Hand over a video first.", print_exception=False)
        path, folder = self._path(upload), self._own_folder()
        steps = read_video(path, self.predictor, self.limits, folder, tell)
        while (visit := _or_complain(lambda: next(steps))) is None:
            yield tuple(gr.skip() for _ in range(9))
        yield self._result(visit)

    def view(self, visit: Visit | None, frame: int, focal_mm: float) -> tuple:
        """The same people at another focal length, or another frame."""
        gr = _gradio()
        if visit is None:
            return tuple(gr.skip() for _ in range(3))
        return self._view(visit, int(frame), self._focal(visit, focal_mm))

    def files(self, visit: Visit | None, frame: int, focal_mm: float, names: list[str]) -> list[str]:
        """Paths of the files that were asked for, at the focal length that is set."""
        gr = _gradio()
        if visit is None:
            raise gr.Error("Hand over a photo or a video first.", print_exception=False)
        provenance = {"weights": dict(self.predictor.networks.info)}
        at_focal = visit.at_focal(self._focal(visit, focal_mm))
        folder = self._own_folder()
        return [str(path) for path in make_files(at_focal, int(frame), names, folder, provenance, gr.Info)]

    def _focal(self, visit: Visit, focal_mm: float) -> float | None:
        """None where the slider stands where the result put it."""
        people = visit.results[0][1]
        found = equivalent_mm(people.camera, people.width, people.height)
        return None if abs(found - focal_mm) < 1e-3 else focal_mm

    def _view(self, visit: Visit, frame: int, focal_mm: float | None) -> tuple:
        people, image = visit.people(frame, focal_mm), _or_complain(lambda: visit.image(frame))
        return summary(people), overlay(image, people), scene(image, people)

    def _result(self, visit: Visit) -> tuple:
        gr = _gradio()
        people, last = visit.results[0][1], len(visit.results) - 1
        found = equivalent_mm(people.camera, people.width, people.height)
        low, high = _FOCAL_RANGE_MM
        return (
            visit,
            gr.Slider(min(low, found), max(high, found), value=found, interactive=True),
            gr.Slider(0, max(1, last), value=0, visible=last > 0),
            gr.CheckboxGroup(choices(visit.video is not None)),
            *self._view(visit, 0, None),
            gr.Video(None if visit.video is None else str(visit.video), visible=visit.video is not None),
            None,
        )

    def _nothing(self) -> tuple:
        gr = _gradio()
        return (
            None,
            gr.Slider(interactive=False),
            gr.Slider(visible=False),
            gr.skip(),
            "Hand over a photo to begin.",
            None,
            None,
            gr.Video(None, visible=False),
            None,
        )

    def _path(self, upload: dict[str, Any]) -> Path:
        """The uploaded file; nothing outside the folder of uploads is ever read."""
        gr = _gradio()
        path = Path(str((upload.get("video") or upload)["path"])).resolve()
        if self.uploads.resolve() not in path.parents or not path.is_file():
            raise gr.Error("This upload is not here any more; hand it over again.", print_exception=False)
        return path

    def _own_folder(self) -> Path:
        """A new folder for one visitor's files."""
        return Path(tempfile.mkdtemp(dir=self.folder, prefix="files-"))

    def close(self) -> None:
        """Delete everything that visitors left."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _gradio() -> Any:
    try:
        import gradio
    except ImportError as error:
        raise ImportError(APP_EXTRA) from error
    return gradio


def _cancelled() -> str:
    return "Cancelled; nothing is kept of it."


def _or_complain(work: Callable[[], Any]) -> Any:
    """What is wrong with an upload is said on the page."""
    try:
        return work()
    except (ValueError, ImportError, ArithmeticError, OSError, MemoryError, StopIteration) as error:
        text = error.strerror if isinstance(error, OSError) else str(error)
        raise _gradio().Error(text or "This could not be read.", print_exception=False) from error
