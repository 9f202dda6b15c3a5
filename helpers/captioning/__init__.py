"""Notebook 06, captions with soft and hard attention."""
