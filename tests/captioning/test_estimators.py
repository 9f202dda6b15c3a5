"""Hard attention's exact gradients against loops and finite differences, its estimators against the exact gradients."""

import dataclasses
import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from helpers.captioning import estimators
from helpers.captioning.enumerated import Reader, bound, marginal, nine_cells, soft
from helpers.captioning.estimators import METHODS, quality

ONE_WORD, THREE_WORDS = nine_cells((0,), seed=1), nine_cells((0, 3, 1), seed=1)
CASES = pytest.mark.parametrize("reader", [ONE_WORD, THREE_WORDS], ids=["one word", "three words"])
TRIALS = 4_000


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(words=(0, 1), places=3, seed=0, recur=1.0) -> Reader:
    """A reader small enough for loops: few places, few words, no structure."""
    draw = generator(seed)
    shapes = (places, 4), (2, 4), (4, 4), (len(words), places)
    numbers = [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]
    return Reader(numbers[0], numbers[1], recur * numbers[2], words, numbers[3])


def followed(reader: Reader, places) -> tuple[torch.Tensor, torch.Tensor]:
    """log q and log p of one path, word by word, place by place."""
    state = torch.zeros(reader.annotations.shape[1], dtype=torch.float64)
    log_q = log_p = 0.0
    for t, place in enumerate(places):
        odds = [
            (score + state @ seen).exp()
            for score, seen in zip(reader.scores[t], reader.annotations, strict=True)
        ]
        log_q = log_q + torch.log(odds[place] / sum(odds))
        seen = reader.annotations[place] + state
        heard = [(row @ seen).exp() for row in reader.output]
        log_p = log_p + torch.log(heard[reader.words[t]] / sum(heard))
        state = torch.tanh(seen @ reader.recur)
    return log_q, log_p


def test_paths_and_objectives_are_those_of_a_loop():
    reader = small()
    places, log_q, log_p, _ = reader.paths
    assert sorted(map(tuple, places.tolist())) == list(itertools.product(range(3), repeat=2))
    looped = [followed(reader, path) for path in places.tolist()]
    for q, p, wanted in zip(log_q, log_p, looped, strict=True):
        assert_close((q, p), wanted)
    assert marginal(reader).value == pytest.approx(float(sum((q + p).exp() for q, p in looped).log()))
    assert bound(reader).value == pytest.approx(float(sum(q.exp() * p for q, p in looped)))
    assert [len(case.paths.places) for case in (ONE_WORD, THREE_WORDS)] == [9, 729]


@CASES
@pytest.mark.parametrize("objective", [marginal, bound, soft])
def test_gradients_are_those_of_finite_differences(reader, objective):
    direction = torch.randn(reader.scores.shape, generator=generator(3), dtype=torch.float64)
    step = 1e-5 * direction
    ahead, behind = (
        objective(dataclasses.replace(reader, scores=reader.scores + each)).value for each in (step, -step)
    )
    slope = (objective(reader).gradient * direction).sum().item()
    assert (ahead - behind) / 2e-5 == pytest.approx(slope, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_bound_is_below_the_marginal_by_the_gap(seed):
    reader = small(seed=seed)
    _, log_q, log_p, _ = reader.paths
    divergence = (log_q.exp() @ (log_q - (log_q + log_p).log_softmax(0))).item()
    assert divergence >= 0
    assert marginal(reader).value - bound(reader).value == pytest.approx(divergence, abs=1e-9)


def test_without_recurrence_a_sum_over_paths_is_a_sum_over_words():
    together = small(recur=0.0)
    apart = [
        marginal(dataclasses.replace(together, words=(word,), scores=together.scores[t : t + 1]))
        for t, word in enumerate(together.words)
    ]
    assert marginal(together).value == pytest.approx(sum(each.value for each in apart))
    assert_close(marginal(together).gradient, torch.cat([each.gradient for each in apart]))


UNBIASED = ("raw", "moving baseline", "leave one out")


@CASES
@pytest.mark.parametrize("name", UNBIASED)
def test_unbiased_estimators_hold_the_bounds_gradient_in_nearly_all_intervals(reader, name):
    """All intervals should hold at once in 38 of 40 repetitions; fewer than 32 have a chance of 1 in 7,000."""
    runs = [METHODS[name](reader, TRIALS, 4, generator(seed)) for seed in range(40)]
    assert sum(quality(estimates, bound(reader).gradient).misses == 0 for estimates in runs) >= 32
    # The marginal's gradient is another one, and the same intervals are narrow enough to say so.
    assert all(quality(estimates, marginal(reader).gradient).misses > 0 for estimates in runs)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in UNBIASED])
def test_biased_estimators_leave_the_bounds_gradient_out(name):
    found = quality(METHODS[name](ONE_WORD, 20_000, 2, generator()), bound(ONE_WORD).gradient)
    assert found.misses > 0 and found.bias > 0.02


