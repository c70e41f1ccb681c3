"""The joint network's training (Table 1 of the paper): both losses, summed, through one backbone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from people3d.data.augment import Batch
from people3d.models.joint import JointNet
from people3d.train.crop_task import CropTask
from people3d.train.pose import evaluate_pose, pose_loss, pose_pictures
from people3d.train.root import evaluate_root, root_loss, root_pictures


@dataclass
class JointTask(CropTask):
    """A :class:`people3d.train.loop.Task` for the joint network."""

    heatmap_weight: float = 0.1
    depth_loss: str = "log"
    network: str = "jointnet"

    def loss(self, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        features = self.model.backbone(self.inputs(batch))
        root, root_figures = root_loss(self.model.root, features, batch, self.mixture.skeleton.root, self.depth_loss)
        pose, pose_figures = pose_loss(self.model.pose, features, batch, self.heatmap_weight)
        named = {f"{part}_{k}": v for part, f in (("root", root_figures), ("pose", pose_figures)) for k, v in f.items()}
        return root + pose, named

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """The figures of both networks."""
        assert isinstance(model, JointNet)
        return {**evaluate_root(self, model.root, model.backbone), **evaluate_pose(self, model.pose, model.backbone)}

    def pictures(self, model: nn.Module) -> dict[str, np.ndarray]:
        """The pictures of both networks."""
        assert isinstance(model, JointNet)
        return {**root_pictures(self, model.root, model.backbone), **pose_pictures(self, model.pose, model.backbone)}
