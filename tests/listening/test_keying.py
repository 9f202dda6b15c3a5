"""A hand's strokes come to the listener's speed, and what no listener can read is said in words."""

import re

import numpy as np
import pytest

from helpers.data import morse
from helpers.figure import array
from helpers.listening import data, experiment, figures, keying
from helpers.listening.sound import Sound


@pytest.mark.parametrize("dot", [0.04, 0.12, 0.4])
@pytest.mark.parametrize("text", ["SOS", "EAT", "HELLO", "QK"])
def test_a_hand_of_any_speed_is_brought_to_a_dot_of_the_training(text, dot):
    keyed = morse.keyed(text, 3, morse.Hand(dot, spread=0, drift=0, jitter=0.08))
    found, uneven = keying.dot_of(keyed.strokes)
    assert found == pytest.approx(dot, rel=0.2) and uneven < keying.UNEVEN
    slow = keyed.strokes + 7  # seconds after the pad was opened
    at_speed = keying.at_speed(slow.tolist(), dot)
    assert at_speed.owners.tolist() == keyed.owners.tolist() and len(at_speed.text) == len(text)
    even = morse.keyed(text, 3, morse.Hand(spread=0, drift=0, jitter=0.08))
    assert np.diff(at_speed.strokes) == pytest.approx(np.diff(even.strokes))
    assert at_speed.strokes[0, 0] == pytest.approx(morse.LEAD)


def test_long_thoughts_between_letters_are_cut_to_three_dots():
    keyed = keying.at_speed([[0, 0.1], [9, 9.3]], 0.1)
    assert keyed.strokes == pytest.approx(np.array([[0.1, 0.15], [0.3, 0.45]]))


def test_a_single_stroke_is_a_dot_or_a_dash_by_what_hands_usually_do():
    assert [keying.dot_of(np.array([[0, long]]))[0] for long in (0.13, 0.4)] == pytest.approx(
        [0.13, 0.133], rel=0.05
    )


def strokes(number: int, dot: float = 0.1) -> list:
    return [[4 * dot * i, 4 * dot * i + dot] for i in range(number)]


def test_strokes_without_a_pause_between_them_have_a_dot_all_the_same():
    dot, _ = keying.dot_of(np.array([[0.0, 0.1], [0.1, 0.2]]))
    assert np.isfinite(dot)


def test_the_reader_gives_letters_sound_weights_and_a_word_on_what_is_unlike_the_training():
    read = keying.reader(experiment.new_system(experiment.HERO, 0))
    found = read([*strokes(3), [9, 9]])  # the last one is not lifted yet
    places = -(-found["heard"].shape[1] // 4)
    assert found["heard"].shape[0] == data.BANDS and found["weights"].shape[1] == places
    assert len(found["letters"]) <= len(found["weights"])
    assert found["note"].startswith("Your dot lasts about 0.10 s;") and "About" not in found["note"]
    assert "About 12 letters: more than the 8" in read(strokes(12))["note"]
    assert "uneven" in read([[0, 0.1], [0.4, 0.53], [0.7, 0.87], [1.0, 1.23], [1.46, 1.76]])["note"]


@pytest.mark.parametrize(
    "keyed, message",
    [
        ([], "Nothing is keyed yet"),
        ([[1, 1]], "Nothing is keyed yet"),
        (morse.keyed("SOS", 0, morse.Hand(1.0, 0, 0, 0)).strokes.tolist(), "1.0. s.* key faster"),
        (morse.keyed("SOS", 0, morse.Hand(0.01, 0, 0, 0)).strokes.tolist(), "0.01 s.* key slower"),
        (strokes(90), "about 90 letters; expected at most 80"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(keyed, message):
    figure = figures.key_it_yourself(keying.reader(experiment.new_system(experiment.HERO, 0)))
    (ask,) = (node for node, each in enumerate(figure.spec["nodes"]) if each["kind"] == "ask")
    figure.asked = {"ask": ask, "inputs": [keyed], "number": 1}
    assert re.search(message, figure.answer["refusal"])


def test_sound_is_a_switch_that_is_off_at_first():
    sound = Sound(array([0.1])[0], array([[0, 1]]))
    assert sound.first is False and (sound.kind, sound.like) == ("sound", "toggle")
