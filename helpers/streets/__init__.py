"""Notebook 11, real streets, for who wants more."""
