"""Pairs of sentences: Multi30k (German, English) and Tatoeba (Spanish, English)."""

from pathlib import Path
from typing import Literal, NamedTuple

from helpers.data.public import sources
from helpers.data.public.faults import ContradictionError
from helpers.data.public.fetch import fetch


class Pair(NamedTuple):
    """A sentence and its translation, raw text as published."""

    source: str
    target: str


def multi30k(split: Literal["train", "val"] = "train") -> list[Pair]:
    """Captions in German (source) and English (target), 29,000 or 1,014 pairs, downloaded at first use.

    Elliott, Frank, Sima'an, Specia: Multi30K: multilingual English-German image descriptions, 2016.

    Raises:
        DataError, OfflineError: the data set cannot be had; the message says what to do.
    """
    if split not in ("train", "val"):
        raise ValueError(f"Multi30k has no split {split!r} here. Expected 'train' or 'val'.")
    return _captions(fetch(sources.MULTI30K, survey_multi30k), split)


def tatoeba() -> list[Pair]:
    """Everyday sentences in Spanish (source) and English (target): 118,964 pairs, downloaded at first use.

    In the order of the file, English sentences from short to long. Many a sentence stands in several pairs,
    on either side: whoever splits them must keep such pairs together, or the test is known from training.

    Tatoeba, tatoeba.org, CC BY 2.0 FR; pairs selected by manythings.org/anki.

    Raises:
        DataError, OfflineError: the data set cannot be had; the message says what to do.
    """
    return _phrases(fetch(sources.TATOEBA, survey_tatoeba))


def survey_multi30k(folder: Path) -> dict[str, object]:
    """Counts of the unpacked files; every line has a counterpart."""
    return {split: len(_captions(folder, split)) for split in ("train", "val")}


def survey_tatoeba(folder: Path) -> dict[str, object]:
    """Count of the unpacked pairs; every line has two sides."""
    return {"pairs": len(_phrases(folder))}


def _captions(folder: Path, split: str) -> list[Pair]:
    german, english = (_lines(folder / f"{split}.{language}") for language in ("de", "en"))
    if len(german) != len(english):
        raise ContradictionError(f"{len(german)} German and {len(english)} English lines in {split}")
    return [Pair(*sides) for sides in zip(german, english, strict=True)]


def _phrases(folder: Path) -> list[Pair]:
    lines = [line.split("\t") for line in _lines(folder / "spa-eng" / "spa.txt")]
    for number, sides in enumerate(lines, start=1):
        if len(sides) != 2 or not all(side.strip() for side in sides):
            raise ContradictionError(f"line {number} of spa.txt is {sides}")
    return [Pair(spanish, english) for english, spanish in lines]


def _lines(path: Path) -> list[str]:
    """Lines without empty ones at the end. `splitlines` would also cut at rare characters in a sentence."""
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise ContradictionError(f"{path.name} is not there or not UTF-8 ({error})") from error
    blank = [number for number, line in enumerate(lines, start=1) if not line.strip()]
    if blank:
        raise ContradictionError(f"line {blank[0]} of {path.name} is empty")
    return lines