def test_the_coins_mean_is_half_the_bounds_and_half_the_soft_gradient():
    between = (bound(ONE_WORD).gradient + soft(ONE_WORD).gradient) / 2
    assert quality(estimators.coin(ONE_WORD, TRIALS, 4, generator()), between).misses == 0


def test_straight_through_has_the_mean_of_its_formula():
    """With one word: log p is bent straight at each sampled place, and the attention's own slope is exact."""
    a = ONE_WORD.paths.log_q.exp()
    seen = ONE_WORD.annotations.clone().requires_grad_()
    log_p = (seen @ ONE_WORD.output.T).log_softmax(dim=-1)[:, ONE_WORD.words[0]]
    (slopes,) = torch.autograd.grad(log_p.sum(), seen)
    per_weight = a @ slopes @ ONE_WORD.annotations.T
    expected = (a * (per_weight - a @ per_weight))[None]
    assert quality(estimators.straight_through(ONE_WORD, TRIALS, 4, generator()), expected).misses == 0


def test_the_spread_is_that_of_all_paths_weighed_by_their_probability():
    _, log_q, log_p, slopes = THREE_WORDS.paths
    truth = bound(THREE_WORDS).gradient
    every = log_p[:, None, None] * slopes
    variance = (log_q.exp() @ every.flatten(1).square() - truth.flatten().square()).sum() / 4
    found = quality(estimators.reinforce(THREE_WORDS, 20_000, 4, generator()), truth)
    assert found.spread == pytest.approx((variance.sqrt() / truth.norm()).item(), rel=0.03)


def test_cold_mixtures_have_less_bias_and_more_spread():
    truth = bound(ONE_WORD).gradient
    drawn = (estimators.gumbel_softmax(ONE_WORD, 20_000, 4, generator(), heat) for heat in (3.0, 1.0, 0.3))
    hot, warm, cold = (quality(each, truth) for each in drawn)
    assert hot.bias > warm.bias > cold.bias and hot.spread < warm.spread < cold.spread


def test_leave_one_out_is_each_reward_less_the_mean_of_the_others():
    (estimate,) = estimators.leave_one_out(ONE_WORD, 1, 3, generator(7))
    _, log_q, log_p, slopes = ONE_WORD.paths
    drawn = torch.multinomial(log_q.exp(), 3, replacement=True, generator=generator(7))
    total = log_p[drawn].sum()
    assert_close(estimate, sum((log_p[k] - (total - log_p[k]) / 2) * slopes[k] for k in drawn) / 3)


def test_quality_worked_out_by_hand():
    """Two estimates 1 +- 1 of a truth of 2: error -1, variance 2, of which half is noise in the mean."""
    found = quality(torch.tensor([[[0.0]], [[2.0]]]), torch.tensor([[2.0]]))
    assert found == pytest.approx((0, 0.0, math.sqrt(2) / 2, 0.5, 0.5 / 0.01))
    exact = quality(torch.full((3, 1, 1), 1.0), torch.tensor([[2.0]]))
    assert (exact.misses, exact.bias, exact.needed) == (1, 0.5, math.inf)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: dataclasses.replace(ONE_WORD, scores=torch.zeros(9)), "shape (words, places) = (1, 9)"),
        (lambda: dataclasses.replace(ONE_WORD, scores=torch.full((1, 9), torch.nan)), "finite"),
        (lambda: estimators.leave_one_out(ONE_WORD, 2, 1, generator()), "at least 2"),
        (lambda: estimators.gumbel_softmax(ONE_WORD, 2, 1, generator(), 0.0), "above 0"),
        (lambda: quality(torch.zeros(5, 1, 8), torch.ones(1, 9)), "(5, 1, 8)"),
        (lambda: quality(torch.zeros(1, 1, 9), torch.ones(1, 9)), "two or more"),
        (lambda: quality(torch.zeros(5, 1, 9), torch.zeros(1, 9)), "not zero"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError) as refusal:
        call()
    assert said in str(refusal.value)


def test_clouds_hold_every_method_at_every_size_and_temperature():
    found = estimators.clouds(THREE_WORDS, (2, 4), (0.5, 2.0), trials=3)
    assert list(found) == [*(name for name in METHODS if "Gumbel" not in name), "Gumbel-softmax"]
    assert list(found["Gumbel-softmax"]) == [0.5, 2.0]
    for cloud in (found["raw"], found["Gumbel-softmax"][0.5]):
        assert cloud.shape == (2, 3, 27)  # sizes, trials, words * places
    first = estimators.reinforce(THREE_WORDS, 3, 2, generator())
    assert_close(found["raw"][0], first.flatten(1))
