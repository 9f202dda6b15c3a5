"""How the phrasebook's words change: Spanish gender, number and person, and the English that goes with them."""

import unicodedata
from typing import Literal, NamedTuple

Gender = Literal["m", "f"]
PERSONS = ("1s", "2s", "3s", "1p", "3p")


class Noun(NamedTuple):
    """A noun: `spanish` and `english` as (singular, plural), equal where it has no plural; `kinds` say what it is.

    `takes_el` marks the feminine nouns that begin with a stressed a: "el agua fría".
    """

    spanish: tuple[str, str]
    english: tuple[str, str]
    gender: Gender
    kinds: frozenset[str]
    takes_el: bool = False

    @property
    def counts(self) -> bool:
        return "mass" not in self.kinds

    @property
    def has_plural(self) -> bool:
        return self.counts and self.spanish[0] != self.spanish[1]


class Adjective(NamedTuple):
    """An adjective: Spanish masculine singular; English plain, comparative, superlative; what it can be said of."""

    spanish: str
    english: tuple[str, str, str]
    kinds: frozenset[str]
    verb: Literal["ser", "estar"]

    def agreeing(self, gender: Gender, plural: bool) -> str:
        """The Spanish form for a noun: rojo, roja, rojos, rojas."""
        word = self.spanish
        if gender == "f" and word.endswith("o"):
            word = word[:-1] + "a"
        return pluralised(word) if plural else word


class Verb(NamedTuple):
    """A verb: Spanish forms by person; English base, third person and past, with a particle, as in "look for".

    `kinds` say what it is done to, or, of a verb without an object, that animals do it too.
    """

    infinitive: str
    present: dict[str, str]
    past: dict[str, str] | None
    english: tuple[str, str, str]
    kinds: frozenset[str]
    personal: bool  # takes "a" before its object: "quiero a mi perro"


def pluralised(spanish: str) -> str:
    """Form a Spanish plural: gatos, flores, peces, jardines, jóvenes."""
    if spanish == "joven":
        return "jóvenes"  # the stress stays where it was, so it needs writing
    if spanish[-1] in "aeiouéá":
        return spanish + "s"
    if spanish.endswith("z"):
        return spanish[:-1] + "ces"
    if spanish.endswith(("ón", "ín", "és")):
        return spanish[:-2] + _plain(spanish[-2:]) + "es"
    return spanish + "es"


def _plain(letters: str) -> str:
    """Take the accents off."""
    return "".join(each for each in unicodedata.normalize("NFD", letters) if not unicodedata.combining(each))


def english_plural(word: str) -> str:
    """Form an English plural: cats, boxes, cities, mice."""
    irregular = {"mouse": "mice", "fish": "fish", "sheep": "sheep", "tomato": "tomatoes"}
    if word in irregular:
        return irregular[word]
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def compared(word: str) -> tuple[str, str, str]:
    """Compare an English adjective: two syllables and more take more and most, unless they end in -y."""
    if word.endswith("y"):
        return word, word[:-1] + "ier", word[:-1] + "iest"
    if word in ("expensive", "delicious", "famous", "curious", "elegant", "tired"):
        return word, f"more {word}", f"most {word}"
    stem = word + word[-1] if word in ("big", "red", "sad", "hot") else word.removesuffix("e")
    return word, stem + "er", stem + "est"


_ENDINGS = {
    "ar": (("o", "as", "a", "amos", "an"), ("é", "aste", "ó", "amos", "aron")),
    "er": (("o", "es", "e", "emos", "en"), ("í", "iste", "ió", "imos", "ieron")),
    "ir": (("o", "es", "e", "imos", "en"), ("í", "iste", "ió", "imos", "ieron")),
}


def conjugated(infinitive: str, tense: Literal[0, 1], stem: str = "") -> dict[str, str]:
    """Regular forms by person; `stem` replaces the stem where the stress falls on it."""
    root, endings = infinitive[:-2], _ENDINGS[infinitive[-2:]][tense]
    stems = [root if person == "1p" else stem or root for person in PERSONS]
    return {person: first + last for person, first, last in zip(PERSONS, stems, endings, strict=True)}
