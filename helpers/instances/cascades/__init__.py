"""Notebook 05b: boxes, masks and classes in one cascade (multi-task network cascades)."""
