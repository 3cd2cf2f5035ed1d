"""Tree to tree: folding and pruning at the levels none, simple and full."""
