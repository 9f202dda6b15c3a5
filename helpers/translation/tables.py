"""Readings as tables for the alignment explorer: checked, and set against the plain translation."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from helpers.data.readings import Reading
from helpers.data.tokens import detokenise

STEPS = 256  # weights are kept to a quarter of a percent, so that the page stays small


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


def tables_of(readings: Sequence[Reading], number: int) -> list[dict]:
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
