"""A file a lesson: its experiment as a function of seed and budget, for the notebook and for `make results`."""
