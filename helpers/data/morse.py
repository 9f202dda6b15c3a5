"""Morse code keyed by a seeded hand: texts -> key strokes -> sound, with the true time of every letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from helpers import seeds
from helpers.data.splits import SPLITS, Split, check_split

CODE = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.", "H": "....", "I": "..",
    "J": ".---", "K": "-.-", "L": ".-..", "M": "--", "N": "-.", "O": "---", "P": ".--.", "Q": "--.-", "R": ".-.",
    "S": "...", "T": "-", "U": "..-", "V": "...-", "W": ".--", "X": "-..-", "Y": "-.--", "Z": "--..",
}  # fmt: skip
LETTERS = tuple(CODE)
DASH = 3.0  # dots long
PAUSE = 3.0  # dots between two letters; between two strokes of a letter it is one
SAMPLES = 4000  # a second of sound: tones of up to 900 Hz, and what every browser plays
LEAD, TAIL = 0.1, 0.25  # seconds of silence before the first stroke and after the last


@dataclass(frozen=True)
class Hand:
    """How evenly a hand keys.

    Attributes:
        dot: seconds, on average over hands.
        spread: of a hand's own dot, as a share (standard deviation of its logarithm).
        drift: the same of its speed, which wanders in the course of a text.
        jitter: the same of every single stroke and pause.
    """

    dot: float = 0.05
    spread: float = 0.1
    drift: float = 0.1
    jitter: float = 0.1


@dataclass(frozen=True)
class Keying:
    """A keyed text and its true times.

    Attributes:
        text: its letters.
        strokes: (M, 2) seconds, key down and key up.
        owners: (M,), to which letter each stroke belongs.
        seconds: how long all of it is.
    """

    text: str
    strokes: np.ndarray
    owners: np.ndarray
    seconds: float

    @property
    def spans(self) -> np.ndarray:
        """(letters, 2) seconds: where each letter's first stroke begins and its last one ends."""
        firsts = np.searchsorted(self.owners, np.arange(len(self.text)))
        lasts = np.append(firsts[1:], len(self.owners)) - 1
        return np.stack([self.strokes[firsts, 0], self.strokes[lasts, 1]], axis=1)


def texts(
    number: int, lengths: Sequence[int], seed: int, split: Split = "train", repeat: float = 0.3
) -> list[str]:
    """Draw texts of letters; each belongs to one split only, whatever the seed.

    Args:
        lengths: a text's number of letters is one of these, each as often as the others.
        repeat: the chance that the next letters repeat the last one to three; else one letter is drawn, each equally
            likely. So a text holds places that sound the same.

    Raises:
        ValueError: an unknown split, or a length below one.
    """
    check_split(split)
    if not len(lengths) or min(lengths) < 1:
        raise ValueError(f"The lengths of texts are {list(lengths)}: give whole numbers of at least 1.")
    generator, found = np.random.default_rng([seeds.whole(seed), SPLITS.index(split)]), []
    while len(found) < number:
        length, text = lengths[int(generator.integers(len(lengths)))], ""
        while len(text) < length:
            back = int(generator.integers(1, 4))
            repeats = generator.random() < repeat and len(text) >= back
            text += text[-back:] if repeats else LETTERS[int(generator.integers(len(LETTERS)))]
        if _split_of(text[:length]) == split:
            found.append(text[:length])
    return found


def _split_of(text: str) -> str:
    """Half of all texts are for training. What a text's letters are says which: so no split knows another's."""
    return ("train", "val", "train", "test")[crc32(text.encode()) % 4]


def keyed(text: str, seed: int, hand: Hand | None = None) -> Keying:
    """Key a text; an even hand gives dots of one, dashes of three and pauses of one and three dots.

    Raises:
        ValueError: the text is empty, or has a letter that is none of A to Z.
    """
    hand, generator = hand or Hand(), np.random.default_rng(seeds.whole(seed))
    check_text(text)
    codes = [CODE[letter] for letter in text]
    owners = np.repeat(np.arange(len(text)), [len(code) for code in codes])
    marks = np.array([DASH if mark == "-" else 1.0 for code in codes for mark in code])
    pauses = np.where(np.diff(owners, append=len(text)) > 0, PAUSE, 1.0)
    M = len(marks)
    # The speed wanders like a random walk that is pulled back: what it was lives on for about ten strokes.
    wander, steps = np.zeros(M), generator.standard_normal(M)
    for i in range(M):
        wander[i] = (0.9 * wander[i - 1] if i else 0.0) + np.sqrt(1 - 0.9**2) * steps[i]
    dot = hand.dot * np.exp(hand.spread * generator.standard_normal() + hand.drift * wander)
    uneven = np.exp(hand.jitter * generator.standard_normal((2, M)))
    marks, pauses = marks * dot * uneven[0], pauses * dot * uneven[1]
    ends = LEAD + np.cumsum(marks + pauses) - pauses
    return Keying(text, np.stack([ends - marks, ends], axis=1), owners, float(ends[-1] + TAIL))


def sound(keying: Keying, seed: int, noise: float = 0.5) -> np.ndarray:
    """Make the sound of a keyed text: a tone of 450 to 830 Hz while the key is down, and noise.

    Args:
        noise: standard deviation of the noise; the tone swings between -1 and 1.

    Returns:
        (samples,) float32, `SAMPLES` a second.
    """
    generator = np.random.default_rng(seeds.whole(seed))
    pitch = generator.uniform(450, 830)
    number = round(keying.seconds * SAMPLES)
    time = np.arange(number) / SAMPLES
    # Key down and key up change a count; its running sum is 1 while the key is down.
    changes = np.zeros(number + 1)
    down_at, up_at = np.round(keying.strokes.T * SAMPLES).astype(int)
    changes[down_at] += 1  # no two strokes begin or end in one sample
    changes[up_at] -= 1
    down = np.cumsum(changes[:-1])
    wave = down * np.sin(2 * np.pi * (pitch * time + generator.random()))
    return (wave + noise * generator.standard_normal(number)).astype(np.float32)


def check_text(text: str) -> None:
    """Raise ValueError unless a text has letters, and all of them are A to Z."""
    if not isinstance(text, str) or not text:
        raise ValueError(f"Expected a text of at least one letter, got {text!r}.")
    if unknown := sorted(set(text) - set(LETTERS)):
        raise ValueError(
            f"The text holds {unknown[0]!r}, for which this Morse code has no signal: use A to Z only."
        )
