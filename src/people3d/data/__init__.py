"""Data for training: the packed person crops that the networks learn from, and an adapter for each data set."""
