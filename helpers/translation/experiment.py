"""The experiments of notebook 07: translation with and without attention, by sentence length and against gold links."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor

from helpers import text_metrics
from helpers.data.tokens import TeacherForced, detokenise, teacher_forced
from helpers.probe import record
from helpers.training import recorded
from helpers.translation import sentences
from helpers.translation.model import Translator
from helpers.translation.phrasebook import Entry, phrasebook
from helpers.translation.translators import (
    BINS,
    LONG,
    Corpus,
    as_sentences,
    bin_name,
    bleu_by_length,
    corpus,
    fields_of,
    learn,
    new_translator,
    translate,
)

BIN_FIGURES = tuple(bin_name(*ends) for ends in BINS)  # what the bins are called in the record, short to long


@dataclass(frozen=True)
class Budget:
    """What a translator learns from, and for how long.

    Attributes:
        sentences: of the phrasebook. steps: batches of 64.
    """

    sentences: int
    steps: int


QUICK = Budget(sentences=8000, steps=600)
RATES_TRIED = Budget(sentences=8000, steps=700)
RECORD = Budget(sentences=12_000, steps=1600)


@cache
def training_corpus(seed: int, budget: Budget) -> Corpus:
    """Draw the phrasebook that a run learns from."""
    entries = phrasebook(budget.sentences, seed, "train")
    return corpus([each.spanish for each in entries], [each.english for each in entries])


def held_out(split: str = "test", number: int = 1000) -> tuple[Entry, ...]:
    """Draw the sentences that every run is judged on: always the same."""
    return phrasebook(number, 0, split)


def content_sets(entries: Iterable[Entry]) -> set[frozenset[str]]:
    """The content words of all their clauses."""
    return {content for each in entries for content in each.content}


def forced_batch(words: Corpus, entries: Sequence[Entry]) -> tuple[TeacherForced, Tensor]:
    """Sentences with their true translations as a batch, and the words to predict."""
    return teacher_forced(
        [words.source.encode(each.spanish) for each in entries],
        [words.target.encode(each.english) for each in entries],
    )


@torch.no_grad()
def forced_weights(model: Translator, words: Corpus, entries: Sequence[Entry]) -> list[torch.Tensor]:
    """Where a translator looks while it is led through the true translation: (English words, Spanish words) each.

    Led, because gold links are those of the true words. Free running, it may say others, which have none.
    """
    device, found = next(model.parameters()).device, []
    for start in range(0, len(entries), 100):
        batch = entries[start : start + 100]
        with record(model, "attend") as kept:
            model(forced_batch(words, batch)[0].to(device))
        # Step j, after the j words before it, is where word j is chosen.
        found += [
            weights[: len(each.english), : len(each.spanish)].cpu()
            for weights, each in zip(kept["attend"], batch, strict=True)
        ]
    return found


def alignment(weights: Sequence[torch.Tensor], entries: Sequence[Entry]) -> dict[str, float]:
    """Alignment error rate of weights, beside that of words in order, of shuffled links, and of links a step off.

    Args:
        weights: (English words, Spanish words), one an entry.
    """
    links = [*map(text_metrics.links_of, weights)]
    guesses = {
        "network": links,
        "diagonal": [text_metrics.diagonal(len(each.spanish), len(each.english)) for each in entries],
        "shuffled": [text_metrics.shuffled(each, place) for place, each in enumerate(links)],
        "one step early": [text_metrics.shifted(each, -1) for each in links],
        "one step late": [text_metrics.shifted(each, 1) for each in links],
    }
    sure, possible = [each.sure for each in entries], [each.possible for each in entries]
    return {name: text_metrics.alignment_error_rate(each, sure, possible) for name, each in guesses.items()}


def elsewhere(weights: Sequence[Tensor], entries: Sequence[Entry]) -> list[tuple[str, float, int, str]]:
    """English words by the share of their links that are not possible: word, share, how often, where to instead.

    Words seen fewer than 30 times are left out. Weights are (English words, Spanish words), one an entry.
    """
    counts, wrong = Counter(), defaultdict(Counter)
    for entry, rows in zip(entries, weights, strict=True):
        for source, target in text_metrics.links_of(rows):
            counts[entry.english[target]] += 1
            if (source, target) not in entry.possible:
                wrong[entry.english[target]][entry.spanish[source]] += 1
    found = []
    for word, places in wrong.items():
        if counts[word] >= 30:
            instead, _ = places.most_common(1)[0]
            found.append((word, places.total() / counts[word], counts[word], repr(instead)))
    return sorted(found, key=lambda each: (-each[1], each[0]))


def compare(seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train without and with attention, and yield a row for each; and one for words aligned in order.

    Figures `long_ahead`, `long_ahead_low` and `long_ahead_high` say how far attention is ahead beyond 15 words.
    """
    words, test = training_corpus(seed, budget), held_out()
    translations = {}
    for system in ("no attention", "attention"):
        model, translations[system], row = trained(system, words, seed, budget, test)
        if model.score:
            errors = alignment(forced_weights(model, words, test), test)
            row["figures"] |= {"aer": errors["network"], **lead(translations, test)}
            yield {**fields_of("diagonal"), "seed": seed, "figures": {"aer": errors["diagonal"]}}
        yield row


