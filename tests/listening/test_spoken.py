"""Spoken digits laid end to end: their times are known, and nothing of the speaker kept back is learned from."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers.data import public
from helpers.data.public import cached
from helpers.listening import data, experiment, spoken


def tones(indices: range) -> public.SpokenDigits:
    """Recordings of three speakers: digit d is a tone of 500 + 300 d Hz, each speaker's of a length of their own."""
    said = [(digit, who, index) for digit in range(10) for who in "abc" for index in indices]
    waves = [
        torch.sin(2 * np.pi * (500 + 300 * digit) * torch.arange(2000 + 400 * "abc".index(who)) / spoken.RATE)
        / 4
        for digit, who, _ in said
    ]
    digits, speakers, numbers = zip(*said, strict=True)
    return public.SpokenDigits(
        tuple(waves), spoken.RATE, torch.tensor(digits), speakers, torch.tensor(numbers)
    )


@pytest.fixture
def recorded(monkeypatch):
    sets = {"train": tones(range(5, 8)), "test": tones(range(5))}
    monkeypatch.setattr(public, "spoken_digits", sets.get)
    return sets


def test_each_digit_sounds_in_its_span_and_silence_does_not(recorded):
    heard = spoken.strings(recorded["train"], ["a", "b", "c"], 6, [4], seed=1)
    peaks = torch.tensor(
        [spoken.mel_filters()[round((500 + 300 * d) * spoken.BINS / spoken.RATE)].argmax() for d in range(10)]
    )
    for keying, frames in zip(heard.keyings, heard.frames, strict=True):
        middles = np.round(keying.spans.mean(axis=1) * data.FRAMES).astype(int)
        loudest = frames[torch.from_numpy(middles)].argmax(dim=1)
        assert_close(loudest, peaks[[int(digit) for digit in keying.text]], atol=1, rtol=0)
        between = np.round((keying.spans[1:, 0] + keying.spans[:-1, 1]) / 2 * data.FRAMES).astype(int)
        assert frames[between].amax(dim=1).max() < frames[middles].amax(dim=1).min()
        assert len(set(np.round(np.diff(keying.spans)[:, 0], 3))) == 1  # one speaker says all of it
        assert abs(len(frames) - keying.seconds * data.FRAMES) < 2


def test_silence_is_not_of_zeros_which_would_mark_the_borders():
    wave, keying = spoken.lay_together([torch.ones(800)] * 2, "11", np.random.default_rng(0))
    first, second = (keying.spans * spoken.RATE).round().astype(int)
    assert wave[first[1] : second[0]].std() > 1e-3 and (wave[first[0] : first[1]].mean() - 1).abs() < 0.05


@pytest.mark.parametrize("seed, back", [(0, "a"), (1, "b"), (4, "b")])
def test_the_speaker_kept_back_is_in_the_new_voice_alone(recorded, seed, back):
    name, lessons, tests = spoken.material(seed, 40)
    assert name == back
    own = (2000 + 400 * "abc".index(back)) / spoken.RATE
    for heard, alone in ((lessons, False), (tests["known"], False), (tests["new"], True)):
        lasts = np.concatenate([np.diff(each.spans)[:, 0] for each in heard.keyings])
        assert (np.isclose(lasts, own, atol=1e-3) == alone).all()
    assert {len(text) for text in lessons.texts} == {1, 2, 3, 4, 5, 6}
    assert {len(text) for text in tests["new"].texts} == {3, 4, 5, 6}


def test_all_three_systems_are_trained_and_judged_on_both_voices(recorded):
    found = list(experiment.speech(0, experiment.Budget(texts=40, steps=2)))
    assert [row["model"] for row in found] == ["listener", "one vector", "CTC"]
    assert all({"der_known", "der_new"} <= row["figures"].keys() and row["speaker"] == "a" for row in found)
    assert 0 < found[0]["figures"]["inside_new"] <= 1 and "inside_new" not in found[1]["figures"]


def test_without_the_recordings_it_is_said_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(cached, "available", lambda name: False)
    assert not spoken.at_hand() and "Digit Dataset 1.0.9 is not here" in capsys.readouterr().out

    def offline(split="train"):
        raise public.OfflineError("Connect, then load them again.")

    monkeypatch.setattr(public, "spoken_digits", offline)
    assert not spoken.at_hand(download=True) and "Connect" in capsys.readouterr().out
    with pytest.raises(public.OfflineError, match="Connect"):
        spoken.material(0, 1)
