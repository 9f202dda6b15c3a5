"""Checks for the exercises of notebook 08b, asking and watching."""

from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake


def _asked(generator: Generator) -> tuple[Tensor, ...]:
    """A question (B, size), keys and values (B, L, size), v (size,) and a mask (B, L).

    The mask is drawn by chance, and leaves each row a place. Keys and values have one size, as in the notebook's
    `Look`: so one in the other's place is seen by its numbers alone.
    """
    B, L, size = generator.permutation([3, 4, 5])
    mask = torch.from_numpy(generator.random((B, L)) < 0.6)
    mask[:, generator.integers(L)] = True  # a row that may look nowhere is another exercise
    shapes = ((B, size), (B, L, size), (B, L, size), (size,))
    question, keys, values, v = (torch.from_numpy(generator.standard_normal(shape)) for shape in shapes)
    return question, keys, values, 2 * v, mask


def _look(
    question: Tensor, keys: Tensor, values: Tensor, v: Tensor, mask: Tensor, *,
    bent: Literal["inside", "outside", "never"] = "inside", low: float | None = float("-inf"), axis: int = 1,
    late: bool = False, mixed: Literal["keys", "values"] = "values",
) -> Tensor:  # fmt: skip
    """The mended look; an option puts a fault in."""
    hidden = question[:, None] + keys
    scores = (hidden.tanh() if bent == "inside" else hidden) @ v  # (B, L)
    if bent == "outside":
        scores = scores.tanh()
    if low is not None:
        scores = scores.masked_fill(~mask, low)
    weights = scores.softmax(dim=axis).nan_to_num() * (mask if late else 1)
    return (weights[..., None] * (values if mixed == "values" else keys)).sum(dim=1)


mended_look = Exercise(
    name="mended_look",
    make_input=_asked,
    solution=_look,
    mistakes=(
        Mistake(
            partial(_look, bent="outside"),
            "the tanh comes after v. There the question adds one and the same number to the scores of all places, and "
            "tanh keeps their order: whatever is asked, the same place comes first. Bend the sum before v weighs it.",
        ),
        Mistake(
            partial(_look, mixed="keys"),
            "the keys are mixed. They say how well a place fits the question; what it holds is in the values.",
        ),
        Mistake(
            partial(_look, bent="never"),
            "without the tanh the question adds one and the same number to the scores of all places, and the softmax "
            "takes it off again: whatever is asked, the map is the same.",
        ),
        Mistake(
            partial(_look, axis=0),
            "the softmax runs over the batch: questions compete for a place. Places are to compete, for one question.",
        ),
        Mistake(
            partial(_look, low=None),
            "the mask is not used: places that may not be looked at get weight.",
        ),
        Mistake(
            partial(_look, low=None, late=True),
            "the mask comes after the softmax, so the weights that are left do not sum to 1. Set the scores of masked "
            "places to minus infinity before it.",
        ),
        Mistake(
            partial(_look, low=0.0),
            "a masked place has score 0, and exp(0) is 1, not 0. Its score must be minus infinity.",
        ),
    ),
)


def _looked(generator: Generator) -> tuple[Tensor, Tensor]:
    B, L = generator.permutation([4, 6])
    weights = torch.from_numpy(generator.dirichlet(np.full(L, 0.7), size=B))
    return weights, torch.from_numpy(generator.uniform(-1, 1, (L, 2)))


offsets = Exercise(
    name="offsets",
    make_input=_looked,
    solution=lambda weights, places: places - (weights @ places)[:, None],
    mistakes=(
        Mistake(
            lambda weights, places: (weights @ places)[:, None] - places,
            "the sign is turned: a place to the right of the last look must have a positive x.",
        ),
        Mistake(
            lambda weights, places: places - places[weights.argmax(dim=1)][:, None],
            "the choice of the greatest weight has no gradient. Take the weighted mean of places.",
        ),
        Mistake(
            lambda weights, places: (places - places.mean(dim=0)).expand(len(weights), -1, -1),
            "these are distances from the middle of all places, whatever was looked at. Weigh the places.",
        ),
        Mistake(
            lambda weights, places: weights[..., None] * places,
            "this is each place times its weight. Sum it over places first: that is where the look went.",
        ),
    ),
)


def _maps(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Weights (M, L), each cell's sticker (M, L), -1 for none, and the sticker in question (M,), -1 for none."""
    M, L = 40, generator.integers(5, 7)
    weights = torch.from_numpy(generator.dirichlet(np.ones(L), size=M))
    owners = torch.from_numpy(generator.integers(-1, 3, (M, L)))
    return weights, owners, torch.from_numpy(generator.integers(-1, 3, M))


def _hits(weights: Tensor, owners: Tensor, about: Tensor) -> Tensor:
    return (owners.gather(1, weights.argmax(dim=1, keepdim=True))[:, 0] == about).double()


pointing = Exercise(
    name="pointing",
    make_input=_maps,
    solution=lambda weights, owners, about: _hits(weights, owners, about)[about >= 0].mean(),
    mistakes=(
        Mistake(
            lambda weights, owners, about: _hits(weights, owners, about).mean(),
            "a question about no sticker (-1) counts as a hit where the map lies on an empty cell (-1). Leave it out.",
        ),
        Mistake(
            lambda weights, owners, about: (_hits(weights, owners, about) * (about >= 0)).mean(),
            "questions about no sticker are never hits here, but they still count in the mean. Leave them out of both.",
        ),
        Mistake(
            lambda weights, owners, about: (
                (weights * (owners == about[:, None])).sum(dim=1)[about >= 0].mean()
            ),
            "this is how much weight lies on the sticker. Pointing asks whether the greatest weight does.",
        ),
        Mistake(
            lambda weights, owners, about: (owners == about[:, None]).any(dim=1)[about >= 0].double().mean(),
            "this asks whether the sticker is in the scene at all. Take its cell of greatest weight.",
        ),
    ),
)


def _twins(generator: Generator) -> tuple[Tensor, Tensor]:
    """Answers and truths (N, 2) for N pairs."""
    truth = torch.from_numpy(generator.integers(0, 10, (30, 2)))
    wrong = torch.from_numpy(generator.random((30, 2)) < 0.4)
    return (truth + wrong) % 10, truth


both_right = Exercise(
    name="both_right",
    make_input=_twins,
    solution=lambda answers, truth: (answers == truth).all(dim=1).double().mean(),
    mistakes=(
        Mistake(
            lambda answers, truth: (answers == truth).double().mean(),
            "this is the share of single answers. A pair counts when both of its answers are right.",
        ),
        Mistake(
            lambda answers, truth: (answers == truth).any(dim=1).double().mean(),
            "one right answer of two is enough here. Guessing one answer for both twins would pass.",
        ),
        Mistake(
            lambda answers, truth: (answers == truth).double().mean() ** 2,
            "the square of the accuracy supposes that twins are right independently. Look at the pairs themselves.",
        ),
        Mistake(
            lambda answers, truth: (answers == truth).all(dim=1).double().sum(),
            "this is the number of pairs. Divide by how many there are.",
        ),
    ),
)
