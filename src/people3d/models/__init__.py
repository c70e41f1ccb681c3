"""The networks: RootNet, PoseNet, their joint network (Table 1), and the backbones they stand on. Needs torch."""

from people3d.models.backbones import BACKBONES, build_backbone
from people3d.models.posenet import PoseNet
from people3d.models.rootnet import RootNet

__all__ = ["BACKBONES", "PoseNet", "RootNet", "build_backbone"]
