"""Reading a typed text: what is refused and how, masked words without weight, and one sentence as in a batch."""

import copy
import re

import numpy as np
import pytest
import torch

from helpers.data.readings import Reading
from helpers.data.tokens import END, PAD, START, UNKNOWN, padded, tokenise
from helpers.decoding import beam
from helpers.translation.live import LONGEST, Masked, stored_readings, text_translator
from helpers.translation.model import Translator
from helpers.translation.translators import corpus

SPANISH = [
    "mi gato es el mejor",
    "¿ dónde está tu perro ?",
    "ayer mi vecino vendió su coche , pero no el mío",
]
ENGLISH = ["my cat is the best", "where is your dog ?", "my neighbour sold his car yesterday , but not mine"]


@pytest.fixture(scope="module")
def words():
    return corpus([text.split() for text in SPANISH], [text.split() for text in ENGLISH])


@pytest.fixture(scope="module")
def model(words) -> Translator:
    """Untrained, in double precision, with weights that differ from place to place."""
    torch.manual_seed(0)
    model = Translator(len(words.source), len(words.target), 8).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.4 * torch.randn_like(parameter)
    return model


@pytest.fixture(scope="module")
def translate(model, words):
    return text_translator(model, words, width=3, most=8)


def test_one_sentence_is_read_as_in_a_batch(model, words, translate):
    batch = padded([words.source.encode(text.split()) for text in SPANISH])
    for text, decoded in zip(SPANISH, beam(model, batch, most=8, width=3), strict=True):
        reading = translate(text)
        assert reading.source == text.split() and reading.masked == () and reading.unknown == ()
        assert len(reading.candidates) == len(decoded)
        for candidate, each in zip(reading.candidates, decoded, strict=True):
            assert candidate.words == [words.target.words[number] for number in each.words]
            assert candidate.score == pytest.approx(each.score)
            theirs = each.weights[:, : len(reading.source)].numpy()
            np.testing.assert_allclose(candidate.weights, theirs, rtol=1e-6, atol=1e-7)
        scores = [candidate.score for candidate in reading.candidates]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("masked", [{1}, {0, 4}, {0, 1, 2, 3}])
def test_masked_words_get_exactly_no_weight_and_the_others_share_it(translate, masked):
    reading = translate(SPANISH[0], frozenset(masked))
    assert reading.masked == tuple(sorted(masked))
    others = [place for place in range(5) if place not in masked]
    looked = [candidate.weights for candidate in reading.candidates if candidate.words]
    assert looked
    for weights in looked:
        assert (weights[:, sorted(masked)] == 0).all() and (weights[:, others] > 0).all()
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_switching_a_word_off_is_asking_with_its_score_at_minus_infinity(model, words):
    source = padded([words.source.encode(SPANISH[0].split())])
    memory, state = model.begin(source)
    masked, same_state = Masked(model, {2}).begin(source)
    assert torch.equal(state, same_state) and memory.mask.all()  # the model's own memory is left alone
    _, weights = model.context(state, masked)
    scores = model.score(state[:, None], memory.keys)[:, 0]
    scores[:, 2] = float("-inf")
    torch.testing.assert_close(weights, scores.softmax(dim=-1))


def test_with_all_words_switched_off_it_still_answers(translate):
    reading = translate(SPANISH[0], frozenset(range(5)))
    assert isinstance(reading, Reading) and reading.candidates
    assert all(np.isfinite(each.score) for each in reading.candidates)
    assert all(each.weights.shape == (len(each.words), 5) for each in reading.candidates)
    assert not any(each.weights.any() for each in reading.candidates)
    assert any(each.words for each in reading.candidates)


def test_unknown_words_are_named_and_read_as_unknown(model, words, translate):
    reading = translate("Mi elefante, es el MEJOR elefante.")
    assert " ".join(reading.source) == "mi elefante , es el mejor elefante"  # without the unknown full stop
    assert reading.unknown == ("elefante",)
    numbers = padded(
        [[UNKNOWN if each == "elefante" else words.source.numbers[each] for each in reading.source]]
    )
    (decoded,) = beam(model, numbers, most=8, width=3)
    assert [each.words for each in reading.candidates] == [
        [words.target.words[number] for number in each.words] for each in decoded
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            r"There is nothing to translate yet\. Type a sentence of up to 40 words, such as “mi gato es el mejor”\.",
        ),
        (" \t\n", "There is nothing to translate yet"),
        ("제 고양이가 최고예요", "“제 고양이가 최고예요” holds no letters of the Latin script"),
        ("Мой кот лучший", "holds no letters of the Latin script, .* Type a sentence in its language"),
        ("12 345", "“12 345” holds no letters"),
        ("?!", "“[?]!” holds no letters"),
        ("我的猫" * 30, "“.{29}…” holds no letters"),
        ("mi gato " * 20 + "mi", r"This sentence has 41 words; expected at most 40\. Shorten it"),
        ("the quick brown fox", "None of these words is among the 17 that this translator has learned"),
        ("quick, fox?", "None of these words is among"),
    ],
)
def test_what_cannot_be_translated_is_answered_in_a_sentence(translate, text, said):
    answer = translate(text)
    assert isinstance(answer, str) and re.search(said, answer), answer
    assert answer.endswith(".") and "\n" not in answer


def test_the_longest_sentence_is_read(translate):
    assert len(translate("mi gato " * (LONGEST // 2)).source) == LONGEST


def test_letters_with_accents_may_be_typed_in_two_ways(translate):
    one, two = translate("¿dónde está?"), translate("¿do\u0301nde esta\u0301?")
    assert one.source == two.source == ["¿", "dónde", "está", "?"] and one.unknown == ()


def inclined(model: Translator, *numbers: int) -> Translator:
    """A copy of a translator that would rather say these words than any other."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        model.words.bias[list(numbers)] = 50.0
    return model


def test_words_that_the_target_cannot_say_do_not_shift_the_rows(model, words):
    """Regression: `decode` leaves marks out, and then there would be more rows of weights than words."""
    reading = text_translator(inclined(model, PAD, START), words, width=3, most=4)(SPANISH[0])
    assert reading.candidates[0].words
    assert all(each.weights.shape == (len(each.words), 5) for each in reading.candidates)


def test_a_translator_that_ends_at_once_has_an_empty_candidate(model, words):
    reading = text_translator(inclined(model, END), words)(SPANISH[0])
    assert reading.candidates[0].words == [] and reading.candidates[0].weights.shape == (0, 5)


def test_places_that_the_sentence_has_not_are_refused(translate):
    with pytest.raises(ValueError, match="There is no word 5 to switch off: expected places from 0 to 4"):
        translate(SPANISH[0], frozenset({2, 5}))


def test_a_translator_without_attention_is_refused(words):
    control = Translator(len(words.source), len(words.target), 8, None)
    with pytest.raises(ValueError, match="no attention"):
        text_translator(control, words)


def test_stored_readings_are_the_plain_one_and_one_for_each_word(translate):
    (first, second) = stored_readings(translate, [SPANISH[0], "¿Dónde está?"])
    assert [each.masked for each in first] == [(), (0,), (1,), (2,), (3,), (4,)]
    assert len(second) == 5 and second[0].source == tokenise("¿Dónde está?")
    one = translate(SPANISH[0], frozenset({3}))
    assert first[4].candidates[0].words == one.candidates[0].words
    np.testing.assert_array_equal(first[4].candidates[0].weights, one.candidates[0].weights)
    with pytest.raises(ValueError, match=r"'안녕' cannot be stored\. “안녕” holds no letters"):
        stored_readings(translate, [SPANISH[0], "안녕"])
