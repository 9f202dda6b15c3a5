"""Seeds: integers of any kind, and the sources of chance that they start."""

import operator

import torch


def generator(seed: int) -> torch.Generator:
    """A source of chance of its own, from an integer of Python's, NumPy's or torch's.

    Raises:
        ValueError: the seed is no integer.
    """
    return torch.Generator().manual_seed(whole(seed))


def whole(seed: int) -> int:
    """The seed as an integer of Python's, or a ValueError."""
    try:
        return operator.index(seed)
    except TypeError:
        raise ValueError(f"seed is {seed!r}, a {type(seed).__name__}: give an integer.") from None
