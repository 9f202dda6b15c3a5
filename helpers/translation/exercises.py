"""Checks for the exercises of notebook 07, soft attention for translation."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers import ops
from helpers.checking import Exercise, Mistake

Links = set[tuple[int, int]]


def _scores(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Scores of both signs, and a mask with some places shut in every row and everything shut in one."""
    B, Q, K, D = (int(size) for size in generator.permutation([2, 3, 4, 5]))
    mask = generator.random((B, Q, K)) < 0.6
    mask[:, :, 0], mask[:, :, 1] = True, False
    mask[-1, -1] = False
    scores, value = generator.standard_normal((B, Q, K)), generator.standard_normal((B, K, D))
    return torch.from_numpy(2 * scores), torch.from_numpy(value), torch.from_numpy(mask)


def _mixed(weights: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    return weights @ value, weights


def _shut(scores: Tensor, mask: Tensor) -> Tensor:
    return scores.masked_fill(~mask, float("-inf"))


attend = Exercise(
    name="attend",
    make_input=_scores,
    solution=ops.attend,
    mistakes=(
        Mistake(
            lambda scores, value, mask: _mixed(scores.softmax(dim=-1), value),
            "the mask is not used: padding gets weight, and its annotations, which mean nothing, are mixed in.",
        ),
        Mistake(
            lambda scores, value, mask: _mixed(scores.softmax(dim=-1) * mask, value),
            "masking after the softmax takes weight away and gives it to nobody: the rows no longer sum to 1. Mask the "
            "scores instead, before it.",
        ),
        Mistake(
            lambda scores, value, mask: _mixed((scores * mask).softmax(dim=-1), value),
            "a score of 0 is not nothing: exp(0) is 1, more than any negative score gets. Minus infinity is what "
            "becomes exactly 0.",
        ),
        Mistake(
            lambda scores, value, mask: ops.attend(scores, value, ~mask),
            "the mask is read the wrong way round: True means that it may look there.",
        ),
        Mistake(
            lambda scores, value, mask: _mixed(_shut(scores, mask).softmax(dim=1).nan_to_num(), value),
            "the softmax runs over the queries. Each query shares out its own attention, over places: the last axis.",
        ),
        Mistake(
            lambda scores, value, mask: _mixed(_shut(scores, mask).softmax(dim=-1), value),
            "a row with nowhere to look gives NaN, 0 / 0. It should give zeros: `nan_to_num` after the softmax.",
        ),
    ),
)


def _pairs(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    Q, K, D = (int(size) for size in generator.permutation([3, 4, 5]))
    shapes = (Q, D), (K, D), (D, D), (D, D), (D,)
    return tuple(torch.from_numpy(generator.standard_normal(shape)) for shape in shapes)


def _additive(query: Tensor, key: Tensor, W: Tensor, U: Tensor, v: Tensor, activation=torch.tanh) -> Tensor:
    return activation((query @ W.T)[:, None] + (key @ U.T)[None]) @ v


additive_score = Exercise(
    name="additive_score",
    make_input=_pairs,
    solution=_additive,
    mistakes=(
        Mistake(
            lambda query, key, W, U, v: _additive(query, key, W, U, v, activation=lambda each: each),
            "the tanh is missing. Without it the query adds the same to every place, and the softmax takes that away "
            "again: the decoder's state would make no difference.",
        ),
        Mistake(
            lambda query, key, W, U, v: _additive(query, key, W, U, torch.ones_like(v), torch.tanh) * v.sum(),
            "v weighs each of the hidden numbers by its own entry; it is a dot product, not a factor.",
        ),
        Mistake(
            lambda query, key, W, U, v: _additive(query, key, W, U, v, lambda each: each).tanh(),
            "the tanh comes before v, on the hidden numbers, not on the finished score.",
        ),
        Mistake(
            lambda query, key, W, U, v: _additive(query, key, U, W, v),
            "W and U are swapped: W meets the query, U the key.",
        ),
        Mistake(
            lambda query, key, W, U, v: _additive(query, key, W.T, U.T, v),
            "W q is `W @ q` for one query, so for rows of queries it is `query @ W.T`.",
        ),
        Mistake(
            lambda query, key, W, U, v: torch.tanh((query @ W.T)[:, None] * (key @ U.T)[None]) @ v,
            "query and key are added here, not multiplied: hence the name.",
        ),
    ),
)


def _alignments(generator: Generator) -> tuple[Links, Links, Links]:
    """Links with a few of every kind: sure and found, sure and missed, possible and found, wrong."""
    places = [(i, j) for i in range(6) for j in range(7)]
    drawn = [places[place] for place in generator.permutation(len(places))]
    found, missed, allowed, unused, wrong = (int(each) for each in generator.integers(2, 6, size=5))
    parts = np.cumsum([0, found, missed, allowed, unused, wrong + 1])
    groups = [set(drawn[start:end]) for start, end in zip(parts, parts[1:], strict=False)]
    sure = groups[0] | groups[1]
    return groups[0] | groups[2] | groups[4], sure, sure | groups[2] | groups[3]


def _error(guess: Links, sure: Links, possible: Links) -> float:
    return 1 - (len(guess & sure) + len(guess & possible)) / (len(guess) + len(sure))


alignment_error_rate = Exercise(
    name="alignment_error_rate",
    make_input=_alignments,
    solution=_error,
    mistakes=(
        Mistake(
            lambda guess, sure, possible: 1 - _error(guess, sure, possible),
            "this is how much is right. An error rate is 1 minus that.",
        ),
        Mistake(
            lambda guess, sure, possible: 1 - 2 * len(guess & sure) / (len(guess) + len(sure)),
            "a guessed link that is possible is not wrong: count it among the right ones, too.",
        ),
        Mistake(
            lambda guess, sure, possible: 1 - len(guess & possible) / len(guess),
            "this only asks how much of what was guessed is right. One safe guess would be perfect: sure links that "
            "were missed have to cost, too.",
        ),
        Mistake(
            lambda guess, sure, possible: 1 - len(guess & sure) / len(sure),
            "this only asks which sure links were found. Linking everything with everything would be perfect: wrong "
            "guesses have to cost, too.",
        ),
        Mistake(
            lambda guess, sure, possible: (
                1 - (len(guess & sure) + len(guess & possible)) / (len(guess) + len(possible))
            ),
            "the sum below the line has the sure links in it, not the possible ones: nobody has to guess those.",
        ),
    ),
)


def _translations(generator: Generator) -> tuple[list[str], list[str], int]:
    """A translation that repeats one pair of words, and a longer one to compare with."""
    words = generator.permutation(["my", "cat", "is", "the", "best", "dog", "here", "now"]).tolist()
    translation = words[:2] * 3 + words[2:4] + words[:2]
    return translation, [*words, *words[:3], *words[5:7]], int(generator.integers(2, 4))


def _grams(words: list[str], n: int) -> Counter:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def _of_grams(measure: Callable[[Counter, Counter], float]) -> Callable[[list[str], list[str], int], float]:
    """What a measure makes of the runs of n words in the translation, and of those in the truth."""
    return lambda translation, truth, n: measure(_grams(translation, n), _grams(truth, n))


_clipped = _of_grams(lambda ours, theirs: (ours & theirs).total() / ours.total())


clipped_precision = Exercise(
    name="clipped_precision",
    make_input=_translations,
    solution=_clipped,
    mistakes=(
        Mistake(
            _of_grams(lambda ours, theirs: sum(ours[gram] for gram in theirs) / ours.total()),
            "a word written six times matches six times here, though the truth holds it twice. Clip: each counts "
            "at most as often as the truth has it.",
        ),
        Mistake(
            _of_grams(lambda ours, theirs: (ours & theirs).total() / theirs.total()),
            "this divides by the length of the truth, which is recall. Precision divides by what was written.",
        ),
        Mistake(
            _of_grams(lambda ours, theirs: len(ours & theirs) / len(ours)),
            "this counts different words, each once. Count how often each was written.",
        ),
        Mistake(
            lambda *given: _clipped(*given) * _grams(given[0], given[2]).total() / len(given[0]),
            "a sentence of L words has L - n + 1 runs of n words: with n = 2 there is one pair fewer than words.",
        ),
    ),
)
