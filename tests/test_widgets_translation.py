"""The figures of translation, without a browser: words by hand, payloads there and back, bad input refused."""

import io
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.widgets import alignments
from helpers.widgets.alignment_explorer import AlignmentExplorer, Candidate, Reading
from helpers.widgets.by_length import ByLength, Example, foreign

WEIGHTS = np.array([[0.75, 0.25, 0], [0.02, 0.4, 0.4], [0, 0, 1]])


def reading(
    words="the cat sleeps", silenced=(), source="el gato duerme", unknown=(), weights=WEIGHTS, others=()
):
    """A reading with one candidate of these words, and others by (words, score, weights)."""
    kept = np.array(weights)[: len(words.split())]
    kept[:, list(silenced)] = 0
    more = [Candidate(text.split(), score, given) for text, score, given in others]
    return Reading(
        source.split(), tuple(silenced), tuple(unknown), [Candidate(words.split(), -0.25, kept), *more]
    )


def one_sentence(**options):
    """The plain reading, and those with a word off: nothing changes, a word changes, one is left out."""
    off = ["the cat sleeps", "the dog sleeps", "the cat"]
    return [reading(**options), *(reading(words, (place,)) for place, words in enumerate(off))]


def explorer(*sentences, **options) -> AlignmentExplorer:
    return AlignmentExplorer(sentences or [one_sentence()], **options)


def test_the_caption_by_hand():
    figure = explorer()
    assert figure.caption() == "“the”, word 1 of 3, looks at “el” 75%, then at “gato” 25%."
    # Of two equals the first is named first.
    assert figure.caption(word=1) == "“cat”, word 2 of 3, looks at “gato” 40%, then at “duerme” 40%."
    assert figure.caption(word=99) == "“sleeps”, word 3 of 3, looks at “duerme” 100%."
    assert figure.caption(silenced=[0]) == (
        "“the”, word 1 of 3, looks at “gato” 25%. Switched off: “el”. The translation stays the same."
    )
    assert figure.caption(silenced=[1]).endswith(
        "Switched off: “gato”. Unlike the plain translation, it says “dog”, not “cat”."
    )
    assert figure.caption(silenced=[2], word=2) == (
        "“cat”, word 2 of 2, looks at “gato” 40%. Switched off: “duerme”. "
        "Unlike the plain translation, it leaves out “sleeps”."
    )
    assert figure.caption(silenced=[2, 7]) == figure.caption(silenced=[2])  # there is no word 7


def test_the_caption_of_candidates_and_unknown_words():
    others = [("cat the sleeps", -0.5, WEIGHTS), ("the cat sleeps now", -1.005, WEIGHTS[[0, 1, 2, 2]])]
    nothing = [("", -2, WEIGHTS[:0])]
    plain = reading(unknown=("duerme",), others=others + nothing)
    figure = explorer([plain, *one_sentence()[1:]])
    end = "Unknown to the translator: “duerme”."
    assert figure.caption(word=2) == (
        f"“sleeps”, word 3 of 3, looks at “duerme” 100%. Candidate 1 of 4, score −0.25. {end}"
    )
    assert figure.caption(word=2, candidate=1).endswith(
        f"score −0.50. Unlike the best candidate, it has another order of words. {end}"
    )
    assert figure.caption(candidate=2).endswith(f"Unlike the best candidate, it also says “now”. {end}")
    assert figure.caption(candidate=9, word=5).startswith(
        "The translator ends before it has said a word. Candidate 4 of 4, score −2.00."
    )


def test_a_word_that_looks_nowhere_is_told():
    figure = explorer(one_sentence(weights=np.zeros((3, 3))))
    assert figure.caption() == "“the”, word 1 of 3, looks nowhere."


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_what_is_not_new_is_what_was_not_lost(words, plain):
    new, gone = alignments.against(words, plain)
    kept = [word for place, word in enumerate(words) if place not in new]
    assert sorted(kept + gone) == sorted(plain)
    rest = iter(plain)
    assert all(word in rest for word in kept)  # in the plain translation's order
    assert (new, gone) == ([], []) or words != plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mi gato, ¿no?", "mi gato , ¿ no ?"),
        ("dónde", "do\u0301nde"),
        ("mi gato.", "MI  gato"),
        ("l'été", "l 'été"),
    ],
)
def test_one_sentence_typed_in_two_ways_is_one(one, other):
    assert alignments.spelled(one) == alignments.spelled(other)


