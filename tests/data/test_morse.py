"""Morse code keyed by a seeded hand: an even hand keeps the rules, an uneven one keeps its true times."""

import numpy as np
import pytest

from helpers.data import morse

EVEN = morse.Hand(spread=0, drift=0, jitter=0)


def test_an_even_hand_keys_dots_dashes_and_pauses_by_the_rules():
    keying = morse.keyed("KE", 0, EVEN)  # -.- .
    starts = np.array([0, 4, 6, 12]) * EVEN.dot + morse.LEAD
    lengths = np.array([3, 1, 3, 1]) * EVEN.dot
    assert np.allclose(keying.strokes, np.stack([starts, starts + lengths], axis=1))
    assert keying.owners.tolist() == [0, 0, 0, 1]
    assert np.allclose(
        keying.spans, [[morse.LEAD, starts[2] + lengths[2]], [starts[3], starts[3] + lengths[3]]]
    )
    assert keying.seconds == pytest.approx(keying.strokes[-1, 1] + morse.TAIL)


@pytest.mark.parametrize("seed", range(5))
def test_strokes_of_an_uneven_hand_follow_one_another_and_differ(seed):
    (text,) = morse.texts(1, [20], seed)
    keying = morse.keyed(text, seed)
    times = keying.strokes.ravel()
    assert (np.diff(times) > 0).all()
    assert len(keying.strokes) == sum(len(morse.CODE[letter]) for letter in text)
    dots = [end - begin for begin, end in keying.strokes]
    assert np.std(dots) > 0.005
    assert morse.keyed(text, seed).strokes.tolist() == keying.strokes.tolist()


def test_the_tone_sounds_while_the_key_is_down_and_only_then():
    keying = morse.keyed("SOS", 1)
    wave = morse.sound(keying, 1, noise=0)
    time = np.arange(len(wave)) / morse.SAMPLES
    down = ((time[:, None] >= keying.strokes[:, 0]) & (time[:, None] < keying.strokes[:, 1])).any(axis=1)
    edge = np.abs(time[:, None] - keying.strokes.ravel()).min(axis=1) < 1 / morse.SAMPLES
    assert np.abs(wave[~down & ~edge]).max() == 0
    assert np.mean(wave[down & ~edge] ** 2) == pytest.approx(0.5, abs=0.02)


def test_no_text_is_in_two_splits_and_texts_repeat_themselves():
    found = {split: set(morse.texts(300, [2, 3], 0, split)) for split in ("train", "val", "test")}
    assert not found["train"] & found["test"] and not found["train"] & found["val"]
    assert not found["val"] & found["test"]
    double = [
        np.mean([a == b for a, b in zip(t, t[1:], strict=False)])
        for t in morse.texts(200, [40], 0, repeat=0.3)
    ]
    alone = [
        np.mean([a == b for a, b in zip(t, t[1:], strict=False)]) for t in morse.texts(200, [40], 0, repeat=0)
    ]
    assert np.mean(double) > np.mean(alone) + 0.05


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: morse.keyed("", 0), "at least one letter"),
        (lambda: morse.keyed("a1", 0), "'1', for which"),
        (lambda: morse.keyed(["S"], 0), "Expected a text"),
        (lambda: morse.keyed("SOS", 0.5), "give an integer"),
        (lambda: morse.texts(2, [0], 0), "at least 1"),
        (lambda: morse.texts(2, [3], 0, "spare"), "There is no split 'spare'"),
    ],
)
def test_what_cannot_be_keyed_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
