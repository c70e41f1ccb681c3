"""Your own packs, in equal parts unless ``--share`` says otherwise: goes on from the networks that you have.

With ``--init`` a checkpoint of RootNet or PoseNet; a third of the rate of ``mixed``.
"""

from dataclasses import replace

from people3d.train.loop import LoopConfig
from people3d.train.recipes.crops import COMPACT_JOINT, COMPACT_ROOT, DEEPEST_POSE, SHORT, CropRecipe

_LOOP = LoopConfig(
    steps=600, batch_size=48, sizes=((160, 1.0),), learning_rate=3e-4, warmup_steps=50, evaluate_every=100
)
_ROOT = CropRecipe(model=COMPACT_ROOT, shares={}, loop=_LOOP, frozen_blocks=6, augmentation=SHORT, heatmap_weight=0.5)
RECIPES = {
    "rootnet": {"own": _ROOT},
    "posenet": {
        "own": replace(
            _ROOT, model=DEEPEST_POSE, frozen_blocks=5, loop=replace(_LOOP, sizes=((256, 1.0),), batch_size=32)
        )
    },
    "jointnet": {"own": replace(_ROOT, model=COMPACT_JOINT, frozen_blocks=3)},
}
