"""Sentences to words to numbers to batches, and back."""

from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.data.tokens import (
    END,
    JOINER,
    PAD,
    START,
    UNKNOWN,
    Vocabulary,
    by_length,
    detokenise,
    normalise,
    padded,
    teacher_forced,
    tokenise,
)

words = st.text("abcdefghijklmnñopqrstuvwxyzáéíóú", min_size=1, max_size=6)
sentences = st.lists(words, min_size=1, max_size=8)
awkward = st.text(
    st.sampled_from([*"aé1_ .,:;!?'’\"-–()[]¿¡€$%/“„»…&\xa0İ", "e", "\u0301", JOINER]) | st.characters(),
    max_size=12,
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Mi gato es el mejor.", "mi gato es el mejor ."),
        ("¿Dónde está, amigo?", "¿ dónde está , amigo ?"),
        ("My sister’s dog doesn't bark!", "my sister 's dog doesn 't bark !"),
        ("Ein Mädchen, 3 Bälle", "ein mädchen , 3 bälle"),
        ("te\u0301", "t\u00e9"),
        ("   ", ""),
        ("A t-shirt, €3.50, at 2:30 p.m.", "a t-shirt , €_ 3.50 , at 2:30 p.m ."),
        ("'No,' she says: 5% of \"it\".", "'_ no , _' she says : 5 _% of \"_ it _\" ."),
        ("The dogs' bowls - and/or toys", "the dogs _' bowls - and _/_ or toys"),
        ("Er sagt: „Ja.“", "er sagt : „_ ja . _“"),
        ("See x.org or .net", "see x _._ org or ._ net"),
    ],
)
def test_sentences_are_split_into_words_and_marks(text, tokens):
    """The joiner, which prints as nothing, is written _ here."""
    assert tokenise(text) == tokens.replace("_", JOINER).split()
    assert detokenise(tokenise(text)) == " ".join(normalise(text).split())


@settings(deadline=None, max_examples=300)
@given(awkward)
def test_joining_undoes_splitting(text):
    """Whatever was typed: only the spaces change where nobody writes one, and splitting again changes nothing."""
    tokens = tokenise(text)
    assert "".join(detokenise(tokens).split()) == "".join(normalise(text).split())
    assert tokenise(detokenise(tokens)) == tokens


def test_spaces_that_nobody_writes_are_left_out():
    assert detokenise(tokenise("Ein Mann , der ( hier ) steht .")) == "ein mann, der (hier) steht."


@settings(deadline=None, max_examples=50)
@given(st.lists(sentences, min_size=1, max_size=6))
def test_numbers_go_back_to_the_words_they_came_from(several):
    vocabulary = Vocabulary(several)
    for sentence in several:
        numbers = vocabulary.encode(sentence)
        assert min(numbers) > UNKNOWN
        assert vocabulary.decode([START, *numbers, END, UNKNOWN, PAD]) == sentence


def test_frequent_words_come_first_and_ties_by_letter():
    vocabulary = Vocabulary([["b", "a", "c"], ["c", "a"], ["c"]])
    assert vocabulary.words[4:] == ["c", "a", "b"]
    assert Vocabulary([["c"], ["c", "a"], ["b", "a", "c"]]).words == vocabulary.words


def test_rare_words_and_words_beyond_the_most_are_unknown():
    several = [["a", "a", "a", "b", "b", "c"]]
    assert Vocabulary(several, least=2).encode(["a", "b", "c", "zebra"]) == [4, 5, UNKNOWN, UNKNOWN]
    assert Vocabulary(several, most=1).encode(["a", "b"]) == [4, UNKNOWN]
    assert Vocabulary(several, least=2).unknown(["zebra", "a", "c", "zebra"]) == ["zebra", "c"]
    assert Vocabulary(several, least=2).decode([4, UNKNOWN]) == ["a", "<unknown>"]


def test_a_batch_shows_each_word_after_those_before_it():
    shown, next_words = teacher_forced([[7, 8], [9]], [[5], [6, 4]])
    assert shown.source.tolist() == [[7, 8], [9, PAD]]
    assert shown.so_far.tolist() == [[START, 5, PAD], [START, 6, 4]]
    assert next_words.tolist() == [[5, END, PAD], [6, 4, END]]
    assert len(shown) == 2 and torch.equal(shown.to(torch.device("cpu")).source, shown.source)


def numbered(count: int, seed: int = 0) -> tuple[list[list[int]], list[list[int]]]:
    """Sources of random lengths whose first word is their own number, and targets that repeat it."""
    lengths = torch.randint(1, 20, (count,), generator=torch.Generator().manual_seed(seed)).tolist()
    sources = [[number + 4] * length for number, length in enumerate(lengths)]
    return sources, [[source[0]] * (len(source) + 1) for source in sources]


def test_an_epoch_holds_each_sentence_once_beside_its_own_translation():
    sources, targets = numbered(60)
    seen = []
    for shown, next_words in islice(by_length(sources, targets, 10, seed=1), 6):
        assert torch.equal(shown.source[:, 0], next_words[:, 0])
        seen += shown.source[:, 0].tolist()
    assert sorted(seen) == [source[0] for source in sources]


def test_batches_by_length_pad_little():
    sources, targets = numbered(600)
    shown = [batch.source for batch, _ in islice(by_length(sources, targets, 20, seed=1), 30)]
    wasted = sum((each == PAD).sum() for each in shown) / sum(each.numel() for each in shown)
    together = (padded(sources) == PAD).float().mean()
    assert wasted < 0.05 < 0.3 < together


def test_epochs_differ_seeds_differ_and_a_seed_repeats():
    sources, targets = numbered(57)

    def first_words(seed: int, epoch: int) -> list[list[int]]:
        batches = islice(by_length(sources, targets, 10, seed), 5 * epoch, 5 * epoch + 5)
        return [batch.source[:, 0].tolist() for batch, _ in batches]

    assert first_words(1, 0) == first_words(np.int64(1), 0)
    assert first_words(1, 0) != first_words(2, 0)
    assert first_words(1, 0) != first_words(1, 1)
    # The seven that fill no batch are not the same seven for ever.
    seen = [{word for batch in first_words(1, epoch) for word in batch} for epoch in range(8)]
    assert set.union(*seen) == {source[0] for source in sources} and all(len(each) == 50 for each in seen)


REFUSED = {
    "takes a list of words, not the text 'a b': tokenise it first": lambda: Vocabulary([["a"]]).encode("a b"),
    "The sentence is empty": lambda: Vocabulary([["a"]]).encode([]),
    "No word occurs 3 times": lambda: Vocabulary([["a"]], least=3),
    "at least one sentence": lambda: padded([]),
    "every sentence at least one word": lambda: padded([[4], []]),
    "2 sources and 1 targets; expected one each": lambda: next(by_length([[4], [5]], [[4]], 1, 0)),
    "A batch of 3 cannot be drawn from 2 sentences": lambda: next(by_length([[4], [5]], [[4], [5]], 3, 0)),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_no_sentence_or_no_batch_is_refused_in_words(message):
    with pytest.raises(ValueError, match=message):
        REFUSED[message]()
