"""Notebook 04: one network at several scales, superpixels, and the best cover of a segmentation tree."""
