"""Notebook 08a: a listener that writes what it hears, with attention, and without."""
