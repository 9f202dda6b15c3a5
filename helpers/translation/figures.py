"""Figures of lesson 07: readings and scores in, interactive figures out."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from helpers import figure as fig
from helpers.data.readings import Reading
from helpers.data.tokens import detokenise, normalise
from helpers.figure import taking
from helpers.figure.charts import LINE_COLOURS
from helpers.translation.pictures import COLOURS
from helpers.translation.tables import bundled, switched, tabled, tables_of

SCRIPT = Path(__file__).with_name("switched.js")


class Example(NamedTuple):
    """A sentence, its true translation, and what each system made of it: name -> plain text."""

    source: str
    truth: str
    translations: Mapping[str, str]


def by_length(
    labels: Sequence[str],
    scores: Mapping[str, Sequence[float]],
    counts: Sequence[int],
    examples: Sequence[Sequence[Example]],
    alt: str = "",
) -> fig.Figure:
    """Curves of BLEU over bins of source length; for the chosen bin, examples with the words that the truth lacks.

    Args:
        labels: names of the bins, short to long, such as "1-5".
        scores: system -> BLEU in each bin, 0 to 100; NaN where there is no score.
        counts: sentences in each bin.
        examples: for each bin at least one.
        alt: what the systems are, in a few words, for a reader who hears the page.
    """
    systems = taking.distinct(list(scores), "curves")
    for what, given in {"counts": counts, "examples": examples, **scores}.items():
        if len(given) != len(labels):
            raise ValueError(
                f"{what} has {len(given)} entries and there are {len(labels)} labels; expected one a bin."
            )
    for label, each in zip(labels, examples, strict=True):
        if not each or any(list(example.translations) != systems for example in each):
            raise ValueError(
                f"The bin {label!r} needs at least one example, with translations of {systems} in this order."
            )

    length = fig.Slider("Length", len(labels), labels=list(labels))
    most = max(map(len, examples))
    numbered = [str(number + 1) for number in range(most)]
    example = fig.Slider("Example", fig.array([len(each) for each in examples])[length], labels=numbered)
    here = length, example

    sources = [[one.source.split() for one in each] for each in examples]
    truths = [[one.truth.split() for one in each] for each in examples]
    rows = [fig.Tokens(fig.names(sources)[here], title="Source")]
    rows += [fig.Tokens(fig.names(truths)[here], title="Truth")]
    for name in systems:
        words = [[one.translations[name].split() for one in each] for each in examples]
        lacking = [[*map(foreign, *both)] for both in zip(words, truths, strict=True)]
        title = f"{name[:1].upper()}{name[1:]}: a wave under what the truth lacks"
        rows += [fig.Tokens(fig.names(words)[here], title=title, marked=fig.array(lacking)[here])]
    spare = [each for each in LINE_COLOURS if each not in COLOURS.values()]
    told = ", ".join(f"{name} {{bleu_{i}:.1f}}" for i, name in enumerate(systems))
    return fig.Figure(
        fig.Lines(
            scores,
            x=list(labels),
            mark=length,
            numbers=".1f",
            low=0,
            high=100,
            colours=[COLOURS.get(name, other) for name, other in zip(systems, spare, strict=False)],
            title="BLEU by words of the source",
        ),
        *rows,
        also=(length, example),
        still={"Length": len(labels) - 1},
        caption=f"Sources of {{Length}} words ({{count}} of them). BLEU: {told}.",
        alt=alt or f"BLEU of {' and '.join(systems)} by the length of the source, and examples.",
        count=fig.array(counts)[length],
        **{f"bleu_{i}": fig.array(scores[name])[length] for i, name in enumerate(systems)},
    )


def grouped(
    bins: Sequence[tuple[int, int]],
    sources: Sequence[Sequence[str]],
    truth: Sequence[str],
    translations: Mapping[str, Sequence[str]],
    most: int = 6,
) -> tuple[list[int], list[list[Example]]]:
    """How many sources have each length, from low to high, and the first of them as examples: for `by_length`."""
    inside = [[k for k, each in enumerate(sources) if low <= len(each) <= high] for low, high in bins]
    examples = [
        [
            Example(" ".join(sources[k]), truth[k], {name: each[k] for name, each in translations.items()})
            for k in places[:most]
        ]
        for places in inside
    ]
    return [*map(len, inside)], examples


def foreign(words: Sequence[str], truth: Sequence[str]) -> list[bool]:
    """Flag the words that the truth lacks; each of its words pays for one, capitals and marks count for nothing."""
    left = Counter(map(_plain, truth))
    flags = []
    for word in words:
        known = left[_plain(word)] > 0 or not _plain(word)
        left[_plain(word)] -= known
        flags.append(not known)
    return flags


def _plain(word: str) -> str:
    return "".join(letter for letter in normalise(word) if letter.isalnum() or letter == "'")


Translate = Callable[[str, Collection[int]], Reading | str]


def alignment_explorer(
    readings: Sequence[Sequence[Reading]],
    translate: Translate | None = None,
    language: str = "Spanish",
    alt: str = "",
    poster: tuple[int, int] | None = None,
) -> fig.Figure:
    """Sentences, their translations and the weights between them; words of the source can be switched off.

    Args:
        readings: for each sentence its plain reading, then one with each single source word switched off, in order,
            as `stored_readings` makes them: they work on a page without a kernel.
        translate: (text, masked places) -> a Reading, or a sentence that says why there is none. It answers for typed
            sentences and for several words switched off.
        language: of the source.
        alt: what the sentences are, in a few words, for a reader who hears the page.
        poster: a sentence and one of its words, from 0: the still picture shows that sentence with that word off, and
            the weights of the first word that changed. Left out, it shows the first sentence as it is.
    """
    tables = [tables_of(each, number) for number, each in enumerate(readings)]
    texts = taking.distinct([detokenise(each[0].source) for each in readings], "sentences")

    def answer(text: str, sentence: int = 0, off: Sequence[int] = ()) -> dict:
        if translate is None:
            raise ValueError(
                "This figure has no translator. Give it one: alignment_explorer(readings, translate)."
            )
        text = text.strip() or texts[sentence]
        plain = translate(text, frozenset())
        masked = frozenset(place for place, on in enumerate(off) if not on)
        reading = translate(text, masked) if masked and not isinstance(plain, str) else plain
        if isinstance(reading, str):
            raise ValueError(reading)
        return tabled(reading, plain)

    def stored(place: object) -> fig.Lab:
        """The sentence's reading with the word before `place` switched off; 0: with none."""
        kept = {key: _symbol([[reading[key] for reading in each] for each in tables]) for key in tables[0][0]}
        return fig.Lab(
            SCRIPT, "bundled", bundled, **{key: each[sentence, place] for key, each in kept.items()}
        )

    own = fig.Field(f"Your own {language}")
    sentence = fig.Choice("Sentence", texts)
    plain = fig.Ask("A sentence of your own", answer, stored(0), when=own, text=own)
    off = fig.Switches("Words", plain["source"], off="")
    which = fig.Lab(SCRIPT, "switched", switched, flags=off, text=own)
    reading = fig.Ask(
        "More than is stored",
        answer,
        fig.choose(which["typed"], stored(which["place"]), plain),
        when=which["ask"],
        text=own,
        sentence=sentence,
        off=off,
    )
    candidate = fig.Choice("Candidate of the beam", reading["translations"], keys="[]")
    word = fig.Choice("Word", reading["words"][candidate])
    _go_back(sentence, own, off, candidate, word)
    _go_back(own, off, candidate, word)
    weights, best = reading["weights"][candidate], reading["best"][candidate, word]
    still = {}
    if poster:
        number, place = poster
        kept, changed = tables[number][0]["source"], tables[number][place + 1]["changed"][0]
        still = {"Sentence": number, "Words": [k != place for k in range(len(kept))]}
        still["Word"] = changed.index(True) if True in changed else 0
    return fig.Figure(
        fig.Ribbons(
            fig.Tokens(
                reading["source"],
                title=f"{language}: a click switches a word off",
                off=off,
                weights=weights[word],
                notes=reading["notes"],
            ),
            fig.Tokens(reading["words"][candidate], choose=word, marked=reading["changed"][candidate]),
            weights,
            title="Bars and ribbons show the weights; a wave marks what has changed in the translation",
        ),
        fig.Matrix(
            weights,
            reading["words"][candidate],
            reading["source"],
            title="A row for each word of the translation",
            choose=word,
            side=220,
        ),
        also=(sentence, own, candidate),
        still=still,
        lines=3,
        caption="“{Word}” attends most to “{at}” ({share:.0%}). The score is {score:.2f}. {off} {change} {unknown}",
        alt=alt
        or f"{len(texts)} {language} sentences, their translations, and the attention weights between them.",
        at=reading["source"][best],
        share=weights[word, best],
        score=reading["scores"][candidate],
        off=reading["off"],
        change=reading["change"][candidate],
        unknown=reading["unknown"],
    )


def _go_back(control: fig.Symbol, *others: fig.Symbol) -> None:
    """Let a hand on a control set others to their first values; those depend on it, so they are made after it."""
    control.args["resets"] = [each.name for each in others]


def _symbol(table: list) -> fig.Symbol:
    """A table of numbers or of texts, as a symbol."""
    leaf = table
    while isinstance(leaf, list) and leaf:
        leaf = leaf[0]
    return fig.names(table) if isinstance(leaf, str) else fig.array(table)
