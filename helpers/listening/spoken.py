"""Digits spoken one after another: real speech for the listeners of 08a, one speaker kept back altogether."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

from helpers import seeds
from helpers.data import public
from helpers.data.morse import Keying
from helpers.data.tokens import Vocabulary
from helpers.listening.data import Heard

RATE = 8000  # samples a second
HOP, WINDOW = 200, 400  # samples: a frame every 25 ms, from 50 ms of sound, as of Morse code
DIGITS = Vocabulary([tuple("0123456789")])
BANDS, BINS = 24, 512
SILENCE = (0.05, 0.4)  # seconds before, between and after digits
LENGTHS = range(3, 7)  # digits of a test string; those of training are of one to six


@cache
def mel_filters() -> Tensor:
    """(bins, bands): triangles evenly spaced in mel, as the ear is held to hear, from 0 to half the rate."""
    edges = 700 * (10 ** (np.linspace(0, np.log10(1 + RATE / 2 / 700), BANDS + 2)) - 1)
    bins, middles = np.linspace(0, RATE / 2, BINS // 2 + 1)[:, None], edges[1:-1]
    rising, falling = (bins - edges[:-2]) / (middles - edges[:-2]), (edges[2:] - bins) / (edges[2:] - middles)
    return torch.from_numpy(np.minimum(rising, falling).clip(0)).float()


def log_mel(wave: Tensor) -> Tensor:
    """The logarithm of 24 mel bands of a wave (samples,), every 25 ms, each band's mean taken out: (T, 24)."""
    window = torch.hann_window(WINDOW)
    bins = torch.stft(wave, BINS, HOP, WINDOW, window, pad_mode="constant", return_complex=True)
    bands = (bins.abs().square().mT @ mel_filters() + 1e-4).log()
    return (bands - bands.mean(dim=0)) / 2


def lay_together(
    sounds: Sequence[Tensor], text: str, generator: np.random.Generator
) -> tuple[Tensor, Keying]:
    """Recordings one after another, with silences between and noise over all, and when each digit is said."""
    pauses = (generator.uniform(*SILENCE, size=len(sounds) + 1) * RATE).astype(int)
    spoken = np.array([len(each) for each in sounds])
    begins = np.cumsum(pauses[:-1]) + np.cumsum(spoken) - spoken
    wave = torch.zeros(int(pauses.sum() + spoken.sum()))
    for begin, each in zip(begins, sounds, strict=True):
        wave[begin : begin + len(each)] = each / each.abs().max()
    # A silence of nothing but zeros would mark where one recording ends and the next begins.
    noise = 10 ** generator.uniform(-2.5, -1.5) * generator.standard_normal(len(wave))
    spans = np.stack([begins, begins + spoken], axis=1) / RATE
    return wave + torch.from_numpy(noise).float(), Keying(text, spans, np.arange(len(text)), len(wave) / RATE)


def strings(
    sounds: public.SpokenDigits, speakers: Sequence[str], number: int, lengths: Sequence[int], seed: int
) -> Heard:
    """Draw strings of digits, each said by one of some speakers, and hear them."""
    generator, keyings, frames = np.random.default_rng(seeds.whole(seed)), [], []
    for _ in range(number):
        own = np.flatnonzero(np.array(sounds.speakers) == generator.choice(speakers))
        said = generator.choice(own, size=generator.choice(lengths))
        text = "".join(str(int(sounds.digits[i])) for i in said)
        wave, keying = lay_together([sounds.waveforms[i] for i in said], text, generator)
        keyings.append(keying)
        frames.append(log_mel(wave))
    return Heard(keyings, frames, DIGITS)  # as many frames a second as Morse code has


def at_hand(download: bool = False) -> bool:
    """Whether the recordings are in the cache, fetched first if asked for; that is printed."""
    return public.at_hand("fsdd", public.spoken_digits, download)


def material(seed: int, texts: int) -> tuple[str, Heard, dict[str, Heard]]:
    """Who is kept back (another for each seed), strings of the others to learn from, and two sets of test strings.

    "known": the official test recordings of the speakers in training. "new": all recordings of the one kept back.

    Raises:
        public.DataError: the recordings cannot be had; the message says why and what to do.
    """
    train, test = (public.spoken_digits(split) for split in ("train", "test"))
    speakers = sorted(set(train.speakers))
    back = speakers.pop(seed % len(speakers))
    lessons = strings(train, speakers, texts, range(1, max(LENGTHS) + 1), seed)
    tests = {
        "known": strings(test, speakers, 100, LENGTHS, 1),
        "new": strings(train, [back], 100, LENGTHS, 2),
    }
    return back, lessons, tests
