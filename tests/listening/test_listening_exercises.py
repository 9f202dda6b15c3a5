"""Lesson 08a's reference solutions against loops; tests/test_exercises.py tries checks, stubs and hints."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers.listening import exercises
from helpers.listening.model import collapse


@pytest.fixture(params=range(3))
def drawn(request):
    """Input of an exercise, for a few seeds."""
    return lambda exercise: exercise.make_input(np.random.default_rng(request.param))


def test_pairs_are_neighbours_with_their_channels_end_to_end(drawn):
    (places,) = drawn(exercises.pair_up)
    pairs = exercises.pair_up.solution(places)
    for t in range(pairs.shape[1]):
        assert_close(pairs[:, t], torch.cat([places[:, 2 * t], places[:, 2 * t + 1]], dim=1))


def test_look_weights_are_softmaxes_over_the_places_with_sound(drawn):
    query, keys, near, v, mask = drawn(exercises.look_weights)
    weights = exercises.look_weights.solution(query, keys, near, v, mask)
    for b, k in np.ndindex(*mask.shape):
        scores = [v @ (query[b] + keys[b, i] + near[b, i]).tanh() for i in range(len(mask[b])) if mask[b, i]]
        mine = (v @ (query[b] + keys[b, k] + near[b, k]).tanh()).exp() if mask[b, k] else 0.0
        assert float(weights[b, k]) == pytest.approx(float(mine / sum(each.exp() for each in scores)))


def test_what_is_written_is_the_collapsed_text(drawn):
    (places,) = drawn(exercises.writes)
    assert places[exercises.writes.solution(places)].tolist() == collapse(places)


def test_collapse_merges_repeats_before_blanks_go():
    assert collapse(torch.tensor([0, 7, 7, 0, 7, 5, 5, 0])) == [7, 7, 5]
