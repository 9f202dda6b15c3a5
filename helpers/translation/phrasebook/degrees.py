"""How something is, in the phrasebook: plainly, very, more than another, most of all."""

from helpers.translation.phrasebook.conjugation import Doing, being
from helpers.translation.phrasebook.grammar import NOTHING, Phrase, arranged, said
from helpers.translation.phrasebook.inflection import Adjective
from helpers.translation.phrasebook.lexicon import ABSOLUTE, NOUNS
from helpers.translation.phrasebook.speaker import SUBJECT, Named, Speaker

GOOD = (("mejor", "better", "best"), ("peor", "worse", "worst"))


def state(speaker: Speaker, subject: Named, plainly: bool = False) -> tuple[Doing, Phrase]:
    """A form of to be, and how the subject is: plainly, very, more than another, or most of all."""
    quality = speaker.quality(subject.kinds, told=subject.phrase.content)
    degree = "plain" if plainly else speaker.chance.choice(("plain", "plain", "more", "most", "most"))
    graded = quality.spanish not in ABSOLUTE
    if degree == "plain" or not graded:
        word = speaker.adjective(quality, subject.gender, subject.plural)
        very = said("muy", "very") if graded and speaker.often(0.3) else NOTHING
        return being(quality.verb, subject.person, speaker.often(0.2) and not plainly), arranged([very, word])
    if speaker.often(0.4):
        verb, good = "ser", speaker.chance.choice(GOOD)
        how = said(good[0] + ("es" if subject.plural else ""), good[1 + (degree == "most")], good[2])
    else:
        verb = quality.verb
        # "The most tired" would need "ser", which "tired" does not take.
        degree = "more" if verb == "estar" else degree
        how = compared(quality, subject, degree)
    if degree == "more":
        return being(verb, subject.person), arranged([how, said("que", "than"), rival(speaker, subject)])
    article = said(("el", "la", "los", "las")[2 * subject.plural + (subject.gender == "f")], "the")
    # A village is not the prettiest "of the city".
    best_of = among(speaker) if "outdoors" not in subject.kinds and speaker.often(0.5) else NOTHING
    return being("ser", subject.person), arranged([article, how, best_of])


def compared(quality: Adjective, subject: Named, degree: str) -> Phrase:
    """Say "más rápido" as the one word "faster", and "más famoso" as the two words "more famous"."""
    english, *rest = quality.english[1 + (degree == "most")].split()
    spanish = quality.agreeing(subject.gender, subject.plural)
    if rest:
        return arranged([said("más", english), said(spanish, rest[0], quality.english[0])])
    return said(f"más {spanish}", english, quality.english[0])


def rival(speaker: Speaker, subject: Named) -> Phrase:
    """Another of the same kind, to be compared with."""
    kind = subject.kinds & {"person", "animal", "food", "drink", "thing", "place"}
    return speaker.named(speaker.noun(*kind), SUBJECT, told=False).phrase


def among(speaker: Speaker) -> Phrase:
    """Say "del pueblo", "in the village": two English words behind one Spanish."""
    noun = speaker.chance.choice([each for each in NOUNS if each.english[0] in ("city", "village")])
    return arranged([said("de", "in"), speaker.named(noun, ("the", "our"), told=False).phrase])
