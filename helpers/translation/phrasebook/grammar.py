"""The phrasebook's grammar: phrases that are built in Spanish and in English at once, so that words stay linked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple

_fresh = count()


class Word(NamedTuple):
    """A word and its marks: words of the two languages that share a mark translate each other."""

    text: str
    sure: frozenset[int]
    possible: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in Spanish order and in English order.

    Attributes:
        content: nouns, verbs and adjectives (in English) of the clause that the phrase stands in.
        clauses: the content of each finished clause within.
    """

    spanish: tuple[Word, ...] = ()
    english: tuple[Word, ...] = ()
    content: frozenset[str] = frozenset()
    clauses: tuple[frozenset[str], ...] = ()

    def finished(self, *also: str) -> "Phrase":
        """Close the clause: from here on, its words are no longer those of the clause around it."""
        clauses = (*self.clauses, self.content.union(also))
        return Phrase(self.spanish, self.english, clauses=clauses)


NOTHING = Phrase()


def mark() -> int:
    """A mark that no other word has."""
    return next(_fresh)


def _words(text: str, sure: Iterable[int], possible: Iterable[int] = ()) -> tuple[Word, ...]:
    return tuple(Word(each, frozenset(sure), frozenset(possible)) for each in text.split())


def said(spanish: str, english: str, *content: str, sure: Iterable[int] | None = None) -> Phrase:
    """Say the same in both languages, each in any number of words, all linked; "" leaves one language silent."""
    marks = [mark()] if sure is None else list(sure)
    return Phrase(_words(spanish, marks), _words(english, marks), frozenset(content))


def loosely(spanish: str, english: str, *marks: int) -> Phrase:
    """Say words that may be linked to others by their marks, or as well not: "does", "it", the a of "a mi perro"."""
    return Phrase(_words(spanish, (), marks), _words(english, (), marks))


def arranged(spanish: Sequence[Phrase], english: Sequence[Phrase] | None = None) -> Phrase:
    """Put phrases one after the other, in an order of its own for each language."""
    english = spanish if english is None else english
    parts = list({id(part): part for part in (*spanish, *english)}.values())
    return Phrase(
        tuple(chain.from_iterable([part.spanish for part in spanish])),
        tuple(chain.from_iterable([part.english for part in english])),
        frozenset().union(*(part.content for part in parts)),
        tuple(clause for part in parts for clause in part.clauses),
    )


def spelled(phrase: Phrase) -> Phrase:
    """Mend what depends on the neighbour: a + el = al, de + el = del, y before i- is e, a before a vowel is an."""
    spanish: list[Word] = []
    for word in phrase.spanish:
        last = spanish[-1] if spanish else None
        if last and word.text == "el" and last.text in ("a", "de"):
            merged = last.text + "l"
            spanish[-1] = Word(merged, last.sure | word.sure, last.possible | word.possible)
            continue
        if last and last.text == "y" and word.text.startswith(("i", "hi")):
            spanish[-1] = last._replace(text="e")
        spanish.append(word)
    english = list(phrase.english)
    for place, after in enumerate(english[1:]):
        if english[place].text == "a" and after.text[0] in "aeiou":
            english[place] = english[place]._replace(text="an")
    return Phrase(tuple(spanish), tuple(english), phrase.content, phrase.clauses)


Links = frozenset[tuple[int, int]]


def links(phrase: Phrase) -> tuple[Links, Links]:
    """Which Spanish word goes with which English word: sure links, and possible ones, which include the sure."""
    at: dict[int, list[tuple[int, bool]]] = {}
    for j, word in enumerate(phrase.english):
        for each in word.sure | word.possible:
            at.setdefault(each, []).append((j, each in word.sure))
    sure, possible = set(), set()
    for i, word in enumerate(phrase.spanish):
        for each in word.sure | word.possible:
            for j, certain in at.get(each, ()):
                possible.add((i, j))
                if certain and each in word.sure:
                    sure.add((i, j))
    return frozenset(sure), frozenset(possible)
