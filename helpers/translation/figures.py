"""Figures of lesson 07: readings and scores in, interactive figures out."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot

from helpers import figure as fig
from helpers.data.readings import Reading
from helpers.data.tokens import detokenise, normalise
from helpers.figure import taking
from helpers.translation.phrasebook import Entry

SCRIPT = Path(__file__).with_name("switched.js")
COLOURS = {"attention": "#a24fd6", "no attention": "#2f8fae"}  # in static pictures, too
LINKS = "#e66633"  # known links
STEPS = 256  # weights are kept to a quarter of a percent, so that the page stays small


def draw_system(
    axes: Axes, source: Sequence[str], target: Sequence[str], weights: np.ndarray, step: int, size: int
) -> None:
    """Draw the translator at one step: encoder, annotations, weights as lines, context, decoder, with shapes.

    Args:
        source, target: words. weights: (T, S). step: the target word that is predicted.
        size: of embeddings, annotations and states.
    """
    S, T = len(source), len(target)
    across = np.linspace(0.23, 0.98, max(S, T))
    box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": "#5c5a66"}
    write = partial(axes.text, ha="center", va="center", fontsize=11)
    arrow = partial(axes.annotate, "", arrowprops={"arrowstyle": "->", "color": "#5c5a66"})
    for k, word in enumerate(source):
        write(across[k], 0.04, word)
        arrow(xy=(across[k], 0.2), xytext=(across[k], 0.09))
        write(across[k], 0.26, f"$h_{k + 1}$", bbox=box)
        if k:
            axes.annotate(
                "", (across[k - 1] + 0.03, 0.26), (across[k] - 0.03, 0.26), arrowprops={"arrowstyle": "<->"}
            )
        share = float(weights[step, k])
        shown = {
            "color": COLOURS["attention"],
            "ls": "-",
            "lw": 0.6 + 5 * share,
            "alpha": 0.25 + 0.75 * share,
        }
        axes.plot([across[k], across[step]], [0.33, 0.5], **shown)
    for j, word in enumerate(target):
        faint = "#a5a3ad" if j > step else "black"
        write(across[j], 0.76, f"$s_{j + 1}$", bbox=box | {"ec": faint}, color=faint)
        write(across[j], 0.96, word, color=faint, weight="bold" if j == step else "normal")
        arrow(xy=(across[j], 0.91), xytext=(across[j], 0.82))
        if j:
            arrow(xy=(across[j] - 0.03, 0.76), xytext=(across[j - 1] + 0.03, 0.76))
    write(across[step], 0.54, "$c$", bbox=box | {"ec": COLOURS["attention"]})
    arrow(xy=(across[step], 0.7), xytext=(across[step], 0.6))
    names = (
        "source words",
        f"encoder: (S, {size})",
        "weights: (S)",
        f"context: ({size})",
        f"decoder: ({size})",
        "target words",
    )
    for height, name in zip((0.04, 0.26, 0.41, 0.54, 0.76, 0.96), names, strict=True):
        axes.text(0, height, name, va="center", fontsize=10, color="#5c5a66")
    axes.set(xlim=(0, 1.03), ylim=(0, 1.02))
    axes.set_axis_off()


def draw_alignment(axes: Axes, weights: np.ndarray, entry: Entry, title: str) -> None:
    """Draw weights (T, S) as a heat map, with the known links as dots: filled where sure, open where possible."""
    axes.imshow(weights, cmap="Purples", vmin=0, vmax=1)
    axes.set_xticks(range(len(entry.spanish)), entry.spanish, rotation=60, ha="right")
    axes.set_yticks(range(len(entry.english)), entry.english)
    for links, fill in ((entry.possible - entry.sure, "none"), (entry.sure, LINKS)):
        for place, word in links:
            axes.plot(place, word, "o", color=LINKS, markerfacecolor=fill, markersize=4)
    axes.grid(False)
    axes.set_title(title)


def curves(x: Sequence, systems: Mapping[str, Sequence[float]], title: str, xlabel: str, ylabel: str) -> Plot:
    """A curve a system, each in its colour, from 0 upwards."""
    plot, axes = plt.subplots(figsize=(6.4, 3.1))
    for (name, values), style in zip(systems.items(), ("s-", "o-"), strict=False):
        axes.plot(x, values, style, color=COLOURS.get(name), markersize=5, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    axes.set_title(title)
    axes.legend()
    return plot


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

    length = fig.Slider("Words of the source", len(labels), labels=list(labels))
    most = max(map(len, examples))
    numbered = [str(number + 1) for number in range(most)]
    example = fig.Slider("Example", fig.array([len(each) for each in examples])[length], labels=numbered)
    chosen = lambda table: table[length, example]  # noqa: E731 (a name for a pick, used four times below)
    words = [[example.source.split() for example in each] for each in examples]
    truths = [[example.truth.split() for example in each] for each in examples]
    rows = [fig.Tokens(chosen(fig.names(words)), title="Source")]
    rows += [fig.Tokens(chosen(fig.names(truths)), title="Truth")]
    for name in systems:
        written = [[example.translations[name].split() for example in each] for each in examples]
        marks = [
            [foreign(*pair) for pair in zip(*both, strict=True)] for both in zip(written, truths, strict=True)
        ]
        title = f"{name[:1].upper()}{name[1:]}: a wave under what the truth lacks"
        rows += [fig.Tokens(chosen(fig.names(written)), title=title, marked=chosen(fig.array(marks)))]
    told = ", ".join(f"{name} {{bleu_{i}:.1f}}" for i, name in enumerate(systems))
    return fig.Figure(
        fig.Lines(
            scores,
            x=list(labels),
            mark=length,
            numbers=".1f",
            low=0,
            high=100,
            colours=[COLOURS.get(name, fallback) for name, fallback in zip(systems, _spare(), strict=False)],
            title="BLEU by words of the source",
        ),
        *rows,
        also=(length, example),
        still={"Words of the source": len(labels) - 1},
        caption=f"Sources of {{Words of the source}} words ({{count}} of them). BLEU: {told}.",
        alt=alt or f"BLEU of {' and '.join(systems)} by the length of the source.",
        count=fig.array(counts)[length],
        **{f"bleu_{i}": fig.array(scores[name])[length] for i, name in enumerate(systems)},
    )


def _spare() -> list[str]:
    """Colours for systems that have none of their own."""
    from helpers.figure.parts import LINE_COLOURS

    return [each for each in LINE_COLOURS if each not in COLOURS.values()]


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
) -> fig.Figure:
    """Sentences, their translations and the weights between them; words of the source can be switched off.

    Args:
        readings: for each sentence its plain reading, then one with each single source word switched off, in order,
            as `stored_readings` makes them: they work on a page without a kernel.
        translate: (text, masked places) -> a Reading, or a sentence that says why there is none. It answers for typed
            sentences and for several words switched off.
        language: of the source.
        alt: what the sentences are, in a few words, for a reader who hears the page.
    """
    tables = [_tables(each, number) for number, each in enumerate(readings)]
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
    return fig.Figure(
        fig.Tokens(
            reading["source"],
            title=f"{language}: bars show the weight; a click switches a word off",
            off=off,
            weights=weights[word],
            notes=reading["notes"],
        ),
        fig.Tokens(
            reading["words"][candidate],
            title="Translation: a wave under what has changed",
            choose=word,
            marked=reading["changed"][candidate],
        ),
        fig.Matrix(
            weights,
            reading["words"][candidate],
            reading["source"],
            title="A row for each word of the translation",
            choose=word,
        ),
        also=(sentence, own, candidate),
        lines=3,
        caption="“{Word}” attends most to “{at}” ({share:.0%}). Score {score:.2f}. {off} {change} {unknown}",
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


def bundled(**values: object) -> dict:
    """A reading's parts under one name, as an answer of Python is."""
    return values


