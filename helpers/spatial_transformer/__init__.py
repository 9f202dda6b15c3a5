"""Notebook 10, spatial transformers."""
