"""Verbs of the phrasebook in a sentence: denied, asked, in three tenses, in the order of each language."""

from typing import Literal, NamedTuple

from helpers.translation.phrasebook.grammar import NOTHING, Phrase, arranged, loosely, mark, said
from helpers.translation.phrasebook.inflection import Verb
from helpers.translation.phrasebook.lexicon import BE, GO

Tense = Literal["present", "past", "future"]
AM = {"1s": "am", "3s": "is"}  # else "are"
PRONOUNS = {"1s": "i", "2s": "you", "1p": "we", "3p": "they"}  # Spanish drops them


class Doing(NamedTuple):
    """A conjugated verb: the Spanish; the English that a question puts before its subject; the English after it.

    Of each phrase an arrangement takes the words of one language, so that a phrase may hold those of both.
    A dropped pronoun hangs on the verb by `mark`.
    """

    spanish: Phrase
    helper: Phrase
    main: Phrase
    mark: int

    def pronoun(self, person: str) -> Phrase:
        """The English pronoun that only the ending of the Spanish verb tells."""
        return loosely("", PRONOUNS[person], self.mark)


def doing(
    verb: Verb, person: str, tense: Tense = "present", denied: bool = False, asked: bool = False
) -> Doing:
    """Conjugate a verb: "no compró" and "did not buy", "va a comprar" and "is going to buy"."""
    core = mark()
    no = said("no", "not") if denied else NOTHING
    base, third, before = verb.english
    if tense == "future":
        going = said(f"{GO[person]} a", "going to")
        am = said("", AM.get(person, "are"), sure=going.spanish[0].sure)
        main = [going, said(verb.infinitive, base, base, sure=[core])]
        return Doing(arranged([no, *main]), arranged([am, no]), arranged(main), core)
    forms, inflected = (verb.present, third) if tense == "present" else (verb.past, before)
    helper, english = NOTHING, base
    if denied or asked:
        helper = loosely("", "did" if tense == "past" else "does" if person == "3s" else "do", core)
    elif tense == "past" or person == "3s":
        english = inflected
    main = said(forms[person], english, base, sure=[core])
    return Doing(arranged([no, main]), arranged([helper, no]), main, core)


def being(which: Literal["ser", "estar"], person: str, denied: bool = False) -> Doing:
    """Conjugate "to be", of which Spanish has two: "es" for what one is, "está" for how and where."""
    core = mark()
    no = said("no", "not") if denied else NOTHING
    verb = said(BE[which][person], AM.get(person, "are"), sure=[core])
    return Doing(arranged([no, verb]), arranged([verb, no]), NOTHING, core)
