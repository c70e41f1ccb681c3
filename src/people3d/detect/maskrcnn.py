"""The paper's detector: Mask R-CNN (He et al., ICCV 2017), torchvision's, trained on COCO.

Needs the extra ``train``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

PERSON = 1  # COCO's class in torchvision's outputs
SCORE_THRESHOLD = 0.7


class MaskRcnn:
    """A :class:`people3d.detect.Detector`.

    Args:
        score_threshold: people with lower scores are left out; 0.7 if None.
        weights: a file with torchvision's state dict; None lets torchvision download its own (170 MB).

    Raises:
        ImportError: torch or torchvision is missing.
        ValueError: the weights cannot be had.
    """

    def __init__(
        self, score_threshold: float | None = None, device: str = "auto", weights: str | Path | None = None
    ) -> None:
        try:
            import torch
            from torchvision.models.detection import MaskRCNN_ResNet50_FPN_Weights, maskrcnn_resnet50_fpn
        except ImportError as error:
            raise ImportError("detector maskrcnn needs torchvision: pip install 'people3d[train]'") from error
        self.score_threshold = SCORE_THRESHOLD if score_threshold is None else score_threshold
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self._device = torch.device(device)
        model = maskrcnn_resnet50_fpn(
            weights=None, weights_backbone=None, box_score_thresh=min(0.05, self.score_threshold)
        )
        try:
            if weights is None:
                state = MaskRCNN_ResNet50_FPN_Weights.COCO_V1.get_state_dict(progress=False, check_hash=True)
            else:
                state = torch.load(weights, map_location="cpu", weights_only=True)
            model.load_state_dict(state)
        except Exception as error:  # URLError, OSError, a wrong hash, a file that holds something else
            source = "torchvision's download" if weights is None else str(weights)
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ValueError(
                f"detector maskrcnn: its weights could not be had from {source} ({reason}); use the default detector, "
                "or give boxes from a file (--boxes)"
            ) from error
        self._model = model.eval().to(self._device)

    def __call__(self, image_rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import torch

        image = torch.from_numpy(np.ascontiguousarray(image_rgb)).to(self._device).permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            found = self._model([image])[0]
        chosen = (found["labels"] == PERSON) & (found["scores"] >= self.score_threshold)
        boxes, scores = found["boxes"][chosen].cpu().numpy(), found["scores"][chosen].cpu().numpy()
        return boxes.astype(np.float64), scores.astype(np.float64)
