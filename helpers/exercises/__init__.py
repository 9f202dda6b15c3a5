"""A file a notebook: checks that try the learner's function on fresh input and answer with a hint."""
