"""Rendered people alone, on the small networks of the default weights: exact 2D and depth, nothing else needed.

``--steps`` sets the length.
"""

from dataclasses import replace

from people3d.train.loop import LoopConfig
from people3d.train.recipes.crops import COMPACT_JOINT, COMPACT_POSE, COMPACT_ROOT, SHORT, CropRecipe

_LOOP = LoopConfig(steps=1500, batch_size=48, sizes=((128, 1.0),), warmup_steps=100, evaluate_every=250)
_ROOT = CropRecipe(
    model=COMPACT_ROOT, shares={"synthetic": 1.0}, loop=_LOOP, frozen_blocks=3, augmentation=SHORT, heatmap_weight=0.5
)
RECIPES = {
    "rootnet": {"synthetic": _ROOT},
    "posenet": {"synthetic": replace(_ROOT, model=COMPACT_POSE)},
    "jointnet": {"synthetic": replace(_ROOT, model=COMPACT_JOINT)},
}
