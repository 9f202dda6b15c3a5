"""Notebook 07 on real sentences: Multi30k's captions from German, Tatoeba's everyday sentences from Spanish."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple
from zlib import crc32

from helpers import text_metrics
from helpers.data import public
from helpers.data.public import Pair
from helpers.data.tokens import normalise, tokenise
from helpers.training import parameter_count
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
    bins: dict[int, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda pair: crc32(pair.source.encode())):
        words = tokenise(pair.source)
        if " ".join(words) in seen:
            continue
        seen.add(" ".join(words))
        place = next(
            (n for n, (_, high) in enumerate(translators.BINS) if len(words) <= high), len(translators.BINS)
        )
        if len(bins.setdefault(place, [])) < number // len(translators.BINS):
            bins[place].append(pair)
    return [pair for place in sorted(bins) for pair in bins[place]]


def run(
    name: str, splits: Splits, systems: Sequence[str], size: int, steps: int, **options: int
) -> Iterator[dict]:
    """Train systems on pairs and yield a row for each, with BLEU over all, by length, and its signature."""
    train = [(tokenise(pair.source), tokenise(pair.target)) for pair in splits.train]
    train = [pair for pair in train if max(map(len, pair)) <= LONGEST]
    words = translators.corpus([source for source, _ in train], [target for _, target in train], **options)
    sources = [tokenise(pair.source) for pair in splits.test]
    truth = [
        normalise(pair.target) for pair in splits.test
    ]  # else an apostrophe's form would count as a fault
    for system in systems:
        model = translators.new_translator(system, words, 0, size, DROPOUT)
        history = translators.learn(model, words, 0, steps, rate=RATE, batch=BATCH)
        translations = translators.as_sentences(translators.translate(model, words, sources, WIDTH), words)
        # Capitals are lost when a sentence is tokenised, so they count for nothing, and the signature says so.
        score, signature = text_metrics.bleu(translations, truth, lowercase=True)
        by_length = translators.bleu_by_length(translations, truth, [*map(len, sources)], lowercase=True)
        yield {
            "model": system,
            "corpus": name,
            **({"score": "additive"} if system == "attention" else {}),
            "seed": 0,
            "figures": {"bleu": score, **by_length},
            "seconds": history.seconds,
            "parameters": parameter_count(model),
            "steps": steps,
            "signature": signature,
            "sentences": {"train": len(train), "test": len(truth)},
            "examples": [[*pair, mine] for pair, mine in zip(splits.test[:8], translations, strict=False)],
        }


def captions() -> Iterator[dict]:
    """Multi30k: German captions to English, with attention."""
    splits = Splits(public.multi30k("train"), public.multi30k("val"))
    return run("Multi30k", splits, ("attention",), CAPTION_SIZE, CAPTION_STEPS, least=2, most=8000)


def everyday(system: str) -> Iterator[dict]:
    """Tatoeba: everyday Spanish to English, with or without attention."""
    splits = apart(public.tatoeba())
    tested = Splits(splits.train, spread(splits.test, EVERYDAY_TEST))
    return run("Tatoeba", tested, (system,), EVERYDAY_SIZE, EVERYDAY_STEPS, least=2, most=8000)


PIECES = {
    "Multi30k": captions,
    **{f"Tatoeba, {system}": partial(everyday, system) for system in ("attention", "no attention")},
}
