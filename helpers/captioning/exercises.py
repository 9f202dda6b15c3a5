"""Checks for the exercises of notebook 06, soft and hard attention."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake


def _score_maps(generator: Generator) -> tuple[Tensor]:
    """Score maps of both signs, one of them far up, where exp overflows."""
    maps = 2 * generator.standard_normal(generator.permutation([2, 3, 4]))
    maps[0] += 1000
    return (torch.from_numpy(maps),)


softmax_of_places = Exercise(
    name="softmax_of_places",
    make_input=_score_maps,
    solution=lambda scores: scores.flatten(1).softmax(dim=1).reshape(scores.shape),
    mistakes=(
        Mistake(
            lambda scores: scores.softmax(dim=-1),
            "each row of places sums to 1 by itself. All places of a scene compete: flatten rows and columns first.",
        ),
        Mistake(
            lambda scores: scores.softmax(dim=0),
            "scenes of the batch compete with one another. A caption looks at its own scene only.",
        ),
        Mistake(
            lambda scores: scores.flatten().softmax(dim=0).reshape(scores.shape),
            "the weights of the whole batch sum to 1 together. Each scene's must: keep the batch axis apart.",
        ),
        Mistake(
            lambda scores: scores.exp() / scores.exp().sum(dim=(1, 2), keepdim=True),
            "exp(1000) is infinite, and infinity by infinity is NaN. Call `softmax`, or take the largest score off.",
        ),
    ),
)


def _glimpse(generator: Generator) -> tuple[Tensor, Tensor, float]:
    L, D = generator.permutation([4, 6])
    weights = torch.from_numpy(generator.dirichlet(np.full(L, 2.0)))
    return weights, torch.from_numpy(generator.standard_normal((L, D))), generator.random()


def _picked(weights: Tensor, draw: float) -> int:
    return int((weights.cumsum(dim=0) <= draw).sum())


expected_and_sampled = Exercise(
    name="expected_and_sampled",
    make_input=_glimpse,
    solution=lambda weights, seen, draw: (weights @ seen, seen[_picked(weights, draw)]),
    trials=20,  # picks of few places agree by chance more often than numbers do
    mistakes=(
        Mistake(
            lambda weights, seen, draw: (weights @ seen, seen[weights.argmax()]),
            "the second is the likeliest place, whatever was drawn. Take the first whose running sum of weights "
            "exceeds the draw: so each place is drawn as often as its weight says.",
        ),
        Mistake(
            lambda weights, seen, draw: (weights @ seen, seen[int(draw * len(weights))]),
            "the second picks all places equally often. A place's share of the line from 0 to 1 is its weight.",
        ),
        Mistake(
            lambda weights, seen, draw: (weights @ seen, (weights[:, None] * seen)[_picked(weights, draw)]),
            "the sampled annotation is multiplied by its weight. That chose the place, which is then seen in full.",
        ),
        Mistake(
            lambda weights, seen, draw: (seen.mean(dim=0), seen[_picked(weights, draw)]),
            "the first is the plain mean of all places. The expected glimpse weighs each by its attention.",
        ),
    ),
)


def _samples(generator: Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    L, S = generator.permutation([4, 6])
    attention = torch.from_numpy(generator.dirichlet(np.full(L, 2.0)))
    places = torch.from_numpy(generator.integers(L, size=S))
    rewards = torch.from_numpy(np.log(generator.uniform(0.05, 0.9, S)))
    return attention, places, rewards, float(generator.uniform(-2.0, -0.5))


def _estimate(attention: Tensor, places: Tensor, rewards: Tensor) -> Tensor:
    slopes = F.one_hot(places, len(attention)) - attention
    return (rewards[:, None] * slopes).mean(dim=0)


reinforce = Exercise(
    name="reinforce",
    make_input=_samples,
    solution=lambda a, places, rewards, baseline: _estimate(a, places, rewards - baseline),
    mistakes=(
        Mistake(
            lambda a, places, rewards, baseline: _estimate(a, places, rewards),
            "the baseline is not used. It leaves the mean as it is and takes most of the noise away.",
        ),
        Mistake(
            lambda a, places, rewards, baseline: _estimate(a, places, baseline - rewards),
            "the sign is turned: this makes good places less likely. It is the gradient of the loss, not of log p.",
        ),
        Mistake(
            lambda a, places, rewards, baseline: _estimate(a, places, rewards) - baseline,
            "the baseline is subtracted from the gradient. It belongs to the reward, before the slope multiplies it.",
        ),
        Mistake(
            lambda a, places, rewards, baseline: (
                _estimate(a, places, rewards - baseline) + a * (rewards - baseline).mean()
            ),
            "the slope of log a_s with respect to the scores is one-hot minus a: a score that rises takes weight from "
            "all other places. The minus a is missing.",
        ),
        Mistake(
            lambda a, places, rewards, baseline: len(places) * _estimate(a, places, rewards - baseline),
            "this is the sum over samples. An expectation is estimated by their mean.",
        ),
    ),
)


def _captions(generator: Generator) -> tuple[Tensor, Tensor]:
    """Weights of captions of different lengths; padding looks somewhere, too, as it does in a batch."""
    B, T, L = generator.permutation([3, 4, 5])
    weights = torch.from_numpy(generator.dirichlet(np.ones(L), size=(B, T)))
    lengths = torch.from_numpy(generator.integers(1, T, size=B))
    return weights, torch.arange(T) < lengths[:, None]


def _off(weights: Tensor, real: Tensor, goal: Tensor | float | None = None) -> Tensor:
    """How far each place's summed weight (B, L) is from a goal, C / L unless another is given."""
    goal = real.sum(dim=1, keepdim=True) / weights.shape[2] if goal is None else goal
    return goal - (weights * real[:, :, None]).sum(dim=1)


coverage_penalty = Exercise(
    name="coverage_penalty",
    make_input=_captions,
    solution=lambda weights, real: _off(weights, real).square().sum(dim=1).mean(),
    mistakes=(
        Mistake(
            lambda weights, real: _off(weights, real, goal=1).square().sum(dim=1).mean(),
            "the target is 1 a place, which C words cannot give to more than C of the L places. Share them out: C / L.",
        ),
        Mistake(
            lambda weights, real: _off(weights, torch.ones_like(real)).square().sum(dim=1).mean(),
            "padding is counted as words, in the sum and in C. Only real words look.",
        ),
        Mistake(
            lambda weights, real: _off(weights, real).abs().sum(dim=1).mean(),
            "the differences are to be squared, so that one forgotten place costs more than many slightly short ones.",
        ),
        Mistake(
            lambda weights, real: _off(weights, real).square().mean(),
            "this is the mean over places. The paper sums over places, and averages over captions only.",
        ),
    ),
)
