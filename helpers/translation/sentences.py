"""Notebook 07 on real sentences: Multi30k's captions from German, Tatoeba's everyday sentences from Spanish."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple
from zlib import crc32

from helpers import text_metrics
from helpers.data import public
from helpers.data.public import Pair
from helpers.data.tokens import normalise, tokenise
from helpers.training import recorded
from helpers.translation import translators

BATCH = 96
RATE = 3e-3
DROPOUT = 0.3
WIDTH = 5  # of the beam
LONGEST = 30  # words of a training sentence: the few longer ones would cost more than they teach

CAPTION_SIZE, CAPTION_STEPS = 256, 2200  # about seven times through the captions
EVERYDAY_SIZE, EVERYDAY_STEPS = 192, 2400  # about twice through the sentences
EVERYDAY_TEST = 3000


class Splits(NamedTuple):
    """Pairs to learn from, and pairs to be judged on."""

    train: list[Pair]
    test: list[Pair]


def apart(pairs: Sequence[Pair], test_share: int = 25) -> Splits:
    """Split pairs so that neither side of a test pair is in training, however it is written.

    Pairs that share a sentence on either side, after tokenising, belong together, and so do the pairs that share one
    with those, and so on. Such a group goes to one split whole; which one, its first sentence in the alphabet tells.

    Args:
        test_share: one group in this many is for the test.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    sides = [("> " + " ".join(tokenise(one)), "< " + " ".join(tokenise(other))) for one, other in pairs]
    for source, target in sides:
        low, high = sorted((root(source), root(target)))
        parent[high] = low
    splits = Splits([], [])
    for pair, (source, _) in zip(pairs, sides, strict=True):
        held = crc32(root(source).encode()) % test_share == 0
        (splits.test if held else splits.train).append(pair)
    return splits


def spread(pairs: Sequence[Pair], number: int) -> list[Pair]:
    """Choose up to `number` pairs of different sources, from every bin of lengths as many, where there are enough."""
    seen: set[str] = set()
    bins: list[list[Pair]] = [[] for _ in translators.BINS]
    for pair in sorted(pairs, key=lambda pair: crc32(pair.source.encode())):
        words = tokenise(pair.source)
        if " ".join(words) in seen:
            continue
        seen.add(" ".join(words))
        alike = next(
            each for each, (_, high) in zip(bins, translators.BINS, strict=True) if len(words) <= high
        )
        if len(alike) < number // len(bins):
            alike.append(pair)
    return [pair for alike in bins for pair in alike]


def run(corpus: str, splits: Splits, system: str, size: int, steps: int) -> Iterator[dict]:
    """Train a system on pairs and yield its row, with BLEU over all, by length, and its signature."""
    train = [(tokenise(pair.source), tokenise(pair.target)) for pair in splits.train]
    train = [pair for pair in train if max(map(len, pair)) <= LONGEST]
    words = translators.corpus(*zip(*train, strict=True), least=2, most=8000)
    sources = [tokenise(pair.source) for pair in splits.test]
    # Normalised, else an apostrophe's form would count as a fault.
    truth = [normalise(pair.target) for pair in splits.test]
    model = translators.new_translator(system, words, 0, size, DROPOUT)
    history = translators.learn(model, words, 0, steps, rate=RATE, batch=BATCH)
    translations = translators.as_sentences(translators.translate(model, words, sources, WIDTH), words)
    # Capitals are lost when a sentence is tokenised, so they count for nothing, and the signature says so.
    score, signature = text_metrics.bleu(translations, truth, lowercase=True)
    by_length = translators.bleu_by_length(translations, truth, [*map(len, sources)], lowercase=True)
    fields, figures = translators.fields_of(system, corpus), {"bleu": score, **by_length}
    yield recorded(fields, 0, figures, history, model) | {
        "signature": signature,
        "sentences": {"train": len(train), "test": len(truth)},
        "examples": [[*pair, mine] for pair, mine in zip(splits.test[:8], translations, strict=False)],
    }


def captions() -> Iterator[dict]:
    """Multi30k: German captions to English, with attention."""
    splits = Splits(public.multi30k("train"), public.multi30k("val"))
    return run("Multi30k", splits, "attention", CAPTION_SIZE, CAPTION_STEPS)


def everyday(system: str) -> Iterator[dict]:
    """Tatoeba: everyday Spanish to English, with or without attention."""
    splits = apart(public.tatoeba())
    tested = Splits(splits.train, spread(splits.test, EVERYDAY_TEST))
    return run("Tatoeba", tested, system, EVERYDAY_SIZE, EVERYDAY_STEPS)


PIECES = {
    "Multi30k": captions,
    **{f"Tatoeba, {system}": partial(everyday, system) for system in ("attention", "no attention")},
}
