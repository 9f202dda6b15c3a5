"""Keyed texts as spectrograms with true letters and times, and batches of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

from helpers import ops, seeds
from helpers.data import morse
from helpers.data.splits import SPLITS, Split
from helpers.data.tokens import TeacherForced, Vocabulary, teacher_forced

HOP, WINDOW = 100, 200  # samples: a frame every 25 ms, from 50 ms of sound
FRAMES = morse.SAMPLES / HOP  # a second
LOWEST, BANDS, WIDE = 20, 8, 3  # the first band's first bin, how many bands, bins a band: 400 to 880 Hz
LETTERS = Vocabulary([morse.LETTERS])  # after the four special marks


@dataclass(frozen=True)
class Sounds:
    """A batch of spectrograms: `frames` (B, T, bands), padded at their ends, and how long each is, `lengths` (B,)."""

    frames: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def device(self) -> torch.device:
        return self.frames.device

    def to(self, device: torch.device) -> "Sounds":
        return Sounds(self.frames.to(device), self.lengths.to(device))


class Heard(NamedTuple):
    """Keyed texts as a listener meets them.

    Attributes:
        keyings: texts and true times in seconds.
        frames: a spectrogram (T, bands) each.
        letters: what texts are written in.
    """

    keyings: list[morse.Keying]
    frames: list[Tensor]
    letters: Vocabulary = LETTERS

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.keyings]


def spectrogram(waves: Tensor) -> Tensor:
    """The strength of eight bands from 400 to 880 Hz over time, as logarithms of about unit spread.

    Args:
        waves: (B, samples).

    Returns:
        (B, samples // 100 + 1, 8): a frame every 25 ms, round whose middle 50 ms are heard.

    Raises:
        ValueError: the waves are not (B, samples) in finite floating point, or shorter than a window.
    """
    advice = "A single wave needs waves[None]; look at how the sound was read or scaled."
    ops.check_numbers(waves, "waves", "B, samples", advice)
    if waves.shape[1] < WINDOW:
        raise ValueError(f"The waves have {waves.shape[1]} samples; expected at least {WINDOW} samples.")
    window = torch.hann_window(WINDOW, device=waves.device)
    bins = torch.stft(waves, WINDOW, HOP, window=window, pad_mode="constant", return_complex=True)
    power = bins[:, LOWEST : LOWEST + BANDS * WIDE].abs().square()
    power = power.unflatten(1, (BANDS, WIDE)).sum(dim=2)
    return ((power + 1).log() - 4.3).mT / 1.4


def hear(keyings: Sequence[morse.Keying], seed: int, noise: float = 0.5) -> Heard:
    """Make the sound of keyed texts and take their spectrograms."""
    frames = []
    for i, keying in enumerate(keyings):
        wave = torch.from_numpy(morse.sound(keying, seed + i, noise=noise))
        # The last frames are left out, since some of them reach beyond the sound.
        frames.append(spectrogram(wave[None])[0, : (len(wave) - WINDOW) // HOP].clone())
    return Heard(list(keyings), frames)


def draw(
    number: int,
    lengths: Sequence[int],
    seed: int,
    split: Split = "train",
    hand: morse.Hand | None = None,
    noise: float = 0.5,
) -> Heard:
    """Draw texts, let a hand of its own key each, and hear them; `lengths` as in `morse.texts`."""
    written = morse.texts(number, lengths, seed, split)
    # No two splits share a hand or a stretch of noise.
    start = (3 * seeds.whole(seed) + SPLITS.index(split)) * 1_000_003
    keyings = [morse.keyed(text, start + i, hand) for i, text in enumerate(written)]
    return hear(keyings, start, noise)


def as_batch(frames: Sequence[Tensor]) -> Sounds:
    """Lay spectrograms (T, bands) of different lengths in one batch."""
    if not len(frames):
        raise ValueError("There is no sound: give at least one spectrogram.")
    lengths = torch.tensor([len(each) for each in frames])
    return Sounds(torch.nn.utils.rnn.pad_sequence(list(frames), batch_first=True), lengths)


def lesson(heard: Heard, chosen: Sequence[int]) -> tuple[TeacherForced, Tensor]:
    """Sounds with the true letters before each letter, and the letters to write (B, L + 1), which end with END."""
    letters = [heard.letters.encode(list(heard.keyings[i].text)) for i in chosen]
    inputs, targets = teacher_forced(letters, letters)
    return TeacherForced(as_batch([heard.frames[i] for i in chosen]), inputs.so_far), targets


def batches(heard: Heard, size: int, seed: int, grow: int = 0) -> Iterator[tuple[TeacherForced, Tensor]]:
    """Yield batches for ever, each of sounds of about one length, so that little is padded.

    Args:
        grow: for so many batches texts are short first: of one letter in the first batch, then longer and longer.
    """
    if not 1 <= size <= len(heard.frames):
        raise ValueError(f"A batch of {size} cannot be drawn from {len(heard.frames)} sounds.")
    generator = seeds.generator(seed)
    letters, frames = (torch.tensor([*map(len, part)]) for part in (heard.texts, heard.frames))
    lengths = letters.sort().values
    for number in count():
        # The shortest that fill a batch may always be drawn, and so may all of the length that they end with.
        longest = max(1 + number * letters.max() // max(grow, 1), lengths[size - 1])
        allowed = (letters <= longest).nonzero()[:, 0]
        # Lengths are blurred, so that a sound meets others each time.
        order = allowed[(frames[allowed] + 10 * torch.rand(len(allowed), generator=generator)).argsort()]
        first = int(torch.randint(len(order) - size + 1, (), generator=generator))
        yield lesson(heard, order[first : first + size].tolist())
