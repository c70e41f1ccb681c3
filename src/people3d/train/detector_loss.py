"""What the detector learns from: which points stand for which person, and the losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.ops import box_iou, generalized_box_iou_loss

from people3d.models.detector import STRIDES, grid_points

_CANDIDATES = 9  # points a level that may stand for a person (ATSS)
# Side lengths, in strides, of the box that a point is compared with when points are assigned. People are tall.
_ANCHOR_WIDTH, _ANCHOR_HEIGHT = 3.5, 7.0
_BOX_WEIGHT = 2.0  # of the box loss against the score loss (Li et al., GFL)


def level_points(height: int, width: int) -> list[torch.Tensor]:
    """The points of each level for an input of height by width px: a list of (P_l, 2)."""
    return [grid_points(-(-height // s), -(-width // s), s).float() for s in STRIDES]


def assign(points: Sequence[torch.Tensor], boxes_xyxy: torch.Tensor) -> torch.Tensor:
    """Which person each point stands for: adaptive training sample selection (Zhang et al., ATSS, CVPR 2020).

    The points nearest to a person's centre on each level are candidates; those whose anchor overlaps the person more
    than the candidates' mean plus one standard deviation, and which lie in the box, stand for the person.

    Args:
        points: of each level, (P_l, 2).
        boxes_xyxy: (M, 4).

    Returns:
        (P,) index of the person, -1: nobody.
    """
    everywhere = torch.cat(list(points))
    chosen = torch.full((len(everywhere),), -1, dtype=torch.long)
    if not len(boxes_xyxy):
        return chosen
    centres = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    candidates, anchors, first = [], [], 0
    for level, stride in zip(points, STRIDES, strict=True):
        nearest = torch.cdist(centres, level).topk(min(_CANDIDATES, len(level)), largest=False).indices
        candidates.append(nearest + first)
        half = torch.tensor([_ANCHOR_WIDTH, _ANCHOR_HEIGHT]) * stride / 2
        anchors.append(torch.cat([level - half, level + half], 1))
        first += len(level)
    index = torch.cat(candidates, 1)  # (M, K)
    overlap = box_iou(boxes_xyxy, torch.cat(anchors))  # (M, P)
    of_candidates = overlap.gather(1, index)
    threshold = of_candidates.mean(1, keepdim=True) + of_candidates.std(1, keepdim=True)
    near = torch.zeros_like(overlap, dtype=torch.bool).scatter_(1, index, of_candidates >= threshold)
    near &= _contains(boxes_xyxy, everywhere)
    best, person = torch.where(near, overlap, -1.0).max(0)
    return torch.where(best >= 0, person, chosen)


def _contains(boxes_xyxy: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(M, 4), (P, 2) → (M, P): the point lies in the box."""
    return ((points[None] > boxes_xyxy[:, None, :2]) & (points[None] < boxes_xyxy[:, None, 2:])).all(-1)


def detector_loss(
    logits: torch.Tensor,
    predicted_xyxy: torch.Tensor,
    size: tuple[int, int],
    boxes_xyxy: Sequence[torch.Tensor],
    ignore: Sequence[torch.Tensor],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Score loss and box loss of a batch.

    The score of a point that stands for a person should be the overlap of its box with the person's, of any other
    point 0 (quality focal loss: Li et al., GFL, NeurIPS 2020). Points inside ignored boxes do not count.

    Args:
        logits: (N, P).
        predicted_xyxy: (N, P, 4) px.
        size: (height, width) of the input.
        boxes_xyxy: N times (M, 4).
        ignore: N times (M,) bool.
    """
    logits, predicted_xyxy = logits.float(), predicted_xyxy.float()  # under autocast they may be bf16
    points = level_points(*size)
    everywhere = torch.cat(points)
    device = logits.device
    person = []
    counts = torch.ones(logits.shape, dtype=torch.bool)
    wanted = torch.zeros(predicted_xyxy.shape)
    for i, (boxes, ignored) in enumerate(zip(boxes_xyxy, ignore, strict=True)):
        people = boxes[~ignored]
        chosen = assign(points, people)
        counts[i] = (chosen >= 0) | ~_contains(boxes[ignored], everywhere).any(0)
        if len(people):
            wanted[i] = people[chosen.clamp(min=0)]
        person.append(chosen)
    positive = (torch.stack(person) >= 0).to(device)
    found, wanted = predicted_xyxy[positive], wanted.to(device)[positive]
    box_losses = generalized_box_iou_loss(found, wanted)
    quality = torch.zeros_like(logits)
    with torch.no_grad():
        overlap = _paired_iou(found, wanted)
        quality[positive] = overlap
    focus = (quality - logits.sigmoid()).square() * counts.to(device)
    cross_entropy = binary_cross_entropy_with_logits(logits, quality, reduction="none")
    score_loss = (focus * cross_entropy).sum() / positive.sum().clamp(min=1)
    return score_loss, _BOX_WEIGHT * (box_losses * overlap).sum() / overlap.sum().clamp(min=1)


def _paired_iou(a_xyxy: torch.Tensor, b_xyxy: torch.Tensor) -> torch.Tensor:
    """(K, 4), (K, 4) → (K,) intersection over union, row by row."""
    shared = (torch.minimum(a_xyxy[:, 2:], b_xyxy[:, 2:]) - torch.maximum(a_xyxy[:, :2], b_xyxy[:, :2])).clamp(min=0)
    shared = shared.prod(1)
    area = (a_xyxy[:, 2:] - a_xyxy[:, :2]).prod(1) + (b_xyxy[:, 2:] - b_xyxy[:, :2]).prod(1)
    return shared / (area - shared).clamp(min=1e-6)
