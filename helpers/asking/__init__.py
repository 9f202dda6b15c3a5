"""Lesson 08b: questions about scenes, and clips to watch, answered with soft attention."""
