"""Notebook 07, translation with attention."""
