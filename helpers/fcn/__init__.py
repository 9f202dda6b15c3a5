"""Notebook 01, fully convolutional networks."""
