"""Readings made ready for the page: checked, their weights in bytes, and set against the plain translation."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

import numpy as np

from helpers.data.readings import Candidate, Reading
from helpers.widgets import pictures

SECOND = 5  # percent from which a caption names the word that is looked at second


def spelled(text: str) -> str:
    """A text in small letters, marks set apart, no last full stop: one sentence typed in two ways is found as one."""
    apart = re.sub(r"([^\w\s])", r" \1 ", unicodedata.normalize("NFC", text).lower())
    return " ".join(apart.split()).removesuffix(" .")


def packed(reading: Reading, plain: Reading, silenced: Collection[int], called: str) -> dict:
    """A reading as the page gets it, or a ValueError.

    Args:
        reading: what to show.
        plain: the same sentence with no word switched off.
        silenced: the places that must be switched off in it.
        called: what a message calls it.

    Returns:
        source, silenced, unknown and candidates; of a candidate words, score, `weights` (T, S) uint8, which of its
        words are `new` against the plain translation, and which words of that are `gone`.
    """
    if not isinstance(reading, Reading) or not reading.source or not reading.candidates:
        raise ValueError(f"{called} is no Reading with at least one source word and one candidate.")
    if tuple(reading.silenced) != tuple(sorted(silenced)) or reading.source != plain.source:
        raise ValueError(
            f"{called} has {tuple(reading.silenced)} switched off in {' '.join(reading.source)!r}; expected "
            f"{tuple(sorted(silenced))} in {' '.join(plain.source)!r}. Keep the order that `stored` gives them."
        )
    best = plain.candidates[0].words
    return {
        "source": list(reading.source),
        "silenced": list(reading.silenced),
        "unknown": list(reading.unknown),
        "candidates": [
            _candidate(each, best, reading, f"Candidate {number} of {called[:1].lower()}{called[1:]}")
            for number, each in enumerate(reading.candidates, 1)
        ],
    }


def _candidate(candidate: Candidate, best: Sequence[str], reading: Reading, called: str) -> dict:
    weights = np.asarray(candidate.weights, float)
    wanted = len(candidate.words), len(reading.source)
    if weights.shape != wanted:
        raise ValueError(
            f"{called} has weights of shape {weights.shape}; expected {wanted}, a row a word and a column a source "
            "word. Give them without rows for the start and the end."
        )
    # A little beyond 1 is how floats add up.
    if not (np.isfinite(weights).all() and np.isfinite(candidate.score)):
        raise ValueError(f"{called} holds NaN or infinity; expected finite weights and a finite score.")
    if weights.size and not 0 <= weights.min() <= weights.max() <= 1.001:
        raise ValueError(
            f"{called} has weights from {weights.min():.2f} to {weights.max():.2f}; expected 0 to 1. "
            "Give them after the softmax."
        )
    if weights.size and weights[:, list(reading.silenced)].any():
        raise ValueError(f"{called} looks at a word that is switched off; expected weights of exactly 0.")
    new, gone = against(candidate.words, best)
    return {
        "words": list(candidate.words),
        "score": float(candidate.score),
        "weights": np.floor(weights.clip(0, 1) * 255 + 0.5).astype(np.uint8),
        "new": new,
        "gone": gone,
    }


def against(words: Sequence[str], plain: Sequence[str]) -> tuple[list[int], list[str]]:
    """The places of words that a plain translation has not in this order, and the words that only the plain one has."""
    kept = SequenceMatcher(None, plain, words, autojunk=False).get_matching_blocks()
    ours = {block.b + i for block in kept for i in range(block.size)}
    theirs = {block.a + i for block in kept for i in range(block.size)}
    return (
        [place for place in range(len(words)) if place not in ours],
        [word for place, word in enumerate(plain) if place not in theirs],
    )


def told(reading: dict, number: int, row: int) -> str:
    """What a caption says of a packed reading: the looks of one word, the candidate, and what was switched off."""
    candidates = reading["candidates"]
    candidate = candidates[number]
    parts = [_looks(reading["source"], candidate, row)]
    if len(candidates) > 1:
        parts.append(
            f"Candidate {number + 1} of {len(candidates)}, score {pictures.decimal(candidate['score'], 2)}."
        )
    if reading["silenced"]:
        parts.append(f"Switched off: {quoted(reading['source'][place] for place in reading['silenced'])}.")
    parts.append(_change(reading, candidate))
    if reading["unknown"]:
        parts.append(f"Unknown to the translator: {quoted(reading['unknown'])}.")
    return " ".join(filter(None, parts))


def quoted(words: Collection[str]) -> str:
    """Words in quotation marks, with commas."""
    return ", ".join(f"“{word}”" for word in words)


def _looks(source: list[str], candidate: dict, row: int) -> str:
    words = candidate["words"]
    if not words:
        return "The translator ends before it has said a word."
    weights = candidate["weights"][row].astype(int)
    percents = (200 * weights + 255) // 510  # whole numbers, so that the page rounds alike
    word = f"“{words[row]}”, word {row + 1} of {len(words)},"
    first, *others = np.argsort(-weights, kind="stable")
    if percents[first] == 0:
        return f"{word} looks nowhere."
    looks = f"{word} looks at “{source[first]}” {percents[first]}%"
    if others and percents[others[0]] >= SECOND:
        looks += f", then at “{source[others[0]]}” {percents[others[0]]}%"
    return f"{looks}."


def _change(reading: dict, candidate: dict) -> str:
    new, gone = [candidate["words"][place] for place in candidate["new"]], candidate["gone"]
    if not new and not gone:
        return "The translation stays the same." if reading["silenced"] else ""
    unlike = f"Unlike the {'plain translation' if reading['silenced'] else 'best candidate'}, it"
    if sorted(new) == sorted(gone):
        return f"{unlike} has another order of words."
    if not gone:
        return f"{unlike} also says {quoted(new)}."
    return (
        f"{unlike} says {quoted(new)}, not {quoted(gone)}." if new else f"{unlike} leaves out {quoted(gone)}."
    )
