"""What a translator made of a sentence, and where it looked: plain records that experiments make and figures show."""

from typing import NamedTuple

import numpy as np


class Candidate(NamedTuple):
    """One translation of a sentence.

    Attributes:
        words: its T words; none where the translator ended at once.
        score: mean log-probability a word.
        weights: (T, S) floats from 0 to 1, how much each word looked at each of the S source words.
    """

    words: list[str]
    score: float
    weights: np.ndarray


class Reading(NamedTuple):
    """A source sentence, and its translations.

    Attributes:
        source: its S words.
        masked: places of the source words that the translator may not look at, in order.
        unknown: source words that the translator does not know.
        candidates: translations, best first; at least one.
    """

    source: list[str]
    masked: tuple[int, ...]
    unknown: tuple[str, ...]
    candidates: list[Candidate]
