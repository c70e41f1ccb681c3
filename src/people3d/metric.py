"""What fixes the scale of a scene whose camera is not known: people of ordinary height, or one of known height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from people3d.camera import Camera
from people3d.focal import estimate_focal, upright_people
from people3d.people import People
from people3d.stature import height_factor, scaled


@dataclass(frozen=True)
class MetricFit:
    """How to correct people of one scene. ``camera`` is the estimated one or None; then all is ``factor`` times as
    large and far away. ``notes`` say in lines how sure that is."""

    camera: Camera | None = None
    factor: float = 1.0
    notes: tuple[str, ...] = ()

    def apply(self, people: People) -> People:
        """Exact; no network runs again."""
        if self.camera is not None:
            people = people.with_focal(self.camera.fx)
            source = {"focal_source": self.camera.focal_source, "focal_std": self.camera.focal_std}
            people = replace(people, camera=replace(people.camera, **source))
        return people if self.factor == 1 else scaled(people, self.factor)


def fit_metric(images: Sequence[People], focal: bool, height_mm: float | None) -> MetricFit:
    """From the people of one picture, or of frames of one video.

    Args:
        focal: estimate the focal length.
        height_mm: of the person in front, who then fixes the scale.

    Raises:
        ValueError: nobody whose height could fix the scale.
    """
    fit, notes = MetricFit(), []
    if focal:
        upright = upright_people(images)
        if len(upright.lean):
            width, height = images[0].width, images[0].height
            estimate = estimate_focal(upright, width, height)
            fit = MetricFit(estimate.camera(width, height))
            share = estimate.std_px / estimate.focal_px
            notes.append(
                f"focal length {estimate.focal_px:.0f} px ± {share:.0%}, from {estimate.people} upright people"
                + ("" if estimate.informative else "; they tell little, so it is about what is usual")
            )
        else:
            notes.append("nobody stands upright from head to feet: the focal length is not estimated")
    if height_mm is not None:
        factor = height_factor([fit.apply(people) for people in images], height_mm)
        fit = replace(fit, factor=factor)
        notes.append(
            f"everything made {factor:.3f} times as large, so that the person in front is {height_mm:.0f} mm tall"
        )
    return replace(fit, notes=tuple(notes))
