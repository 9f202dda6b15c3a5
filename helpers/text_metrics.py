"""Scores of translations: alignment error rate, BLEU thin over sacrebleu, and a bootstrap for differences."""

import random
from collections.abc import Collection, Hashable, Iterable, Sequence

import numpy as np
from sacrebleu.metrics import BLEU
from torch import Tensor

Links = frozenset[tuple[int, int]]  # (place in the source, place in the target)


def links_of(weights: Tensor) -> Links:
    """Link each target word to the source word that it looked at most: weights (T, S) -> T links."""
    return frozenset((int(source), target) for target, source in enumerate(weights.argmax(dim=-1)))


def diagonal(source: int, target: int) -> Links:
    """Link the words of two sentences in order, from first to first and last to last: the baseline without reading."""
    return frozenset((round(j * (source - 1) / max(target - 1, 1)), j) for j in range(target))


def shuffled(links: Links, seed: int) -> Links:
    """Deal the source places of a sentence's links out to its target words at random."""
    sources, targets = zip(*sorted(links), strict=True)
    return frozenset(zip(random.Random(int(seed)).sample(sources, len(sources)), targets, strict=True))


def shifted(links: Links, by: int) -> Links:
    """Move each link `by` words along the target, to see whether weights were read off a step too early or too late."""
    return frozenset((source, target + by) for source, target in links)


def alignment_error_rate(guesses: Iterable[Links], sure: Iterable[Links], possible: Iterable[Links]) -> float:
    """Judge links over a set of sentences, 0 to 1, lower is better (Och and Ney 2003).

    1 - (|A and S| + |A and P|) / (|A| + |S|) of guessed links A, sure ones S, possible ones P: leaving out a sure
    link costs, and so does a guess that is not even possible; a possible link may be guessed or not.

    Raises:
        ValueError: not one of each a sentence, a sure link that is not possible, or no links at all.
    """
    matched = total = 0
    for guess, certain, allowed in zip(guesses, sure, possible, strict=True):
        if not certain <= allowed:
            raise ValueError(f"Every sure link is possible too; these are not: {sorted(certain - allowed)}.")
        matched += len(guess & certain) + len(guess & allowed)
        total += len(guess) + len(certain)
    if total == 0:
        raise ValueError("There is no link, neither guessed nor sure. Give at least one sentence with links.")
    return 1 - matched / total


def bleu(hypotheses: Sequence[str], truth: Sequence[str], lowercase: bool = False) -> tuple[float, str]:
    """BLEU of a set of sentences, 0 to 100 (Papineni et al. 2002), and sacrebleu's signature of how it was counted.

    Args:
        hypotheses, truth: plain sentences, one reference each. lowercase: let capitals count for nothing.

    Raises:
        ValueError: no sentences, or not one reference each.
    """
    _check(hypotheses, truth)
    metric = BLEU(lowercase=lowercase)
    score = metric.corpus_score(list(hypotheses), [list(truth)]).score
    return score, str(metric.get_signature())


def paired_bootstrap(
    first: Sequence[str],
    second: Sequence[str],
    truth: Sequence[str],
    parts: Sequence[Collection[Hashable]] | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """How many BLEU the first system is ahead of the second, and the 95% interval of that (Koehn 2004).

    The same sentences are drawn, with replacement, for both: the interval says what other sentences of this kind
    might have given. It says nothing of other seeds. Sentences that are joined from the same parts are not
    independent: then the distinct parts are drawn, and a sentence counts by the mean of how often its parts were.

    Args:
        first, second, truth: plain sentences.
        parts: for each sentence what it is made of, such as the content words of each clause; each its own if None.

    Returns:
        The difference on the set as it is, then the interval's two ends.

    Raises:
        ValueError: no sentences, not one reference each, or a sentence without parts.
    """
    for hypotheses in (first, second):
        _check(hypotheses, truth)
    counts = [_counts(hypotheses, truth) for hypotheses in (first, second)]
    shares = _shares(parts, len(truth))
    number = shares.shape[1]
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), size=samples)
    weights = drawn @ shares.T
    ahead = [_score(a) - _score(b) for a, b in zip(*(weights @ each for each in counts), strict=True)]
    low, high = np.percentile(ahead, [2.5, 97.5])
    return _score(counts[0].sum(0)) - _score(counts[1].sum(0)), float(low), float(high)


def _shares(parts: Sequence[Collection[Hashable]] | None, sentences: int) -> np.ndarray:
    """How much of each sentence (a row) each distinct part is: rows add up to 1."""
    if parts is None:
        return np.eye(sentences)
    if len(parts) != sentences or not all(parts):
        raise ValueError(f"Expected the parts of {sentences} sentences, at least one each, got {len(parts)}.")
    columns = {part: column for column, part in enumerate(dict.fromkeys(p for each in parts for p in each))}
    shares = np.zeros((sentences, len(columns)))
    for row, each in zip(shares, parts, strict=True):
        np.add.at(row, [columns[part] for part in each], 1 / len(each))
    return shares


def _counts(hypotheses: Sequence[str], truth: Sequence[str]) -> np.ndarray:
    """What BLEU adds up, a sentence a row: matches of 1 to 4 words, chances for them, both lengths."""
    metric = BLEU(effective_order=True)
    scores = (
        metric.sentence_score(mine, [reference]) for mine, reference in zip(hypotheses, truth, strict=True)
    )
    return np.array([[*score.counts, *score.totals, score.sys_len, score.ref_len] for score in scores])


def _score(counts: np.ndarray) -> float:
    # Drawn parts of sentences give fractions, and sacrebleu prints its lengths as whole numbers.
    numbers = [*counts[:8].tolist(), *counts[8:].round().astype(int).tolist()]
    # Smoothed as `bleu` does it: "exp" is what the class takes by default, and this function does not.
    return BLEU.compute_bleu(numbers[:4], numbers[4:8], *numbers[8:], smooth_method="exp").score


def _check(hypotheses: Sequence[str], truth: Sequence[str]) -> None:
    if isinstance(hypotheses, str) or isinstance(truth, str):
        raise ValueError("BLEU takes lists of sentences, got one text: put it in a list.")
    if len(hypotheses) != len(truth) or not truth:
        raise ValueError(
            f"BLEU needs at least one sentence and one reference each, got {len(hypotheses)} and {len(truth)}."
        )
