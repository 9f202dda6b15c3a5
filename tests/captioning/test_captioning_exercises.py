"""Lesson 06's reference solutions against loops and autograd; tests/test_exercises.py tries checks, stubs and hints."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers.captioning import exercises


@pytest.fixture(params=range(3))
def drawn(request):
    """Input of an exercise, for a few seeds."""
    return lambda exercise: exercise.make_input(np.random.default_rng(request.param))


def test_softmax_of_places_is_each_exponential_over_the_sum_of_its_scene(drawn):
    (maps,) = drawn(exercises.softmax_of_places)
    for scores, weights in zip(maps, exercises.softmax_of_places.solution(maps), strict=True):
        odds = [[(each - scores.max()).exp() for each in row] for row in scores]
        assert_close(weights, torch.tensor(odds, dtype=scores.dtype) / sum(map(sum, odds)))


def test_sampled_glimpses_come_as_often_as_their_weights(drawn):
    weights, annotations, _ = drawn(exercises.expected_and_sampled)
    draws = (torch.arange(1000) + 0.5) / 1000
    both = [exercises.expected_and_sampled.solution(weights, annotations, float(each)) for each in draws]
    shares = [np.mean([torch.equal(sampled, place) for _, sampled in both]) for place in annotations]
    assert shares == pytest.approx(weights.tolist(), abs=0.002)
    assert_close(both[0][0], sum(w * a for w, a in zip(weights, annotations, strict=True)))


def test_reinforce_is_the_gradient_of_rewarded_log_probabilities(drawn):
    attention, places, rewards, baseline = drawn(exercises.reinforce)
    scores = attention.log().requires_grad_()
    objective = sum((r - baseline) * scores.log_softmax(0)[i] for i, r in zip(places, rewards, strict=True))
    (gradient,) = torch.autograd.grad(objective / len(places), scores)
    assert_close(exercises.reinforce.solution(attention, places, rewards, baseline), gradient)


def test_the_coverage_penalty_counts_real_words_place_by_place(drawn):
    weights, real = drawn(exercises.coverage_penalty)
    B, T, L = weights.shape
    total = 0.0
    for b in range(B):
        said = [t for t in range(T) if real[b, t]]
        total += sum((len(said) / L - sum(weights[b, t, i] for t in said)) ** 2 for i in range(L))
    assert_close(exercises.coverage_penalty.solution(weights, real), total / B)
