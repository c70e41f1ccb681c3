"""``people3d data clean-boxes``: fill the gaps of person boxes with what a detector finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from people3d.commands import parse
from people3d.commands.data import report
from people3d.data.boxes import BoxImage


@dataclass(frozen=True)
class CleanBoxes:
    """Write the boxes of ROOT to OUTPUT/boxes.json, people whom nobody labelled added and doubtful places ignored.

    For `people3d train detector`, whose --detection and --photos take OUTPUT. The pictures stay in ROOT; those held out
    for evaluation keep their labels.
    """

    root: Path
    """folder of pictures with boxes.json (COCO) or labels.npz (see people3d.data.boxes)"""
    output: Path
    """folder of the new boxes.json"""
    weights: Path | None = None
    """the ONNX file of the detector that finds people; the default one if not given"""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where pictures could not be read: they are left out."""
    from tqdm import tqdm

    from people3d.data.boxes import is_held_out, read_box_folder, read_picture, write_hand_boxes
    from people3d.data.clean_boxes import LOWEST_SCORE, clean_boxes
    from people3d.detect import get_detector

    options = parse(CleanBoxes, "data clean-boxes", args)
    if options.output.resolve() == options.root.resolve():
        raise ValueError(f"--output: expected another folder than --root, got {options.output} for both")
    images = read_box_folder(options.root)
    detector = get_detector(weights=options.weights, score_threshold=LOWEST_SCORE)
    after: list[BoxImage] = []
    sizes, problems = [], []
    for image in tqdm(images, unit="", disable=None):
        try:
            picture, _ = read_picture(image)
        except ValueError as error:
            problems.append(str(error))
            continue
        after.append(image if is_held_out(len(after)) else clean_boxes(image, *detector(picture)))
        sizes.append((picture.shape[1], picture.shape[0]))
    write_hand_boxes(options.output, after, sizes)
    before_people, before_ignored = _count(images)
    people, ignored = _count(after)
    print(
        f"{options.output}: {len(after):,} pictures, people {before_people:,} -> {people:,}, "
        f"ignored places {before_ignored:,} -> {ignored:,}"
    )
    return report("clean-boxes", problems)


def _count(images: Sequence[BoxImage]) -> tuple[int, int]:
    ignored = sum(int(image.ignore.sum()) for image in images)
    return sum(len(image.ignore) for image in images) - ignored, ignored