def trained(
    system: str, words: Corpus, seed: int, budget: Budget, test: Sequence[Entry]
) -> tuple[Translator, list[str], dict]:
    """Train a system and let it translate: the model, the translations, and their row of the record."""
    model = new_translator(system, words, seed)
    history = learn(model, words, seed, budget.steps)
    translations = as_sentences(translate(model, words, [each.spanish for each in test]), words)
    truth, lengths = [detokenise(each.english) for each in test], [len(each.spanish) for each in test]
    bleu, signature = text_metrics.bleu(translations, truth)
    figures = {"bleu": bleu, "last_loss": smoothed(history.loss)[-1]}
    figures |= bleu_by_length(translations, truth, lengths)
    row = recorded(fields_of(system), seed, figures, history, model)
    return model, translations, row | {"signature": signature}


def smoothed(loss: Sequence[float], every: int = 50) -> list[float]:
    """The mean of each `every` values: batches hold sentences of one length, so single steps jump up and down."""
    return [sum(loss[k : k + every]) / len(loss[k : k + every]) for k in range(0, len(loss), every)]


def longer(times: int) -> Iterator[dict]:
    """Train the control alone for several times as many steps: does it only need longer?"""
    patient = Budget(RECORD.sentences, times * RECORD.steps)
    yield trained("no attention", training_corpus(0, RECORD), 0, patient, held_out())[2]


def lead(translations: Mapping[str, Sequence[str]], test: Sequence[Entry]) -> dict[str, float]:
    """How far attention is ahead on long sentences, with an interval over what the sentences say.

    A thousand sentences are joined from far fewer clauses: so sets of content words are drawn, not sentences.
    """
    chosen = [place for place, each in enumerate(test) if len(each.spanish) > LONG]
    ahead, low, high = text_metrics.paired_bootstrap(
        *([translations[system][place] for place in chosen] for system in ("attention", "no attention")),
        [detokenise(test[place].english) for place in chosen],
        [test[place].content for place in chosen],
    )
    return {"long_ahead": ahead, "long_ahead_low": low, "long_ahead_high": high}


def rates(system: str) -> Iterator[dict]:
    """Try learning rates for a system on validation sentences: both are to be compared at their best."""
    seed, budget = 0, RATES_TRIED
    words, val = training_corpus(seed, budget), held_out("val", 500)
    for rate in (2e-3, 4e-3, 8e-3):
        model = new_translator(system, words, seed)
        history = learn(model, words, seed, budget.steps, rate=rate)
        translations = as_sentences(translate(model, words, [each.spanish for each in val]), words)
        score, _ = text_metrics.bleu(translations, [detokenise(each.english) for each in val])
        yield recorded({**fields_of(system), "rate": rate}, seed, {"val_bleu": score}, history)


PIECES = {
    "record": {
        **{f"seed {seed}": partial(compare, seed) for seed in (0, 1, 2)},
        "control, three times as long": partial(longer, 3),
        **{f"rates, {system}": partial(rates, system) for system in ("attention", "no attention")},
    },
    "real": sentences.PIECES,
}
