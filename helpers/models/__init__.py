"""A file a lesson, named as its notebook."""
