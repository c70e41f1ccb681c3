"""3DPW's training split with COCO's 2D keypoints, joints as in SMPL: ours; the paper trained on no 3DPW.

The split shows few people and scenes, so this goes on from ``muco`` (``--init``): a tenth of its rate, 5 epochs.
"""

from dataclasses import replace

from people3d.train.recipes.crops import CropRecipe
from people3d.train.recipes.paper import paper_recipes

EPOCHS = 5


def _gentle(recipe: CropRecipe) -> CropRecipe:
    loop = replace(recipe.loop, learning_rate=1e-4, milestones=(0.8,), warmup_steps=200)
    return replace(recipe, loop=loop, epochs=EPOCHS)


_PAPER = paper_recipes("pw3d", "smpl24", {"pw3d": 0.5, "coco": 0.5})
RECIPES = {network: {"pw3d": _gentle(recipes["pw3d"])} for network, recipes in _PAPER.items()}
