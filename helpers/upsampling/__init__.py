"""Notebook 02, learnable upsampling."""
