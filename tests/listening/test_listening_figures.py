"""Lesson 08a's figures say what their arrays hold, in every state that a hand can reach."""

import numpy as np
import pytest

from helpers.data.morse import Keying
from helpers.listening import figures
from helpers.listening.data import FRAMES, Heard

SPANS = [np.array([[0, 3], [5, 8]]), np.array([[1, 4], [8, 12], [14, 17]])]  # frames
KEYINGS = [
    Keying(text, ends / FRAMES, np.arange(len(text)), 0.6)
    for text, ends in zip(("KE", "SOS"), SPANS, strict=True)
]
SOUNDS = Heard(KEYINGS, [np.full((10, 2), -2.0), np.full((21, 2), 2.6)])
EYES = [np.eye(2, 3), np.eye(3, 6)]


def playhead(**changed):
    given = {
        "names": ["short", "long"],
        "sounds": SOUNDS,
        "weights": {"a": EYES, "b": [each[:, ::-1] for each in EYES]},
        "written": {"a": ["KE", "SO"], "b": ["E", "S"]},
    }
    return figures.playhead(**given | changed)


def test_the_playhead_names_the_letter_that_sounds_and_its_weight():
    figure = playhead()
    (near, letters, rows, curve, words), caption = figure.shown()
    assert caption == "short, a, at 0.0 s: K sounds; its row gives this place 100% of its weight."
    assert letters.texts[:2] == ["K", "E"] and words.texts == ["a writes: KE"]
    assert rows.pixels.shape == (2, 3, 3) and (rows.pixels[0, 0] > rows.pixels[0, 1]).any()
    assert [each[1] for each in rows.shapes if each[0] == "line"] == [[0.5, 0, 0.5, 2]]
    assert near.pixels.shape[1] == figures.NEAR


def test_the_curve_is_the_mean_of_a_places_frames():
    frames = [
        np.tile([[2.6], [2.6], [-2.0], [-2.0]], (6, 2))[:count] for count in (10, 21)
    ]  # loud, loud, still, still
    parts, _ = playhead(sounds=Heard(KEYINGS, frames)).shown()
    assert parts[3].texts[-2:] == ["strength", "0.50"]


def test_every_length_and_score_has_its_own_rows_and_ends_at_its_own_end():
    figure = playhead()
    parts, caption = figure.shown(Length=1, Score=1, Playhead=2)
    assert caption == "long, b, at 0.2 s: O sounds; its row gives this place 0% of its weight."
    assert parts[2].pixels.shape == (3, 6, 3)
    last, caption = figure.shown(Length=0, Playhead=5)
    assert caption.startswith("short, a, at 0.2 s: E sounds")
    for length in range(2):
        for place in range(6):
            figure.shown(Length=length, Playhead=place, Score=1)


def test_the_key_shows_strokes_and_what_the_reader_answers():
    figure = figures.key_it_yourself(
        lambda strokes: {
            "read": 1,
            "letters": ["T"],
            "heard": np.eye(2),
            "weights": np.eye(1, 2),
            "note": f"{strokes}.",
        }
    )
    assert figure.shown()[1] == "Strokes: 0."
    figure["Strokes"] = [[0, 6], [9, 24]]
    (pad, letters, *_), caption = figure.shown()
    assert caption == "Strokes: 2. [[0.0, 6.0], [9.0, 24.0]]." and letters.texts == ["T"]
    across = pad.pixels[figures.HIGH // 2, :, 0] > 0
    assert (
        across.sum() == across[:160].sum() + across[240:].sum() == 160 + 400
    )  # of 640 pixels for 24 seconds
    with pytest.raises(ValueError, match="one after another"):
        figure["Strokes"] = [[2, 1]]


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"2 letters in 3 places needs weights \(2, 3\), got \(2, 4\)"):
        playhead(weights={"a": [np.eye(2, 4), EYES[1]]})
    with pytest.raises(ValueError, match="lengths"):
        playhead(names=["same", "same"])


def test_static_pictures_mark_true_times_and_name_their_curves():
    drawn = figures.rows({"a": EYES[0]}, KEYINGS[0])
    (axis,) = drawn.axes
    assert [line.get_xdata().tolist() for line in axis.lines] == [[-0.5, 0.25], [0.75, 1.5]]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["K", "E"]
    drawn = figures.by_length({"a": {1: 0.1, 10: 0.8}, "b": {1: 0.5, 10: 1.0}})
    assert [line.get_ydata().tolist() for line in drawn.axes[0].lines] == [[0.1, 0.8], [0.5, 1.0]]
    drawn = figures.heard(SOUNDS, 2)
    assert [each.get_text() for axis in drawn.axes for each in axis.texts] == [*"KE", *"SOS"]
    assert [line.get_xdata().tolist() for line in drawn.axes[0].lines] == KEYINGS[0].spans.tolist()
