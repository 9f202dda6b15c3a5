"""Sentences -> a trained translator -> translations and their scores: what embedded and real data share."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from helpers import runtime, text_metrics
from helpers.data.tokens import Vocabulary, by_length, detokenise, padded
from helpers.decoding import Decoded, beam, greedy
from helpers.training import History, fit, parameter_count
from helpers.translation.model import Translator, next_word_loss

SIZE = 128  # of the translator with attention; the control is made wider until it has as many parameters
BATCH = 64
RATE = 4e-3  # the highest learning rate of the cycle; the pieces "rates" try others, for both systems
LONG = 15  # words of a source beyond which a sentence counts as long
BINS = ((1, 5), (6, 10), (11, 15), (16, 20), (21, 1000))


@dataclass(frozen=True)
class Corpus:
    """Sentences to learn from, as numbers, with the vocabularies that they were made with."""

    source: Vocabulary
    target: Vocabulary
    sources: list[list[int]]
    targets: list[list[int]]


def corpus(sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]], **options: int) -> Corpus:
    """Number sentences; options go to both vocabularies."""
    first, second = Vocabulary(sources, **options), Vocabulary(targets, **options)
    return Corpus(first, second, [*map(first.encode, sources)], [*map(second.encode, targets)])


def new_translator(
    system: str, words: Corpus, seed: int, size: int = SIZE, dropout: float = 0.0
) -> Translator:
    """Make an untrained translator: "attention", "no attention", or one of Luong's scores by name."""
    sizes = len(words.source), len(words.target)
    if system == "no attention":
        goal = parameter_count(Translator(*sizes, size))
        # Without a score to learn it has parameters to spare: they widen all of it.
        size = min(
            range(size, 2 * size, 2),
            key=lambda wide: abs(parameter_count(Translator(*sizes, wide, None)) - goal),
        )
    runtime.seed_everything(seed)
    score = {"attention": "additive", "no attention": None}.get(system, system)
    return Translator(*sizes, size, score, dropout)


def learn(
    model: Translator,
    words: Corpus,
    seed: int,
    steps: int,
    *,
    rate: float = RATE,
    batch: int = BATCH,
) -> History:
    """Train any of the translators: the same sentences in the same order, with the same settings."""
    batches = by_length(words.sources, words.targets, batch, seed)
    name = "with attention" if model.score else "without attention"
    return fit(model, batches, next_word_loss, steps=steps, lr=rate, name=name)


def translate(
    model: Translator, words: Corpus, sentences: Sequence[Sequence[str]], width: int = 1, most: int = 45
) -> list[Decoded]:
    """Translate sentences of words, free running: no true word is ever shown. A width above 1 takes a beam."""

    def decode(source: Tensor) -> list[Decoded]:
        if width == 1:
            return greedy(model, source, most)
        return [best for best, *_ in beam(model, source, most, width)]

    device = next(model.parameters()).device
    order = sorted(range(len(sentences)), key=lambda place: len(sentences[place]))
    found: list[Decoded | None] = [None] * len(sentences)
    for start in range(0, len(order), 100):
        chosen = order[start : start + 100]
        source = padded([words.source.encode(sentences[place]) for place in chosen]).to(device)
        decoded = decode(source)
        for place, each in zip(chosen, decoded, strict=True):
            found[place] = each
    return found


def as_sentences(decoded: Sequence[Decoded], words: Corpus) -> list[str]:
    """Write decoded translations out as plain sentences."""
    return [detokenise(words.target.decode(each.words)) for each in decoded]


def fields_of(system: str, corpus: str = "phrasebook") -> dict[str, str]:
    """The fields by which the record finds a translator of a corpus."""
    score = {"score": "additive"} if system == "attention" else {}
    return {"model": system, "corpus": corpus} | score


def bin_name(low: int, high: int) -> str:
    """How a bin of lengths is called in the record: "bleu_6_to_10", "bleu_over_20"."""
    return f"bleu_{low}_to_{high}" if high < 1000 else f"bleu_over_{low - 1}"


def bleu_by_length(
    translations: Sequence[str], truth: Sequence[str], lengths: Sequence[int], lowercase: bool = False
) -> dict[str, float]:
    """BLEU within each bin of source lengths that holds a sentence, and beyond 15 words, by name of the figure."""
    bins = {bin_name(*ends): ends for ends in BINS} | {"bleu_long": (LONG + 1, 1000)}
    scores = {}
    for name, (low, high) in bins.items():
        inside = [place for place, length in enumerate(lengths) if low <= length <= high]
        if inside:
            chosen = [translations[place] for place in inside]
            scores[name], _ = text_metrics.bleu(chosen, [truth[place] for place in inside], lowercase)
    return scores
