"""Checks for the exercises of notebook 08a, listening."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake


def _places(generator: Generator) -> tuple[Tensor]:
    B, T, C = (int(size) for size in generator.permutation([2, 3, 4]))
    return (torch.from_numpy(generator.standard_normal((B, 2 * T, C))),)


pair_up = Exercise(
    name="pair_up",
    make_input=_places,
    solution=lambda places: places.unflatten(1, (-1, 2)).flatten(2),
    mistakes=(
        Mistake(
            lambda places: places.unflatten(1, (-1, 2)).mean(dim=2),
            "the two places are averaged, and which of them held the tone is lost. Lay their channels end to end.",
        ),
        Mistake(
            lambda places: places[:, ::2],
            "every second place is thrown away. Keep both: twice as many channels.",
        ),
        Mistake(
            lambda places: torch.cat(places.chunk(2, dim=1), dim=2),
            "the first half of the sound is laid beside the second. Neighbours belong together: 0 and 1.",
        ),
        Mistake(
            lambda places: places.unflatten(1, (-1, 2)).mT.flatten(2),
            "the right places meet, but channels alternate. First come all of the earlier place, then the later ones.",
        ),
        Mistake(
            lambda places: places.roll(-1, dims=1).unflatten(1, (-1, 2)).flatten(2),
            "place 1 meets place 2: the pairs are a place late. The first pair is places 0 and 1.",
        ),
    ),
)


def _looks(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Queries, keys, features of the last weights, v, and a mask of sounds of different lengths."""
    B, K, A = (int(size) for size in generator.permutation([3, 5, 6]))
    normal = [generator.standard_normal(shape) for shape in ((B, A), (B, K, A), (B, K, A), (A,))]
    lengths = torch.from_numpy(generator.integers(2, K + 1, size=B))
    lengths[0], lengths[1] = K - 1, K
    return *(torch.from_numpy(2 * each) for each in normal), torch.arange(K) < lengths[:, None]


def _weights(
    query: Tensor, keys: Tensor, near: Tensor, v: Tensor, mask: Tensor, *,
    bend: Callable[[Tensor], Tensor] = torch.tanh, location: int = 1, masked: bool = True, dim: int = 1,
) -> Tensor:  # fmt: skip
    """The weights (B, K); each option, changed, is a fault that learners make."""
    scores = bend(query[:, None] + keys + location * near) @ v
    return scores.masked_fill(~mask & masked, float("-inf")).softmax(dim)


look_weights = Exercise(
    name="look_weights",
    make_input=_looks,
    solution=_weights,
    mistakes=(
        Mistake(
            partial(_weights, masked=False),
            "padding gets weight: the mask is not used. Put the scores of places without sound to minus infinity.",
        ),
        Mistake(
            lambda *given: _weights(*given, masked=False) * given[-1],
            "padding is put to 0 after the softmax, so that the rest no longer sums to 1. Mask the scores, before it.",
        ),
        Mistake(
            partial(_weights, dim=0),
            "the softmax runs over the batch: sounds compete with one another. Places of one sound must, dimension 1.",
        ),
        Mistake(
            partial(_weights, bend=lambda sums: sums),
            "the tanh is missing. Without it the query adds the same number to all places, and the softmax "
            "takes it out again: the state has no say.",
        ),
        Mistake(
            partial(_weights, location=0),
            "the features of the last weights are left out: that is the content score.",
        ),
    ),
)


def _best(generator: Generator) -> tuple[Tensor]:
    """The best letter of each place, with double letters, a blank between some of them, and blanks at the ends."""
    letter, other, last = (int(each) for each in generator.permutation(np.arange(4, 12))[:3])
    word = [0, letter, letter, 0, letter, other, other, 0, 0, last, 0, last]
    return (torch.tensor(word + generator.choice([0, 5, 6], size=5).tolist()),)


def _before(places: Tensor) -> Tensor:
    """What stands one place earlier; a blank before the first."""
    return F.pad(places[:-1], (1, 0))


def _blanks_first(places: Tensor) -> Tensor:
    """Leave the blanks out, and merge what is left."""
    spoken = places != 0
    letters, wrote = places[spoken], spoken.clone()
    wrote[spoken] = letters != _before(letters)
    return wrote


writes = Exercise(
    name="writes",
    make_input=_best,
    solution=lambda places: (places != 0) & (places != _before(places)),
    mistakes=(
        Mistake(
            _blanks_first,
            "a letter after a blank is compared with the letter before the blank, and double letters melt into one. "
            "Compare with the place before: a blank keeps them apart.",
        ),
        Mistake(
            lambda places: places != 0,
            "repeats are not merged: a letter that lasts three places is written three times.",
        ),
        Mistake(
            lambda places: places != _before(places),
            "blanks are written, too. A place that says 0 writes nothing.",
        ),
        Mistake(
            lambda places: (places != 0) & (places != F.pad(places[1:], (0, 1))),
            "the last place of a run writes. Let the first one do it: compare with the place before.",
        ),
    ),
)
