"""Lesson 08b's figures say what their arrays hold, and refuse what does not fit."""

import numpy as np
import pytest

from helpers.asking.figures import ask_the_scene, steps, table, which_frame


def asked(**changed):
    """One scene of 6 x 6 pixels, one form of question, two colours, two looks over 2 x 2 cells."""
    weights = np.zeros((1, 1, 2, 2, 4))
    weights[0, 0, 0, :, :] = [[1, 0, 0, 0], [0, 0, 0.25, 0.75]]
    weights[0, 0, 1] = 0.25
    given = {
        "images": np.full((1, 3, 6, 6), 200, np.uint8),
        "questions": {"which": {"red": ["which", "red"], "blue": ["which", "blue"]}},
        "weights": {"two hops": weights},
        "shares": {"two hops": np.array([[[[0.75, 0.25], [0.5, 0.5]]]])},
        "truths": [[["zero", "no such sticker"]]],
        "answers": ["zero", "one"],
    }
    return ask_the_scene(**given | changed)


def test_a_question_shows_its_own_words_map_and_answer():
    (tokens, stage, bars), caption = asked().shown(Colour=0, Look=1, cell=[5, 5])
    assert tokens.texts == ["which", "red"] and bars.texts == ["zero", "75%", "one", "25%"]
    assert "the answer is “zero” (75%); right is “zero”" in caption
    assert "Look 2: 75% of the weight" in caption
    assert (stage.pixels[:3] == 200).all() and (stage.pixels[4, 4] != 200).any()
    (tokens, stage, _), caption = asked().shown(Colour=1, Look=0)
    assert tokens.texts[1] == "blue" and "right is “no such sticker”" in caption
    assert (stage.pixels != 200).any(axis=-1).all()  # a flat map has its greatest weight everywhere


def watched(**changed):
    """One clip of three grey frames; in the other order the event's frame comes first."""
    clips = np.stack([np.full((3, 4, 4), 60 * t, np.uint8) for t in range(3)])[None]
    given = {
        "clips": clips,
        "order": np.array([[2, 0, 1]]),
        "weights": np.array([[[0.125, 0.125, 0.75]], [[0.75, 0.125, 0.125]]]),
        "shares": {"attention": np.tile(np.eye(10)[3], (2, 1, 1)), "mean": np.full((2, 1, 10), 0.1)},
        "events": [2],
        "digits": [3],
    }
    return which_frame(**given | changed)


def test_a_shuffled_clip_shows_its_frames_and_weights_in_that_order():
    (stage, _, _), caption = watched().shown(Frame=2)
    assert (
        stage.pixels == 120
    ).all() and "seen in frame 3 only; the greatest weight lies on frame 3" in caption
    assert "Frame 3 has 75% of the weight" in caption and "attention answers 3 (100%)" in caption
    (stage, _, _), caption = watched().shown(Frame=2, **{"Shuffle the frames": True})
    assert (
        stage.pixels == 60
    ).all() and "seen in frame 1 only; the greatest weight lies on frame 1" in caption
    assert "Frame 3 has 12% of the weight" in caption or "Frame 3 has 13% of the weight" in caption


def test_the_steps_read_what_the_weights_say():
    annotations = np.arange(12.0).reshape(4, 3)
    weights = np.array([[1, 0, 0, 0], [0, 0, 0.5, 0.5]])
    image = np.zeros((3, 4, 4), np.uint8)
    found = {
        each.name: each
        for each in steps(image, annotations, ["red", "?"], weights, np.eye(3)[1], list("abc"))
    }
    assert np.allclose(found["context 1"].value, annotations[0])
    assert np.allclose(found["context 2"].value, annotations[2:].mean(axis=0))
    assert found["answer"].value == ["b"]


def test_a_table_has_a_dash_where_a_system_lacks_a_figure():
    judged = {"attention": {"digit": 0.404, "event_weight": 0.85}, "max": {"digit": 1.0}}
    assert table(judged).splitlines() == [
        "            digit  event weight",
        "attention    0.40          0.85",
        "max          1.00             –",
    ]
    assert table(judged, ["digit"]).splitlines()[1] == "attention    0.40"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: asked(weights={"two hops": np.zeros((1, 1, 2, 4))}), "Expected weights, shares and truths"),
        (lambda: asked(answers=["zero"]), "1 answers"),
        (lambda: asked(truths=[[["zero"]]]), "(1, 1, 1)"),
        (lambda: asked(questions={"which": {}}), "colours need names"),
        (lambda: watched(weights=np.zeros((2, 1, 4))), "weights (2, 1, 3)"),
        (lambda: watched(order=np.zeros((1, 2), int)), "order (1, 3)"),
        (lambda: watched(shares={"mean": np.zeros((2, 1, 9))}), "(2, 1, 9)"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, said):
    with pytest.raises(ValueError) as refusal:
        call()
    assert said in str(refusal.value)
