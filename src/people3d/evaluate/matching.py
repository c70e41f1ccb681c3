"""Who is who: images of two files, and people within an image."""

from __future__ import annotations

from collections import Counter

import numpy as np

from people3d.evaluate.annotations import Annotations

MUPOTS_MATCH_PX = 40.0  # per axis, strict (facts of the public evaluation)


def match_images(pred: Annotations, truth: Annotations) -> np.ndarray:
    """For each prediction the index of its image among the ground truth's, -1 where that has no such image; (P,).

    By ``file_name``; where only the last two parts of the path or the last one fit and are unique, by them; by id where
    names say nothing.

    Raises:
        ValueError: not one predicted image is among the ground truth's: a score of 0 would hide a mix-up.
    """
    true_names, pred_names = ([str(i.get("file_name") or "") for i in people.images] for people in (truth, pred))
    found = np.full(len(pred.images), -1)
    for parts in (None, 2, 1):
        index_of = _unique([_tail(name, parts) for name in true_names])
        unmistakable = _unique([_tail(name, parts) for name in pred_names])
        for n, name in enumerate(pred_names):
            if found[n] < 0 and _tail(name, parts) in unmistakable:
                found[n] = index_of.get(_tail(name, parts), -1)
    named = (found >= 0).any()
    by_id = {image["id"]: n for n, image in enumerate(truth.images)}
    for n, image in enumerate(pred.images):
        k = by_id.get(image["id"], -1)
        if found[n] < 0 and k >= 0 and not (named and pred_names[n] and true_names[k]):
            found[n] = k
    if len(pred) and (found < 0).all():
        example = pred_names[0] or pred.images[0]["id"]
        raise ValueError(f"{pred.source}: none of its images, e.g. {example!r}, is among those of {truth.source}")
    return found[pred.image_index] if len(pred) else np.zeros(0, int)


def _tail(name: str, parts: int | None) -> str:
    """The last parts of a path, or all of it."""
    return name if parts is None else "/".join(name.replace("\\", "/").split("/")[-parts:])


def _unique(names: list[str]) -> dict[str, int]:
    """name → index, of the names that exactly one has."""
    count = Counter(names)
    return {name: n for n, name in enumerate(names) if name and count[name] == 1}


def pairs_by_image(truth_image: np.ndarray, pred_image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of a true and a predicted person on one image.

    Args:
        truth_image, pred_image: (T,), (P,) image of each person; a negative one pairs with nobody.

    Returns:
        (K,), (K,) indices, ordered by true person, then by prediction.
    """
    order = np.argsort(pred_image, kind="stable")
    ordered = pred_image[order]
    first, last = np.searchsorted(ordered, truth_image, "left"), np.searchsorted(ordered, truth_image, "right")
    count = np.where(truth_image < 0, 0, last - first)
    truth_index = np.repeat(np.arange(len(truth_image)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return truth_index, order[np.repeat(first, count) + within]


def box_iou(a_xywh: np.ndarray, b_xywh: np.ndarray) -> np.ndarray:
    """(K, 4) and (K, 4) boxes, row by row → (K,) intersection over union; 0 where a box is empty or NaN."""
    low = np.maximum(a_xywh[:, :2], b_xywh[:, :2])
    high = np.minimum(a_xywh[:, :2] + a_xywh[:, 2:], b_xywh[:, :2] + b_xywh[:, 2:])
    inter = np.clip(high - low, 0, None).prod(1)
    union = a_xywh[:, 2:].prod(1) + b_xywh[:, 2:].prod(1) - inter
    iou = np.zeros(len(union))
    np.divide(inter, union, out=iou, where=union > 0)
    return np.nan_to_num(iou)


def match_people(pred: Annotations, truth: Annotations, minimum_iou: float) -> np.ndarray:
    """Valid true people and predictions of one image by box, best overlap first (then best score), each once.

    Where every prediction names the true annotation it was made for, that decides.

    Args:
        minimum_iou: pairs that overlap less are not matched.

    Returns:
        (T,) index of the prediction, or -1.
    """
    match = np.full(len(truth), -1)
    if len(pred) and np.isfinite(pred.truth_ids).all():
        index_of = {i: n for n, i in enumerate(truth.ids.tolist()) if truth.valid[n]}
        for p, i in enumerate(pred.truth_ids.tolist()):
            if i in index_of:
                match[index_of[i]] = p
        return match
    image = np.where(truth.valid, truth.image_index, -1)
    truth_index, pred_index = pairs_by_image(image, match_images(pred, truth))
    iou = box_iou(truth.boxes_or_extent_xywh[truth_index], pred.boxes_or_extent_xywh[pred_index])
    taken = set()
    for k in np.lexsort((-pred.scores[pred_index], -iou)):
        t, p = truth_index[k], pred_index[k]
        if iou[k] >= minimum_iou and match[t] < 0 and p not in taken:
            match[t] = p
            taken.add(p)
    return match


def match_mupots(
    truth_image: np.ndarray, truth_px: np.ndarray, pred_image: np.ndarray, pred_px: np.ndarray
) -> np.ndarray:
    """MuPoTS-3D's matching in 2D: true people in file order take the unused prediction with most joints near theirs.

    One joint within 40 px on each axis is enough; ties go to the first prediction. A joint predicted at exactly (0, 0)
    is near nothing.

    Args:
        truth_image, pred_image: (T,), (P,) image of each person.
        truth_px, pred_px: (T, J, 2), (P, J, 2), the joints that matching looks at.

    Returns:
        (T,) index of the prediction, or -1.
    """
    truth_index, pred_index = pairs_by_image(truth_image, pred_image)
    seen = (pred_px != 0).any(-1)
    score = np.zeros(len(truth_index), int)
    for j in range(truth_px.shape[1]):  # joint by joint, so that memory stays small with many predictions
        delta = np.abs(truth_px[truth_index, j] - pred_px[pred_index, j])
        score += (delta < MUPOTS_MATCH_PX).all(-1) & seen[pred_index, j]
    match = np.full(len(truth_image), -1)
    used = np.zeros(len(pred_image), bool)
    ends = np.searchsorted(truth_index, np.arange(len(truth_image) + 1))
    for t in range(len(truth_image)):
        pairs = slice(ends[t], ends[t + 1])
        free = np.where(used[pred_index[pairs]], 0, score[pairs])
        if free.size and free.max() > 0:
            match[t] = pred_index[pairs][free.argmax()]
            used[match[t]] = True
    return match
