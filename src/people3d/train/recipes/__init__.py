"""Recipes: what a training run is made of, each a set of numbers with a name."""

from people3d.train.recipes.crops import POSENET, ROOTNET, CropRecipe

__all__ = ["POSENET", "ROOTNET", "CropRecipe"]