def switched(flags: Sequence[int], text: str) -> dict:
    """Which stored reading fits the switches (0: all on; k: only word k - 1 off), and whether Python must be asked."""
    off = [place for place, on in enumerate(flags) if not on]
    typed = int(bool(text.strip()))
    return {
        "typed": typed,
        "place": off[0] + 1 if off else 0,
        "ask": int(len(off) > 1 or (typed and len(off) > 0)),
    }


def _tables(readings: Sequence[Reading], number: int) -> list[dict]:
    """A sentence's readings as the page takes them, or a ValueError."""
    masked = [(), *((place,) for place in range(len(readings[0].source)))] if readings else []
    if not readings or [tuple(each.masked) for each in readings] != masked:
        raise ValueError(
            f"Sentence {number} needs its plain reading, and then one with each source word switched off, in order. "
            "`stored_readings` makes them."
        )
    return [tabled(each, readings[0]) for each in readings]


def tabled(reading: Reading, plain: Reading) -> dict:
    """A reading as lists, one entry a candidate, set against the plain translation of the same sentence."""
    first = plain.candidates[0].words
    source, candidates = list(reading.source), reading.candidates
    masked = [source[place] for place in reading.masked]
    weights = [_weights(each.weights, len(each.words), len(source)) for each in candidates]
    changes = [against(each.words, first, bool(masked)) for each in candidates]
    return {
        "source": source,
        "notes": ["unknown" if word in reading.unknown else "" for word in source],
        "unknown": f"Unknown to the translator: {', '.join(reading.unknown)}." if reading.unknown else "",
        "off": f"Switched off: {', '.join(masked)}." if masked else "",
        "translations": [detokenise(each.words) or "(nothing)" for each in candidates],
        "words": [list(each.words) for each in candidates],
        "scores": [float(each.score) for each in candidates],
        "weights": [each.tolist() for each in weights],
        "best": [each.argmax(axis=1).tolist() for each in weights],
        "changed": [flags for flags, _ in changes],
        "change": [told for _, told in changes],
    }


