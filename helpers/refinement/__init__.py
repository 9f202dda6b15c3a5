"""Notebook 03, refinement by a recurrent network."""
