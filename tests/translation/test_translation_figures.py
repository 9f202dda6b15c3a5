"""Lesson 07's figures say what their readings and scores hold, in every state that a hand can reach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.data.readings import Candidate, Reading
from helpers.translation.figures import Example, alignment_explorer, by_length, foreign
from helpers.translation.tables import against, switched

WEIGHTS = np.array([[0.75, 0.25, 0], [0, 0.25, 0.5], [0, 0, 1]])


def reading(words="the cat sleeps", masked=(), source="el gato duerme", unknown=(), others=()):
    """A reading of this translation, and of others with the same weights."""
    kept = np.resize(WEIGHTS, (len(source.split()), len(source.split()))) * 1.0
    kept[:, list(masked)] = 0
    candidates = [Candidate(text.split(), -0.25, kept[: len(text.split())]) for text in (words, *others)]
    return Reading(source.split(), tuple(masked), tuple(unknown), candidates)


def sentence(**options):
    """The plain reading, and those with a word off: nothing changes, a word changes, one is left out."""
    off = ["the cat sleeps", "the dog sleeps", "the cat"]
    return [reading(**options), *(reading(words, (place,)) for place, words in enumerate(off))]


def test_the_chosen_words_weights_and_what_a_switch_changed():
    figure = alignment_explorer([sentence(others=("the cat",))])
    (source, words, matrix), caption = figure.shown()
    assert caption == "“the” attends most to “el” (75%). The score is −0.25."
    assert [bar for _, (bar,), _ in source.shapes] == [75, 25, 0]
    assert words.texts == ["the", "cat", "sleeps"] and matrix.pixels.shape == (3, 3, 3)
    assert matrix.shapes == [("rect", [0, 0, 3, 1], "")]
    assert figure.shown(Word=9)[1].startswith("“sleeps” attends most to “duerme” (100%)")
    assert figure.shown(Words=[True, False])[1].endswith(
        "Switched off: gato. Compared with the plain translation, it has “dog” and it lacks “cat”."
    )
    assert figure.shown(Words=[False])[1].endswith("Switched off: el. The translation stays the same.")
    (_, words, matrix), caption = figure.shown(**{"Candidate of the beam": 1})
    assert words.texts == ["the", "cat"] and matrix.pixels.shape == (2, 3, 3)
    assert caption.endswith("Compared with the best candidate, it lacks “sleeps”.")


def test_the_poster_shows_a_word_switched_off_and_what_comes_in_its_place():
    figure = alignment_explorer([sentence(), sentence(source="un gato duerme")], poster=(1, 1))
    _, metadata = figure._repr_mimebundle_()
    assert "“dog” attends most to" in metadata["image/png"]["alt"]
    assert (
        "Switched off: gato. Compared with the plain translation, it has “dog”"
        in metadata["image/png"]["alt"]
    )


def test_what_is_not_stored_is_asked_of_the_translator():
    def translate(text, masked):
        if text == "no":
            return "It will not."
        return reading("the dog", sorted(masked), text, unknown=("perro",))

    figure = alignment_explorer([sentence()], translate)
    (source, words, _), caption = figure.shown(**{"Your own Spanish": "el perro"})
    assert source.texts == ["el", "perro", "unknown"] and words.texts == ["the", "dog"]
    assert caption.endswith("Unknown to the translator: perro.")
    assert "Switched off: el, duerme." in figure.shown(Words=[False, True, False])[1]
    assert (
        "Switched off: perro." in figure.shown(**{"Your own Spanish": "el perro", "Words": [True, False]})[1]
    )
    with pytest.raises(ValueError, match="It will not"):
        figure.shown(**{"Your own Spanish": "no"})
    with pytest.raises(ValueError, match="has no translator"):
        alignment_explorer([sentence()]).shown(Words=[False, False])


def test_which_stored_reading_fits_the_switches():
    assert switched([1, 1, 1], "") == {"typed": 0, "place": 0, "ask": 0}
    assert switched([1, 0, 1], " ") == {"typed": 0, "place": 2, "ask": 0}
    assert switched([0, 0, 1], "")["ask"] == 1
    assert switched([1, 1], "hola") == {"typed": 1, "place": 0, "ask": 0}
    assert switched([1, 0], "hola")["ask"] == 1


words = st.lists(st.sampled_from("abc"), max_size=6)


@given(words, words)
def test_what_is_not_new_stands_in_the_plain_translation_in_its_order(translation, plain):
    flags, told = against(translation, plain, masked=True)
    kept = [word for word, new in zip(translation, flags, strict=True) if not new]
    rest = iter(plain)
    assert all(word in rest for word in kept)
    assert (told == "The translation stays the same.") == (translation == plain)


@pytest.mark.parametrize(
    ("translation", "truth", "flags"),
    [
        ("the cat", "The cat.", [0, 0]),
        ("the the cat", "the cat", [0, 1, 0]),
        ("a dog , now !", "a cat", [0, 1, 0, 1, 0]),
        ("", "a cat", []),
        ("cafe\u0301", "caf\u00e9", [0]),
        ("my sister's cat", "my sister’s cat", [0, 0, 0]),
    ],
)
def test_words_that_the_truth_lacks(translation, truth, flags):
    assert foreign(translation.split(), truth.split()) == flags


EXAMPLE = Example("el gato", "the cat", {"one": "the cat", "two": "A cat"})


def lengths(**options):
    given = {"labels": ["1-5", "over 5"], "scores": {"one": [90.05, 80], "two": [70.0, float("nan")]}}
    return by_length(**given | {"counts": [3, 1], "examples": [[EXAMPLE, EXAMPLE], [EXAMPLE]]} | options)


def test_each_length_has_its_scores_and_examples():
    parts, caption = lengths().shown(Length=1, Example=9)
    assert caption == "Sources of over 5 words (1 of them). BLEU: one 80.0, two –."
    assert [" ".join(part.texts) for part in parts[1:]] == ["el gato", "the cat", "the cat", "A cat"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: alignment_explorer([]), "need names"),
        (lambda: alignment_explorer([sentence()[:3]]), "Sentence 0 needs its plain reading"),
        (lambda: alignment_explorer([sentence(), sentence()]), "Two sentences are called"),
        (
            lambda: alignment_explorer([[reading()._replace(candidates=[Candidate(["a"], 0, WEIGHTS)])] * 4]),
            "Sentence 0",
        ),
        (lambda: lengths(counts=[3]), "counts has 1 entries and there are 2 labels"),
        (lambda: lengths(examples=[[EXAMPLE], []]), "'over 5' needs at least one example"),
        (lambda: lengths(scores={"one": [1, 2]}), "needs at least one example, with translations of"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, told):
    with pytest.raises(ValueError, match=told):
        call()


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (WEIGHTS[:, :2], r"shape \(3, 2\)"),
        (WEIGHTS * 75, "after the softmax"),
        (WEIGHTS * np.nan, "after the softmax"),
    ],
)
def test_weights_that_are_none_are_refused_in_words(weights, told):
    wrong = reading()._replace(candidates=[Candidate(["the", "cat", "sleeps"], 0.0, weights)])
    with pytest.raises(ValueError, match=told):
        alignment_explorer([[wrong, *sentence()[1:]]])
