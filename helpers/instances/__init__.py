"""Notebooks 05a and 05b: each thing found, named and masked (SDS, hypercolumns; cascades have their own folder)."""
