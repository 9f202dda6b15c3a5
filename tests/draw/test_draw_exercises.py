"""Lesson 09's reference solutions against loops and the library; tests/test_exercises.py tries checks and hints."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from helpers.draw import exercises, keyer


@pytest.fixture(params=range(3))
def drawn(request):
    """Input of an exercise, for a few seeds."""
    return lambda exercise: exercise.make_input(np.random.default_rng(request.param))


def test_filters_are_bells_counted_from_the_middle(drawn):
    centre, stride, variance, n, size = drawn(exercises.filters_of)
    bank = exercises.filters_of.solution(centre, stride, variance, n, size)
    for i in range(n):
        mean = centre + (i - (n - 1) / 2) * stride
        bell = [math.exp(-((a - mean) ** 2) / (2 * variance)) for a in range(size)]
        assert bank[i].tolist() == pytest.approx([each / sum(bell) for each in bell], abs=1e-5)


def test_writing_sums_every_number_of_the_patch_along_its_filters(drawn):
    patch, rows, columns, intensity = drawn(exercises.write)
    stroke = torch.zeros(rows.shape[1], columns.shape[1], dtype=patch.dtype)
    for i, j in np.ndindex(*patch.shape):
        stroke += patch[i, j] * torch.outer(rows[i], columns[j]) / intensity
    assert_close(exercises.write.solution(patch, rows, columns, intensity), stroke)


def test_the_divergence_is_the_librarys(drawn):
    mean, log_deviation = drawn(exercises.divergence)
    each = kl_divergence(Normal(mean, log_deviation.exp()), Normal(0.0, 1.0))
    assert_close(exercises.divergence.solution(mean, log_deviation), each.sum(dim=(1, 2)))


def test_codes_are_their_posteriors(drawn):
    mean, log_deviation, noise = drawn(exercises.codes)
    found = exercises.codes.solution(mean, log_deviation, noise)
    z = Normal(mean, log_deviation.exp()).cdf(found)
    assert_close(z, Normal(0.0, 1.0).cdf(noise))


def test_the_window_is_the_lessons_own(drawn):
    height, sharpness, log_advance, letters = drawn(exercises.slide)
    kappa, real = torch.zeros(1, 1, dtype=height.dtype), torch.ones(1, letters, dtype=torch.bool)
    rows = []
    for t in range(len(height)):
        numbers = torch.stack([height[t].log(), sharpness[t].log(), log_advance[t]])[None]
        weights, kappa = keyer.slide(numbers, kappa, real)
        rows.append(weights[0])
    assert_close(exercises.slide.solution(height, sharpness, log_advance, letters), torch.stack(rows))
