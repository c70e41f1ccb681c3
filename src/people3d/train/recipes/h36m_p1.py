"""Human3.6M protocol 1 (subjects 1, 5, 6, 7, 8, 9; test on 11) with MPII's 2D, as in the paper."""

from people3d.train.recipes.paper import paper_recipes

RECIPES = paper_recipes("h36m-p1", "h36m18", {"human36m": 0.5, "mpii": 0.5})
