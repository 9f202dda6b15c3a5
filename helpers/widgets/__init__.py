"""Arrays -> interactive figures: Python beside its JavaScript."""
