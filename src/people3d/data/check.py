"""What of a data set is there, what is missing and what is broken, with counts against the published ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from people3d.crop import sanitize_boxes
from people3d.data.labels import Counts, Dataset, LabelledImage, Part
from people3d.data.pictures import PictureReader

IN_BOX = 0.5  # share of a person's joints that lie in the box, made a quarter larger
OFF_PX = 20.0  # median distance of a person's joints in px from where the camera sees them
BODY_MM = (200.0, 3500.0)  # extent of a body in space; metres taken for millimetres lie far outside


@dataclass
class PartReport:
    """One part: ``state`` is ok, missing or broken, ``note`` says of what."""

    name: str
    state: str = "ok"
    note: str = ""
    images: int = 0
    people: int = 0
    with_depth: int = 0
    expected_images: int | None = None


@dataclass
class CheckReport:
    """A split of a data set.

    Attributes:
        problems: what is wrong with labels or pictures → how often; examples: → the first such picture.
        decoded: pictures that were decoded, a random sample.
    """

    dataset: str
    split: str
    root: str
    published: Counts | None
    parts: list[PartReport] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    decoded: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is missing or broken."""
        return not self.problems and all(part.state == "ok" for part in self.parts)

    def total(self, count: str) -> int:
        """Of ``images``, ``people`` or ``with_depth`` over all parts."""
        return sum(getattr(part, count) for part in self.parts)

    def add(self, problem: str, image: LabelledImage, times: int = 1) -> None:
        self.problems[problem] += times
        self.examples.setdefault(problem, image.name)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        totals = {name: self.total(name) for name in ("images", "people", "with_depth")}
        return {**asdict(self), "problems": dict(self.problems), "total": totals, "ok": self.ok}

    def lines(self) -> Iterator[str]:
        """As a table for people."""
        yield f"{self.dataset} {self.split}: {self.root}"
        width = max([len("total"), *(len(part.name) for part in self.parts)])
        yield f"{'':<{width}}  {'':<7} {'images':>10} {'people':>10} {'with depth':>10}"
        for part in self.parts:
            expected = "" if part.expected_images is None else f"  of {part.expected_images:,} images"
            row = self._row(width, part.name, part.state, part.images, part.people, part.with_depth)
            yield row + (f"  {part.note}" if part.note else expected)
        there = sum(part.state == "ok" for part in self.parts)
        state = f"{there}/{len(self.parts)}"
        yield self._row(width, "total", state, *(self.total(n) for n in ("images", "people", "with_depth")))
        if self.published:
            counts = {n: getattr(self.published, n) for n in ("parts", "images", "people")}
            known = ", ".join(f"{count:,} {n}" for n, count in counts.items() if count)
            yield "published: " + (f"{known} ({self.published.source})" if known else self.published.source)
        yield f"{self.decoded} pictures decoded"
        for problem, times in self.problems.most_common():
            yield f"{times:,} × {problem}, first in {self.examples[problem]}"

    @staticmethod
    def _row(width: int, name: str, state: str, images: int, people: int, with_depth: int) -> str:
        return f"{name:<{width}}  {state:<7} {images:>10,} {people:>10,} {with_depth:>10,}"


def check(dataset: Dataset, root: Path, split: str | None = None, decode: int = 100, seed: int = 0) -> CheckReport:
    """Read all labels of a split, look for every picture, and decode ``decode`` of them, drawn at random.

    Raises:
        ValueError, FileNotFoundError: there is no such split or folder.
    """
    split = split or dataset.splits[0]
    report = CheckReport(dataset.name, split, str(root), dataset.published.get(split))
    rng, sample, seen = np.random.default_rng(seed), [], 0
    for part in dataset.split_parts(root, split):
        row = PartReport(part.name, expected_images=part.expected_images)
        report.parts.append(row)
        for image in _read(part, row):
            _count(dataset, image, row)
            _check_labels(image, report)
            seen += 1
            if not image.picture.exists():
                report.add("picture missing", image)
            elif len(sample) < decode:
                sample.append(image)
            elif decode and (place := int(rng.integers(seen))) < decode:
                sample[place] = image
    reader = PictureReader()
    for image in sorted(sample, key=lambda i: (i.picture, i.frame or 0)):
        _check_picture(image, reader, report)
    return report


def _read(part: Part, row: PartReport) -> Iterator[LabelledImage]:
    if part.missing:
        row.state, row.note = "missing", ", ".join(str(path) for path in part.missing)
        return
    try:
        yield from part.images()
    except (ValueError, OSError) as error:
        row.state, row.note = "broken", str(error)


def _count(dataset: Dataset, image: LabelledImage, row: PartReport) -> None:
    row.images += 1
    row.people += len(image)
    if dataset.has_depth and image.camera is not None:
        row.with_depth += int(np.isfinite(image.root_depth_mm).sum())


def _check_labels(image: LabelledImage, report: CheckReport) -> None:
    size = (image.width, image.height) if image.width and image.height else (10**6, 10**6)
    outside = int((~sanitize_boxes(image.boxes_xywh, *size)[1]).sum())
    if outside:
        report.add("box without a pixel of the picture", image, outside)
    outside = _off_their_box(image)
    if outside:
        report.add("joints outside their box", image, outside)
    labelled = (image.weights > 0)[..., None]
    cam = np.where(labelled, image.joints_cam_mm, np.nan)
    has_3d = np.isfinite(cam).all(-1).any(-1)
    if not has_3d.any():
        return
    cam, px = cam[has_3d], np.where(labelled, image.joints_px, np.nan)[has_3d]
    behind = int((cam[..., 2] <= 0).any(1).sum())
    if behind:
        report.add("joint behind the camera", image, behind)
    extent = np.nanmax(np.nanmax(cam, 1) - np.nanmin(cam, 1), 1)
    odd = int(((extent < BODY_MM[0]) | (extent > BODY_MM[1])).sum())
    if odd:
        report.add(f"body smaller than {BODY_MM[0]:.0f} or larger than {BODY_MM[1]:.0f} mm (units?)", image, odd)
    if image.camera is not None:
        off = np.linalg.norm(image.camera.project(cam) - px, axis=-1)
        far = int((np.nanmedian(np.where(np.isfinite(off), off, np.nan), 1) > OFF_PX).sum())
        if far:
            report.add(f"joints more than {OFF_PX:.0f} px from where the camera sees them", image, far)


def _off_their_box(image: LabelledImage) -> int:
    """How many people have most of their joints elsewhere than their box."""
    low = image.boxes_xywh[:, None, :2] - image.boxes_xywh[:, None, 2:] / 8
    high = image.boxes_xywh[:, None, :2] + image.boxes_xywh[:, None, 2:] * 9 / 8
    labelled = image.weights > 0
    inside = (np.where(labelled[..., None], (image.joints_px >= low) & (image.joints_px <= high), False)).all(-1)
    return int((inside.sum(1) < IN_BOX * labelled.sum(1)).sum())


def _check_picture(image: LabelledImage, reader: PictureReader, report: CheckReport) -> None:
    report.decoded += 1
    try:
        height, width = reader.read(image.picture, image.frame, image.upright).shape[:2]
    except ValueError:
        report.add("picture cannot be read", image)
        return
    if image.width and (width, height) != (image.width, image.height):
        report.add("picture of another size than its labels say", image)