def test_the_weights_cross_in_bytes_and_in_order():
    second = [
        reading("a b", (), "x y", weights=WEIGHTS[:2, :2]),
        *(reading("a", (i,), "x y", weights=WEIGHTS[:, :2]) for i in (0, 1)),
    ]
    figure = explorer(one_sentence(), second)
    layout = figure.arrays["weights"]
    sent = np.frombuffer(zlib.decompress(figure.payload), np.uint8, layout["shape"][0], layout["offset"])
    offset = 0
    for sentence, stored in zip((one_sentence(), second), figure.stored, strict=True):
        for wanted, kept in zip(sentence, stored, strict=True):
            assert kept["source"] == wanted.source and kept["silenced"] == list(wanted.silenced)
            for candidate, of in zip(wanted.candidates, kept["candidates"], strict=True):
                assert (of["words"], of["score"]) == (candidate.words, candidate.score)
                size = candidate.weights.size
                found = sent[offset : offset + size].reshape(candidate.weights.shape)
                np.testing.assert_allclose(found / 255, candidate.weights, atol=0.5 / 255 + 1e-9)
                offset += size
    assert offset == len(sent)


def test_the_matrix_is_full_where_it_looks_and_grey_where_it_may_not():
    (panel,) = explorer().panels(silenced=[1])
    assert panel.shape == (3, 3, 3)
    assert (panel[:, 1] == 160).all()
    assert panel[2, 2].tolist() == [102, 0, 255] and panel[0, 2].tolist() == [255, 255, 255]
    assert panel[0, 0].tolist() == pytest.approx(
        (255 + 0.75 * (np.array([102, 0, 255]) - 255)).tolist(), abs=1
    )
    empty = explorer([reading(""), *(reading("", (i,)) for i in range(3))])
    assert empty.panels()[0].shape == (1, 3, 3) and empty.render().ndim == 3


def test_posters_are_small_pictures_that_follow_the_state():
    figure = explorer()
    picture = np.asarray(Image.open(io.BytesIO(figure.poster())).convert("RGB"))
    assert 200 <= picture.shape[1] <= 480
    assert len(figure.poster()) < 20_000
    assert not np.array_equal(figure.render(word=0), figure.render(word=2))
    assert "“the”, word 1 of 3" in figure.picture().alt
    curves = by_length()
    assert np.asarray(Image.open(io.BytesIO(curves.poster()))).shape[1] == 360
    assert len(curves.poster()) < 20_000
    assert not np.array_equal(curves.render(bin=0), curves.render(bin=1))


def test_the_text_output_is_the_same_every_time():
    assert (
        repr(explorer())
        == repr(explorer())
        == ("AlignmentExplorer(1 Spanish sentences, and where their translator looked.)")
    )


def test_readings_that_do_not_fit_are_refused():
    plain, *off = one_sentence()
    with pytest.raises(ValueError, match="No sentence was given"):
        AlignmentExplorer([])
    with pytest.raises(ValueError, match="Sentence 0 has 3 readings; expected the plain one"):
        explorer([plain, *off[:2]])
    with pytest.raises(
        ValueError, match=r"Reading 1 of sentence 0 has \(1,\) switched off .* expected \(0,\)"
    ):
        explorer([plain, off[1], off[0], off[2]])
    with pytest.raises(ValueError, match="Two of the stored sentences are the same"):
        explorer(one_sentence(), one_sentence())
    with pytest.raises(ValueError, match=r"Candidate 1 of reading 0 .* shape \(3, 2\); expected \(3, 3\)"):
        explorer([reading(weights=WEIGHTS[:, :2]), *off])
    with pytest.raises(ValueError, match="weights from 0.00 to 75.00; expected 0 to 1"):
        explorer([reading(weights=WEIGHTS * 75), *off])
    with pytest.raises(ValueError, match="NaN or infinity"):
        explorer([reading(weights=WEIGHTS * np.nan), *off])
    looking = off[0]._replace(candidates=[Candidate(["the", "cat", "sleeps"], -1.0, WEIGHTS)])
    with pytest.raises(ValueError, match="looks at a word that is switched off"):
        explorer([plain, looking, *off[1:]])
    with pytest.raises(ValueError, match="is no Reading"):
        explorer([plain._replace(candidates=[]), *off])


def test_controls_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="sentence = 1 is not stored; expected 0 to 0"):
        explorer(sentence=1)
    with pytest.raises(ValueError, match="no control row"):
        explorer(row=1)
    with pytest.raises(ValueError, match="needs a running notebook"):
        explorer(typed="el perro")
    with pytest.raises(ValueError, match="needs a running notebook"):
        explorer().caption(silenced=[0, 1])


