"""The networks: RootNet, PoseNet, both on one backbone (Table 1), the lifting network (Table 7). Needs torch."""

from people3d.models.backbones import BACKBONES, build_backbone
from people3d.models.joint import JointNet
from people3d.models.lifting import LiftingNet
from people3d.models.posenet import PoseNet
from people3d.models.rootnet import RootNet

__all__ = ["BACKBONES", "JointNet", "LiftingNet", "PoseNet", "RootNet", "build_backbone"]
