"""Recipes: what a training run is made of, each a set of numbers with a name.

One file a recipe; a new one is a file with ``RECIPES`` and a word in the list below.
"""

from people3d.train.recipes import h36m_p1, h36m_p2, mixed, muco, own, pw3d, synthetic
from people3d.train.recipes.crops import CropRecipe

CROP_RECIPES: dict[str, dict[str, CropRecipe]] = {"rootnet": {}, "posenet": {}, "jointnet": {}}
for _module in (mixed, synthetic, own, h36m_p1, h36m_p2, muco, pw3d):
    for _network, _recipes in _module.RECIPES.items():
        CROP_RECIPES[_network].update(_recipes)
POSENET, ROOTNET, JOINTNET = (CROP_RECIPES[n] for n in ("posenet", "rootnet", "jointnet"))

__all__ = ["CROP_RECIPES", "JOINTNET", "POSENET", "ROOTNET", "CropRecipe"]
