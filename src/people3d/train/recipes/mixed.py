"""The joint network on rendered people and photographs: what ``mixed`` of the two networks is, in one."""

from dataclasses import replace

from people3d.train.recipes.crops import COMPACT_JOINT, POSENET, ROOTNET

RECIPES = {
    "rootnet": ROOTNET,
    "posenet": POSENET,
    "jointnet": {"mixed": replace(POSENET["mixed"], model=COMPACT_JOINT)},
}
