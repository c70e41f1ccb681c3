"""Training: one plain loop, a task for each network, and recipes. Needs torch (extra ``train``)."""
