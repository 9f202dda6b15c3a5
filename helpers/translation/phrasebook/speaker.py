"""Noun phrases of the phrasebook: a noun with its determiner, its adjective, its owner and what is told of it."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import NamedTuple

from helpers.translation.phrasebook.conjugation import being, doing
from helpers.translation.phrasebook.grammar import NOTHING, Phrase, arranged, loosely, said
from helpers.translation.phrasebook.inflection import Adjective, Noun
from helpers.translation.phrasebook.lexicon import ADJECTIVES, COLOURS, INTRANSITIVE, NOUNS, TRANSITIVE

# By English: Spanish masculine and feminine in the singular, masculine and feminine in the plural.
DETERMINERS = {
    "the": "el la los las",
    "my": "mi mi mis mis",
    "your": "tu tu tus tus",
    "our": "nuestro nuestra nuestros nuestras",
    "their": "su su sus sus",
    "this": "este esta estos estas",
    "that": "ese esa esos esas",
    "a": "un una - -",
    "no": "ningún ninguna - -",
    "two": "- - dos dos",
    "three": "- - tres tres",
    "four": "- - cuatro cuatro",
    "many": "- - muchos muchas",
    "": "- - - -",
}
OPEN = ("a", "the", "this", "that", "two", "three", "four", "many")  # what a relative clause can follow
OWN, PLURAL_ONLY = ("my", "your", "our"), ("two", "three", "four", "many")
INDEFINITE = ("a", *PLURAL_ONLY)
MANY = {"this": "these", "that": "those"}
SUBJECT = ("the", "the", *OWN, *OWN, "this", "that")
OBJECT = ("a", "a", "a", "the", "the", *OWN, *PLURAL_ONLY)
MASS = ("", "", "", "the", "my", "our")
PLACE = ("the", "the", "the", "this", "our")
ANIMALS_DO = ("eat", "see", "look at", "look for")


@cache
def _nouns_of(kinds: tuple[str, ...]) -> tuple[Noun, ...]:
    return tuple(noun for noun in NOUNS if noun.kinds & set(kinds))


class Named(NamedTuple):
    """A noun phrase, with what the words around it need to know."""

    phrase: Phrase
    person: str
    gender: str
    kinds: frozenset[str]
    whose: str = ""  # the English of "su" where this is the subject

    @property
    def plural(self) -> bool:
        return self.person.endswith("p")


class Speaker:
    """Draws noun phrases.

    Args:
        chance: what is drawn from.
        fits: whether the content words of a finished clause may stand together.

    Attributes:
        voice: the gender of "I", "you" and "we", which Spanish adjectives tell: the same through a whole sentence.
    """

    def __init__(self, chance: Random, fits: Callable[[frozenset[str]], bool]):
        self.chance, self.fits = chance, fits
        self.voice = "m"

    def often(self, share: float) -> bool:
        """Draw whether, with this chance."""
        return self.chance.random() < share

    def settled(self, draw: Callable[[], Phrase]) -> Phrase:
        """Draw finished clauses until one holds only content that fits."""
        while True:
            phrase = draw()
            if all(map(self.fits, phrase.clauses)):
                return phrase

    def noun(self, *kinds: str) -> Noun:
        """Draw a noun of one of these kinds."""
        return self.chance.choice(_nouns_of(kinds))

    def quality(self, kinds: frozenset[str], told: frozenset[str] = frozenset()) -> Adjective:
        """Draw an adjective that goes with a kind of noun, and is not told yet."""
        new = [each for each in ADJECTIVES if each.kinds & kinds and each.english[0] not in told]
        return self.chance.choice(new)

    def named(
        self, noun: Noun, determiners: tuple[str, ...], *, told: bool = True, denied: bool = False
    ) -> Named:
        """Draw a noun phrase around a noun; `told` lets it grow an adjective, an owner or a relative clause.

        In a `denied` clause an indefinite noun gets no relative clause: its verb would need the subjunctive.
        """
        determiner = self.chance.choice(determiners)
        if "kin" in noun.kinds and determiner in ("a", "the", "this", "that"):
            # A mother is somebody's.
            determiner = "the" if told and determiner == "the" else self.chance.choice(OWN)
        if "shared" in noun.kinds and determiner in OWN:
            determiner = "the"  # and nobody owns a forest
        if determiner in PLURAL_ONLY and not noun.has_plural:
            determiner = (
                "the" if "place" in noun.kinds else "a" if noun.counts and "kin" not in noun.kinds else "my"
            )
        free_to_be_many = noun.has_plural and determiner not in ("a", "no", "")
        plural = determiner in PLURAL_ONLY or (free_to_be_many and self.often(0.2))
        words = said(noun.spanish[plural], noun.english[plural], noun.english[0])
        adjective = self.adjectives(noun, plural) if told and self.often(0.25) else NOTHING
        owner = ending = NOTHING
        owned = "kin" in noun.kinds or ("place" not in noun.kinds and self.often(0.5))
        if told and determiner == "the" and owned:
            first, owner, ending = self.owned(noun, plural)
            english = [owner, ending, adjective, words]
            spanish = [first, words, adjective, ending, owner]
        else:
            first = self.determiner(determiner, noun, plural)
            relative = NOTHING
            indicative = not (denied and determiner in INDEFINITE)
            if told and determiner in OPEN and indicative and self.often(0.3):
                relative = self.relative(noun, plural)
            english = [first, adjective, words, relative]
            spanish = [first, words, adjective, relative]
        one = "its" if "animal" in noun.kinds else "her" if noun.gender == "f" else "his"
        person, whose = ("3p", "their") if plural else ("3s", one)
        return Named(arranged(spanish, english), person, noun.gender, noun.kinds, whose)

    def determiner(self, english: str, noun: Noun, plural: bool) -> Phrase:
        """Say "the", "my", "three"... before a noun; "his", "her" and "its" are "su" like "their"."""
        if not english:
            return NOTHING
        known = "their" if english in ("his", "her", "its") else english
        form = DETERMINERS[known].split()[2 * plural + (noun.gender == "f")]
        if noun.takes_el and not plural:
            form = {"la": "el", "una": "un"}.get(form, form)
        return said(form, MANY.get(english, english) if plural else english)

    def adjectives(self, noun: Noun, plural: bool) -> Phrase:
        """One adjective, or a quality and a colour: "pequeño y negro", "small black"."""
        first = self.quality(noun.kinds)
        spoken = self.adjective(first, noun.gender, plural)
        colours = [each for each in ADJECTIVES if each.spanish in COLOURS and each.kinds & noun.kinds]
        if first.spanish in COLOURS or not colours or self.often(0.7):
            return spoken
        colour = self.adjective(self.chance.choice(colours), noun.gender, plural)
        return arranged([spoken, said("y", ""), colour])

    def adjective(self, which: Adjective, gender: str, plural: bool) -> Phrase:
        """Say an adjective in the form that a noun asks for."""
        return said(which.agreeing(gender, plural), which.english[0], which.english[0])

    def owned(self, noun: Noun, plural: bool) -> tuple[Phrase, Phrase, Phrase]:
        """The article, the owner and what joins them: "el gato de mi hermana" is "my sister's cat", without "the"."""
        of = said("de", "'s")
        article = self.determiner("the", noun, plural)
        loose = loosely(article.spanish[0].text, "", *of.spanish[0].sure)
        person = self.noun("person")
        whose = self.chance.choice(OWN if "kin" in person.kinds else (*OWN, "the"))
        words = said(person.spanish[0], person.english[0], person.english[0])
        owner = arranged([self.determiner(whose, person, False), words])
        return loose, owner, of

    def relative(self, noun: Noun, plural: bool) -> Phrase:
        """A clause about a noun: "que tiene mi hermano", "that my brother has"; "who" only of people."""
        return self.settled(lambda: self._relative(noun, plural).finished(noun.english[0]))

    def _relative(self, noun: Noun, plural: bool) -> Phrase:
        alive = noun.kinds & {"person", "animal"}
        that = said("que", "who" if "person" in noun.kinds else "that")
        person = "3p" if plural else "3s"
        if not alive or ("animal" in noun.kinds and self.often(0.4)):
            verbs = [each for each in TRANSITIVE if each.kinds & noun.kinds and not each.personal]
            verb = self.chance.choice(verbs)
            doer = self.named(self.noun("person"), OWN, told=False)
            act = doing(verb, doer.person, "past" if verb.past and self.often(0.5) else "present")
            return arranged([that, act.spanish, doer.phrase], [that, doer.phrase, act.main])
        if self.often(0.4):
            state = self.quality(noun.kinds)
            be, how = being(state.verb, person), self.adjective(state, noun.gender, plural)
            return arranged([that, be.spanish, how], [that, be.helper, how])
        verb = self.chance.choice([each for each in INTRANSITIVE if "person" in noun.kinds or each.kinds])
        act = doing(verb, person)
        where = self.place("home" if verb.infinitive == "vivir" else "place")
        return arranged([that, act.spanish, where], [that, act.main, where])

    def place(self, kind: str = "place") -> Phrase:
        """Say "en la cocina", "en el mercado", "en la playa": one Spanish word for in, at and on."""
        noun = self.noun(kind)
        (preposition,) = noun.kinds & {"in", "at", "on"}
        return arranged([said("en", preposition), self.named(noun, PLACE, told=self.often(0.3)).phrase])
