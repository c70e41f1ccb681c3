"""Human3.6M: protocol 1 (PA-MPJPE, subject 11) and protocol 2 (MPJPE, subjects 9 and 11), with MRPE (paper section 6).

What the released code does, which part of the literature does otherwise: Procrustes without scale, over 18 joints of
which Thorax is then not scored; the pelvis scored with error 0; the mean over samples, not over actions.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from people3d.evaluate.annotations import Annotations, pelvis
from people3d.evaluate.matching import match_images, match_people, pairs_by_image
from people3d.evaluate.pose_errors import means, pose_errors, root_localisation
from people3d.evaluate.report import Report, Table, provenance
from people3d.skeleton import SKELETONS, convert

_SKELETON = SKELETONS["h36m18"]
_SCORED = np.arange(17)  # not Thorax
TEST_SUBJECTS = {1: (11,), 2: (9, 11)}
HEADLINE = {1: "pa_mpjpe_rigid_mm", 2: "mpjpe_mm"}
EVERY_NTH_FRAME = 64
_ANY_OVERLAP = 1e-6  # of boxes: there is one person in a picture, and a poor box of it still is its box
_LEFT_OUT = (11, 2, 2, 1)  # subject, action, subaction, camera that the released code does not use
_ACTION_NAMES = (
    "Directions Discussion Eating Greeting Phoning Posing Purchases Sitting SittingDown Smoking Photo Waiting Walking"
    " WalkDog WalkTogether"
)
ACTIONS = dict(enumerate(_ACTION_NAMES.split(), start=2))


def evaluate(pred: Annotations, truth: Annotations, protocol: Literal[1, 2]) -> Report:
    """Pose and root errors in mm, over all samples and per action.

    An image is left out where it says (by its fields or its name) that it belongs to a subject, a frame or the one
    video that the protocol does not test; an image that says nothing counts.

    Raises:
        ValueError: nobody is left to score, or the truth has no 3D joints.
    """
    tested = np.array([_is_tested(image, protocol) for image in truth.images], bool)
    people = np.flatnonzero(truth.valid & tested[truth.image_index]) if len(truth) else np.zeros(0, int)
    if not len(people):
        raise ValueError(f"{truth.source}: no valid person on an image that protocol {protocol} tests")
    truth_mm = convert(truth.joints_cam_mm[people], truth.skeleton, _SKELETON)[0] if len(truth.skeleton) else None
    if truth_mm is None or not np.isfinite(truth_mm).any((1, 2)).all():
        raise ValueError(f"{truth.source}: protocol human36m needs keypoints_cam for every person")

    match = _match(pred, truth, people)
    found = match >= 0
    matched, people = match[found], people[found]
    pred_mm = np.full((len(matched), len(_SKELETON), 3), np.nan)
    if len(pred.skeleton):
        pred_mm = convert(pred.joints_cam_mm[matched], pred.skeleton, _SKELETON)[0]
    truth_mm = truth_mm[found]
    columns = pose_errors(pred_mm - pelvis(pred_mm, _SKELETON)[:, None], truth_mm - truth_mm[:, :1], _SCORED)
    columns |= root_localisation(pred.root_or_pelvis_mm[matched], truth.root_or_pelvis_mm[people])

    actions = np.array([_action(truth.images[i]) for i in truth.image_index[people]], dtype=str)
    per_action = {
        a: {"samples": int((actions == a).sum()), **means({k: v[actions == a] for k, v in columns.items()})}
        for a in [*(a for a in ACTIONS.values() if a in actions), *sorted(set(actions) - set(ACTIONS.values()))]
    }
    overall = means(columns)
    figures = {**overall, "headline": HEADLINE[protocol], "samples": len(people), "per_action": per_action}
    missing = [j for n, j in enumerate(_SKELETON.joints[:17]) if len(matched) and not np.isfinite(pred_mm[:, n]).any()]
    rows = [["all", len(people), *overall.values()]]
    rows += [[a, *values.values()] for a, values in per_action.items()]
    return Report(
        f"human36m-p{protocol}",
        provenance(
            pred,
            truth,
            f"Human3.6M protocol {protocol}, mean over samples",
            subjects=list(TEST_SUBJECTS[protocol]),
            images_not_tested=int((~tested).sum()),
            people_without_prediction=int((~found).sum()),
            joints_not_predicted=missing or "none",
        ),
        figures,
        [Table(f"mm; protocol {protocol} reports {HEADLINE[protocol]}", ["", "samples", *_short(overall)], rows)],
        {"image": truth.image_index[people], "truth": people, "prediction": matched, **columns},
    )


def _match(pred: Annotations, truth: Annotations, people: np.ndarray) -> np.ndarray:
    """(N,) the prediction of each person, -1 if none: the best overlapping box, each once; for somebody alone in the
    picture whom no box overlaps, the best score."""
    match = match_people(pred, truth, _ANY_OVERLAP)
    alone = np.bincount(truth.image_index[truth.valid], minlength=len(truth.images))[truth.image_index] == 1
    lost = np.flatnonzero((match < 0) & truth.valid & alone)
    person, prediction = pairs_by_image(truth.image_index[lost], match_images(pred, truth))
    for k in np.lexsort((-prediction, pred.scores[prediction])):  # the last to write is the best
        match[lost[person[k]]] = prediction[k]
    return match[people]


def _fields(image: dict) -> dict[str, int | None]:
    """Subject, action, subaction and camera of an image, from its fields or from the data set's file names."""
    name = re.search(r"s_(\d+)_act_(\d+)_subact_(\d+)_ca_(\d+)", str(image.get("file_name", "")))
    keys = ("subject", "action_idx", "subaction_idx", "cam_idx")
    named = dict(zip(keys, map(int, name.groups()), strict=True)) if name else {}
    return {key: int(image[key]) if image.get(key) is not None else named.get(key) for key in keys}


def _is_tested(image: dict, protocol: int) -> bool:
    fields = _fields(image)
    subject, frame = fields["subject"], image.get("frame_idx")
    if subject is not None and subject not in TEST_SUBJECTS[protocol]:
        return False
    if frame is not None and int(frame) % EVERY_NTH_FRAME:
        return False
    return tuple(fields.values()) != _LEFT_OUT


def _action(image: dict) -> str:
    action = _fields(image)["action_idx"]
    return ACTIONS.get(action, f"action {action}") if action is not None else "not stated"


def _short(columns: dict) -> list[str]:
    return [name.removesuffix("_mm").replace("_", " ") for name in columns]
