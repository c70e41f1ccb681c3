"""MuCo-3DHP with COCO's 2D keypoints, as in the paper; tested on MuPoTS-3D."""

from people3d.train.recipes.paper import paper_recipes

RECIPES = paper_recipes("muco", "muco21", {"muco": 0.5, "coco": 0.5})