def _weights(weights: object, words: int, places: int) -> np.ndarray:
    """Weights (words, places) in steps that deflate well; a row of zeros where no word was decoded."""
    array = np.asarray(weights, float)
    if array.shape != (words, places):
        raise ValueError(
            f"The weights have shape {array.shape}; expected {(words, places)}, a row a word and a column a source "
            "word. Give them without rows for the start and the end."
        )
    # A little beyond 1 is how floats add up.
    if not np.isfinite(array).all() or (array.size and not 0 <= array.min() <= array.max() <= 1.001):
        raise ValueError("The weights hold values outside 0..1, or NaN. Give them after the softmax.")
    return np.round(array.clip(0, 1) * STEPS) / STEPS if words else np.zeros((1, places))


def against(words: Sequence[str], plain: Sequence[str], masked: bool) -> tuple[list[bool], str]:
    """Flag the words that a plain translation has not in this order, and tell the difference in a sentence."""
    blocks = SequenceMatcher(None, plain, words, autojunk=False).get_matching_blocks()
    ours = {block.b + i for block in blocks for i in range(block.size)}
    theirs = {block.a + i for block in blocks for i in range(block.size)}
    flags = [place not in ours for place in range(len(words))]
    new = [word for word, flag in zip(words, flags, strict=True) if flag]
    gone = [word for place, word in enumerate(plain) if place not in theirs]
    if not new and not gone:
        return flags, "The translation stays the same." if masked else ""
    other = "the plain translation" if masked else "the best candidate"
    parts = [f"it has “{' '.join(new)}”"] if new else []
    parts += [f"it lacks “{' '.join(gone)}”"] if gone else []
    return flags, f"Compared with {other}, {' and '.join(parts)}."
