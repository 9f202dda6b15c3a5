"""The phrasebook: correct agreement, links that a hand would draw, and splits that keep combinations of words apart."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from helpers.translation.phrasebook import LONGEST, SHORTEST, Entry, phrasebook, split_of
from helpers.translation.phrasebook.conjugation import being, doing
from helpers.translation.phrasebook.entries import lecture_sentence
from helpers.translation.phrasebook.grammar import Phrase, arranged, links, loosely, said, spelled
from helpers.translation.phrasebook.inflection import compared, english_plural, pluralised
from helpers.translation.phrasebook.lexicon import ADJECTIVES, NOUNS, TRANSITIVE

SPLITS = ("train", "val", "test")
BOOKS = {split: phrasebook(400, 0, split) for split in SPLITS}


def texts(phrase: Phrase) -> tuple[str, str]:
    phrase = spelled(phrase)
    spanish, english = (" ".join(word.text for word in side) for side in (phrase.spanish, phrase.english))
    return spanish, english


def verb(infinitive: str):
    return next(each for each in TRANSITIVE if each.infinitive == infinitive)


@pytest.mark.parametrize("split", ["val", "test"])
def test_what_is_held_out_is_not_in_training(split):
    """Neither a sentence, nor all content words of a sentence, nor those of a clause."""
    train, held = phrasebook(1500, 3, "train"), BOOKS[split]
    assert not {each.spanish for each in train} & {each.spanish for each in held}
    clauses = {clause for each in train for clause in each.content}
    assert not clauses & {clause for each in held for clause in each.content}
    wholes = {frozenset().union(*each.content) for each in train}
    assert not wholes & {frozenset().union(*each.content) for each in held}
    # And yet hardly a word is new: what is held out is how they meet.
    known = {word for each in train for word in each.spanish}
    new = [word not in known for each in held for word in each.spanish]
    assert sum(new) < 0.05 * len(new)


def test_content_is_what_the_sentence_says():
    """Not only labels that differ: the words of the combination stand in the English, in some form."""
    for entry in BOOKS["test"]:
        assert entry.content and all(entry.content)
        said_here = " ".join(entry.english)
        for word in frozenset().union(*entry.content) & {noun.english[0] for noun in NOUNS}:
            noun = next(each for each in NOUNS if each.english[0] == word)
            assert any(form in said_here for form in noun.english), (entry, word)


def test_the_same_seed_draws_the_same_sentences_and_another_seed_others():
    assert phrasebook.__wrapped__(60, 5, "val") == phrasebook.__wrapped__(60, 5, "val")
    assert phrasebook(60, 5, "val") != phrasebook(60, 6, "val")


def test_another_run_of_python_draws_the_same_sentences():
    """Sets of words are ordered anew in each run: none of that order may reach the drawing."""
    code = (
        "from helpers.translation.phrasebook import phrasebook; print(phrasebook(60, 5, 'val')[-1].spanish)"
    )
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"}
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment, check=True
        )
        assert ran.stdout.strip() == str(phrasebook(60, 5, "val")[-1].spanish)


def test_sentences_differ_and_all_lengths_are_there():
    book = BOOKS["train"]
    assert len({each.spanish for each in book}) == len(book)
    lengths = Counter(len(each.spanish) for each in book)
    assert min(lengths) >= SHORTEST and max(lengths) <= LONGEST
    for low, high in ((3, 5), (6, 10), (11, 15), (16, 20), (21, 30)):
        assert sum(lengths[length] for length in range(low, high + 1)) >= 15, (low, high, lengths)


def test_the_sentence_of_the_lecture_is_held_out_with_its_links():
    entry = BOOKS["test"][0]
    assert entry.spanish == ("mi", "gato", "es", "el", "mejor")
    assert entry.english == ("my", "cat", "is", "the", "best")
    assert entry.sure == entry.possible == {(n, n) for n in range(5)}
    assert split_of(lecture_sentence().clauses[0]) == "test"


def test_links_lie_inside_and_every_english_content_word_has_one():
    for entry in BOOKS["train"]:
        assert entry.sure <= entry.possible
        for source, target in entry.possible:
            assert 0 <= source < len(entry.spanish) and 0 <= target < len(entry.english)
        linked = {target for _, target in entry.possible}
        assert linked == set(range(len(entry.english))), entry
        # Of the Spanish, only "y" between adjectives and the opening mark of a question have no English.
        silent = set(range(len(entry.spanish))) - {source for source, _ in entry.possible}
        assert {entry.spanish[place] for place in silent} <= {"y", "e", "¿"}, entry


def test_links_cross_and_go_one_to_many_and_many_to_one():
    def crossing(entry: Entry) -> bool:
        return any(a < c and b > d for a, b in entry.sure for c, d in entry.sure)

    def repeated(entry: Entry, side: int) -> bool:
        return max(Counter(link[side] for link in entry.sure).values()) > 1

    book = BOOKS["train"]
    assert sum(map(crossing, book)) > len(book) / 2
    assert sum(repeated(entry, 0) for entry in book) > len(book) / 10
    assert sum(repeated(entry, 1) for entry in book) > len(book) / 10


def test_articles_and_possessives_agree_with_their_noun():
    """Read back from the sentences: what stands before a noun has its gender and number."""
    forms = {}
    for noun in NOUNS:
        forms[noun.spanish[0]] = (noun.gender, False, noun.takes_el)
        if noun.has_plural:
            forms[noun.spanish[1]] = (noun.gender, True, noun.takes_el)
    agreeing = {
        "el": ("m", False), "la": ("f", False), "los": ("m", True), "las": ("f", True), "un": ("m", False),
        "una": ("f", False), "este": ("m", False), "esta": ("f", False), "esos": ("m", True), "nuestra": ("f", False),
        "nuestros": ("m", True), "muchas": ("f", True), "del": ("m", False),
    }  # fmt: skip
    checked = 0
    for before, word in (pair for each in BOOKS["train"] for pair in pairwise(each.spanish)):
        if before in agreeing and word in forms:
            gender, plural, takes_el = forms[word]
            if takes_el and before in ("el", "un", "del"):
                continue  # "el agua" is feminine
            assert (gender, plural) == agreeing[before], (before, word)
            checked += 1
    assert checked > 300


def test_you_and_i_keep_our_gender_through_a_sentence():
    """No "soy rica porque soy famoso": adjectives of the first and second persons agree with one another."""
    feminine = {adjective.agreeing("f", plural) for adjective in ADJECTIVES for plural in (False, True)}
    masculine = {adjective.agreeing("m", plural) for adjective in ADJECTIVES for plural in (False, True)}
    told = 0
    for entry in phrasebook(3000, 1, "train"):
        genders = set()
        for be, *words in zip(entry.spanish, entry.spanish[1:], entry.spanish[2:], strict=False):
            word = words[1] if words[0] in ("muy", "más") else words[0]
            if be in ("soy", "eres", "somos", "estoy", "estás", "estamos") and word in feminine ^ masculine:
                genders.add("f" if word in feminine else "m")
        assert len(genders) <= 1, entry.spanish
        told += len(genders)
    assert told > 100


def test_what_is_not_there_is_denied_twice_and_told_nothing_of():
    """ "No hay ninguna camisa", and no relative clause after it: its verb would stand in the subjunctive."""
    denied = [each for each in phrasebook(3000, 1, "train") if "hay" in each.spanish[1:]]
    denied = [each for each in denied if each.spanish[each.spanish.index("hay") - 1] == "no"]
    assert len(denied) > 10
    for entry in denied:
        after = entry.spanish[entry.spanish.index("hay") + 1 :]
        assert after[0] in ("ningún", "ninguna"), entry.spanish
        assert "que" not in after[: after.index("en")], entry.spanish
        place = entry.spanish.index("hay") + 1
        (english,) = {target for source, target in entry.sure if source == place}
        assert entry.english[english] == "no" and (place - 2, english) in entry.possible - entry.sure


def test_no_village_is_the_prettiest_of_the_city():
    places = {noun.spanish[0] for noun in NOUNS if "outdoors" in noun.kinds}
    superlatives = 0
    for entry in phrasebook(3000, 1, "train"):
        for place, be, article, more, _, after in zip(*(entry.spanish[k:] for k in range(6)), strict=False):
            if place in places and be == "es" and article in ("el", "la") and more == "más":
                superlatives += 1
                assert after not in ("de", "del"), entry.spanish
    assert superlatives > 5


def test_neighbours_change_each_other():
    spanish = {
        "a el gato": "al gato",
        "de el gato": "del gato",
        "de la casa": "de la casa",
        "y isla": "e isla",
    }
    for words, together in spanish.items():
        assert texts(said(words, ""))[0] == together
    for words, together in {"a egg": "an egg", "a dog": "a dog"}.items():
        assert texts(said("", words))[1] == together


def test_a_contraction_keeps_the_links_of_both_its_words():
    phrase = spelled(arranged([said("de", "in"), said("el", "the"), said("pueblo", "village")]))
    assert links(phrase)[0] == {(0, 0), (0, 1), (1, 2)}


def test_loose_words_are_possible_and_not_sure():
    act = doing(verb("comprar"), "3s", "past", denied=True)
    who = said("ana", "ana")
    phrase = arranged([who, act.spanish], [who, act.helper, act.main])
    assert texts(phrase) == ("ana no compró", "ana did not buy")
    sure, possible = links(phrase)
    assert sure == {(0, 0), (1, 2), (2, 3)}
    assert possible - sure == {(2, 1)}
    dropped = doing(verb("tener"), "1s")
    phrase = arranged([dropped.spanish], [dropped.pronoun("1s"), dropped.main])
    assert texts(phrase) == ("tengo", "i have")
    assert links(phrase) == ({(0, 1)}, {(0, 0), (0, 1)})
    assert links(arranged([loosely("a", "", 1)])) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("infinitive", "person", "tense", "spanish", "english"),
    [
        ("tener", "1s", "present", "tengo", "have"),
        ("tener", "3s", "past", "tuvo", "had"),
        ("encontrar", "3p", "present", "encuentran", "find"),
        ("encontrar", "1p", "present", "encontramos", "find"),
        ("buscar", "1s", "past", "busqué", "looked for"),
        ("ver", "3s", "past", "vio", "saw"),
        ("querer", "2s", "present", "quieres", "love"),
        ("conocer", "1s", "present", "conozco", "know"),
        ("beber", "3p", "past", "bebieron", "drank"),
    ],
)
def test_verbs_are_conjugated(infinitive, person, tense, spanish, english):
    act = doing(verb(infinitive), person, tense)
    assert texts(arranged([act.spanish], [act.helper, act.main])) == (spanish, english)


def test_questions_and_the_future_put_a_helper_first():
    who = said("ana", "ana")
    act = doing(verb("comprar"), "3s", asked=True)
    assert texts(arranged([act.spanish, who], [act.helper, who, act.main])) == ("compra ana", "does ana buy")
    act = doing(verb("comprar"), "3p", "future", denied=True)
    found = texts(arranged([act.spanish], [act.helper, act.main]))
    assert found == ("no van a comprar", "are not going to buy")
    be = being("estar", "1s", denied=True)
    assert texts(arranged([be.spanish], [be.helper])) == ("no estoy", "am not")


def test_words_are_inflected():
    spanish = "gato gatos, flor flores, ratón ratones, joven jóvenes, feliz felices, té tés"
    english = "mouse mice, dress dresses, key keys, city cities, sheep sheep, bus buses"
    for plural_of, listing in ((pluralised, spanish), (english_plural, english)):
        for one, many in map(str.split, listing.split(", ")):
            assert plural_of(one) == many
    assert compared("big") == ("big", "bigger", "biggest")
    assert compared("lazy") == ("lazy", "lazier", "laziest")
    assert compared("famous") == ("famous", "more famous", "most famous")
    white = next(each for each in ADJECTIVES if each.spanish == "blanco")
    forms = " ".join(white.agreeing(gender, plural) for gender in "mf" for plural in (False, True))
    assert forms == "blanco blancos blanca blancas"


def test_bad_requests_are_refused_in_words():
    with pytest.raises(ValueError, match="There is no split 'dev'"):
        phrasebook(5, 0, "dev")
    with pytest.raises(ValueError, match="number is 0: ask for at least one sentence"):
        phrasebook(0, 0)