def translate(text: str, silenced: frozenset[int]) -> Reading | str:
    if text == "no":
        return "It will not."
    if text == "boom":
        raise RuntimeError("no\nsecond line")
    if text == "stop":
        raise KeyboardInterrupt
    if text == "wrong":
        return SimpleNamespace(source=["x"])
    return reading("the dog", sorted(silenced), weights=WEIGHTS, source="el perro duerme")


def asked(figure: AlignmentExplorer, text: str, silenced=()) -> dict:
    figure.asked = {"text": text, "silenced": list(silenced), "number": figure.asked.get("number", 0) + 1}
    assert figure.answer["number"] == figure.asked["number"]
    return figure.answer


def test_questions_of_the_page_are_answered():
    figure = explorer(translate=translate)
    found = asked(figure, "el perro duerme", [2, 0])["reading"]
    assert found["silenced"] == [0, 2] and found["candidates"][0]["words"] == ["the", "dog"]
    assert found["candidates"][0]["weights"] == [0, 64, 0, 0, 102, 0]
    assert figure.caption(typed="el perro duerme", silenced=[0, 2]).startswith(
        "“the”, word 1 of 2, looks at “perro” 25%. Switched off: “el”, “duerme”. The translation stays the same."
    )
    stored = asked(figure, "El gato duerme.", [1])["reading"]
    assert stored["candidates"][0]["words"] == ["the", "dog", "sleeps"]


def test_whatever_goes_wrong_is_a_plain_sentence():
    figure = explorer(translate=translate)
    assert asked(figure, "no")["refusal"] == "It will not."
    told = asked(figure, "boom")["refusal"]
    assert told.startswith("The translator failed at this (RuntimeError: no). Run the notebook's cells")
    assert "second line" not in told
    assert asked(figure, "stop")["refusal"].startswith("The translator failed at this (KeyboardInterrupt).")
    assert "is no Reading" in asked(figure, "wrong")["refusal"]
    assert "reading" in asked(figure, "el perro duerme")  # and it lives
    assert "needs a running notebook" in asked(explorer(), "el perro")["refusal"]


EXAMPLE = Example("el gato", "the cat", {"one": "the cat", "two": "A cat, a dog"})


def by_length(**options) -> ByLength:
    given = {
        "labels": ["1-5", "over 5"],
        "curves": {"one": [90.05, 80], "two": [70.0, float("nan")]},
        "counts": [3, 1],
        "examples": [[EXAMPLE, EXAMPLE], []],
    }
    return ByLength(**(given | options))


def test_the_caption_of_lengths_by_hand():
    figure = by_length()
    assert figure.caption(bin=0, example=9) == (
        "Sources of 1-5 words: 3. BLEU: one 90.1, two 70.0. "
        "Example 2 of 2, words that the truth lacks: one: none; two: “A”, “a”, “dog”."
    )
    assert figure.caption(bin=1) == (
        "Sources of over 5 words: 1. BLEU: one 80.0, two no score. There is no example of this length."
    )


@pytest.mark.parametrize(
    ("said", "truth", "places"),
    [
        ("the cat", "The cat.", []),
        ("the the cat", "the cat", [1]),
        ("cat the", "the cat", []),
        ("a dog , now !", "a cat", [1, 3]),
        ("", "a cat", []),
        ("my sister's cat", "my sister's cat", []),
    ],
)
def test_words_that_the_truth_lacks(said, truth, places):
    assert foreign(said.split(), truth.split()) == places


def test_lengths_that_do_not_fit_are_refused():
    for wrong, message in (
        ({"curves": {}}, "No curves were given"),
        ({"counts": [3]}, "counts has 1 entries and there are 2 labels"),
        ({"curves": {"one": [1, 2, 3], "two": [1, 2]}}, "one has 3 entries"),
        ({"labels": []}, "there are 0 labels"),
        ({"curves": {"one": [90, 0.8], "three": [7, 80]}}, r"An example says what \['one', 'two'\] said"),
        ({"curves": {"one": [90, 101.0], "two": [7, 80]}}, "BLEU of 101.0; expected 0 to 100"),
        ({"curves": {str(i): [1, 2] for i in range(5)}}, "5 curves; expected at most 4"),
        ({"bin": 2}, "bin = 2 lies beyond the last; expected 0 to 1"),
    ):
        with pytest.raises(ValueError, match=message):
            by_length(**wrong)
