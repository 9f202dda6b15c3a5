"""Notebook 09: attending to any region with DRAW, and Graves's window on a text."""
