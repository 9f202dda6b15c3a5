"""Spoken digits: five people say zero to nine, fifty times each."""

import re
import wave
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from helpers.data.public import sources
from helpers.data.public.cached import files
from helpers.data.public.faults import ContradictionError
from helpers.data.public.fetch import fetch
from helpers.data.public.surveys import only, span

TEST = range(5)  # the official test set: recordings 0-4 of every speaker and digit


@dataclass(frozen=True)
class SpokenDigits:
    """N recordings: `waveforms` (T,) float32 in [-1, 1), each of its own length, and who says what in them.

    `rate` is in samples a second; `digits` (N,) int64; `speakers` are N names; `indices` (N,) int64 number
    the recordings of one digit by one speaker.
    """

    waveforms: tuple[Tensor, ...]
    rate: int
    digits: Tensor
    speakers: tuple[str, ...]
    indices: Tensor

    def __len__(self) -> int:
        return len(self.waveforms)


def spoken_digits(split: Literal["train", "test"] = "train") -> SpokenDigits:
    """The 2,250 training or 250 test recordings of the Free Spoken Digit Dataset, downloaded at first use.

    The split is the official one, recordings 0-4 against the rest: every speaker of the test is known from
    training.

    Jackson et al.: Free Spoken Digit Dataset, version 1.0.9.

    Raises:
        DataError, OfflineError: the data set cannot be had; the message says what to do.
    """
    if split not in ("train", "test"):
        raise ValueError(f"The spoken digits have no split {split!r}. Expected 'train' or 'test'.")
    folder = fetch(sources.FSDD, survey)
    chosen = [
        (key, path) for key, path in _recordings(folder).items() if (key[2] in TEST) == (split == "test")
    ]
    sounds = [_read(path) for _, path in chosen]
    digits, speakers, indices = zip(*(key for key, _ in chosen), strict=True)
    return SpokenDigits(
        tuple(torch.from_numpy(samples) for samples, _ in sounds),
        sounds[0][1],
        torch.tensor(digits),
        speakers,
        torch.tensor(indices),
    )


def survey(folder: Path) -> dict[str, object]:
    """Counts and rate of the unpacked recordings; every speaker has every digit as often, mono, 16 bit.

    Raises:
        ContradictionError: the files contradict one another.
    """
    recordings = _recordings(folder)
    if not recordings:
        raise ContradictionError("there are no recordings in it")
    digits, speakers, indices = (set(part) for part in zip(*recordings, strict=True))
    missing = set(product(digits, speakers, indices)) - set(recordings)
    if missing:
        raise ContradictionError(f"{len(missing)} recordings are missing, such as {min(missing)}")
    return {
        "recordings": len(recordings),
        "speakers": len(speakers),
        "digits": span(digits),
        "indices": span(indices),
        "rate": only([_read(path)[1] for path in recordings.values()]),
    }


def _recordings(folder: Path) -> dict[tuple[int, str, int], Path]:
    """Files by (digit, speaker, index), in that order."""
    found = {}
    for path in files(folder, "free-spoken-digit-dataset-*/recordings/*.wav"):
        parts = re.fullmatch(r"(\d)_([a-z]+)_(\d+)", path.stem)
        if not parts:
            raise ContradictionError(f"{path.name} is not named as digit_speaker_index")
        found[int(parts[1]), parts[2], int(parts[3])] = path
    return dict(sorted(found.items()))


def _read(path: Path) -> tuple[np.ndarray, int]:
    try:
        with wave.open(str(path)) as sound:
            if (sound.getnchannels(), sound.getsampwidth()) != (1, 2) or not sound.getnframes():
                raise ContradictionError(f"{path.name} is not mono with 16 bit, or empty")
            raw = sound.readframes(sound.getnframes())
            if len(raw) != 2 * sound.getnframes():
                raise ContradictionError(f"{path.name} ends early")
            return np.frombuffer(raw, dtype="<i2").astype(np.float32) / 2**15, sound.getframerate()
    except (wave.Error, EOFError) as error:
        raise ContradictionError(f"{path.name} is no sound ({error})") from error
