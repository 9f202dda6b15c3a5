"""The phrasebook: Spanish sentences, their English, and which word goes with which, drawn from a seed."""

from dataclasses import dataclass
from functools import cache
from random import Random
from zlib import crc32

from helpers.data.splits import Split, check_split
from helpers.translation.phrasebook.clauses import Clauses
from helpers.translation.phrasebook.conjugation import being
from helpers.translation.phrasebook.grammar import Links, Phrase, arranged, links, loosely, said, spelled

SHORTEST, LONGEST = 3, 30  # words of a Spanish sentence, counting its marks
SHARES = {"train": 14, "val": 3, "test": 3}  # of every twenty combinations of content words
SALT = "hola"  # one that puts the sentence of the lecture among the test sentences
JOINTS = (("y", "and"), ("y", "and"), ("pero", "but"), ("porque", "because"))


@dataclass(frozen=True)
class Entry:
    """A sentence of the phrasebook, in lower case, as words.

    Attributes:
        sure: (Spanish place, English place) of words that translate each other.
        possible: the same with those that may be linked or not, such as "does" to the verb; includes `sure`.
        content: for each clause, its nouns, verbs and adjectives, in English.
    """

    spanish: tuple[str, ...]
    english: tuple[str, ...]
    sure: Links
    possible: Links
    content: tuple[frozenset[str], ...]


def split_of(content: frozenset[str]) -> Split:
    """Say to which split a combination of content words belongs: always the same, for any seed."""
    place = crc32(" ".join((SALT, *sorted(content))).encode()) % sum(SHARES.values())
    if place < SHARES["train"]:
        return "train"
    return "val" if place < SHARES["train"] + SHARES["val"] else "test"


@cache
def phrasebook(number: int, seed: int, split: Split = "train") -> tuple[Entry, ...]:
    """Draw different sentences of 3 to 30 words, short ones and long ones about equally often.

    No clause of a val or test sentence has the same content words as a clause in training, nor has a whole sentence.
    The first of the test sentences is the lecture's, "mi gato es el mejor".

    Raises:
        ValueError: no such split, or no sentences asked for.
    """
    check_split(split)
    if number < 1:
        raise ValueError(f"number is {number}: ask for at least one sentence.")
    chance = Random(f"{split} {seed}")  # text, so that the splits of one seed have nothing in common
    speaker = Clauses(chance, lambda content: split_of(content) == split)
    pool = _Pool(speaker, number)
    found: dict[tuple[str, ...], Entry] = {}
    if split == "test":
        found |= {(first := _entry(lecture_sentence())).spanish: first}
    while len(found) < number:
        wanted = chance.randint(SHORTEST, LONGEST)
        phrase = spelled(pool.sentence(wanted))
        # The same length is tried again: long sentences fit less often, and would else become rare.
        while not (SHORTEST <= len(phrase.spanish) <= LONGEST and split_of(_whole(phrase)) == split):
            phrase = spelled(pool.sentence(wanted))
        entry = _entry(phrase)
        found.setdefault(entry.spanish, entry)
    return tuple(found.values())


def _whole(phrase: Phrase) -> frozenset[str]:
    return frozenset().union(*phrase.clauses)


def _entry(phrase: Phrase) -> Entry:
    spanish, english = (tuple(word.text for word in side) for side in (phrase.spanish, phrase.english))
    return Entry(spanish, english, *links(phrase), phrase.clauses)


def lecture_sentence() -> Phrase:
    """Say "mi gato es el mejor", the sentence of the lecture; it always opens the test split."""
    parts = [said("mi", "my"), said("gato", "cat", "cat"), being("ser", "3s").spanish]
    parts += [said("el", "the"), said("mejor", "best", "best")]
    return arranged(parts).finished()


class _Pool:
    """Clauses by their length in Spanish, drawn once, to be joined to sentences of a wanted length."""

    def __init__(self, speaker: Clauses, number: int):
        self.speaker, self.chance = speaker, speaker.chance
        self.voices = {voice: self.drawn(voice, max(number, 1000) // 2) for voice in "mf"}

    def drawn(self, voice: str, number: int) -> dict[int, list[Phrase]]:
        """Draw clauses that a man or a woman says to another: "soy alto" in the one, "soy alta" in the other."""
        self.speaker.voice = voice
        drawn = (self.speaker.clause() for _ in range(number))
        # One of each: "duermo" and its like would otherwise fill every gap.
        by_words = {tuple(word.text for word in clause.spanish): clause for clause in drawn}
        clauses: dict[int, list[Phrase]] = {}
        for words, clause in by_words.items():
            if len(words) >= 2:
                clauses.setdefault(len(words), []).append(clause)
        return clauses

    def sentence(self, wanted: int) -> Phrase:
        """Join clauses until about so many words are said; now and then a question instead."""
        if wanted < 15 and self.speaker.often(0.15):
            return self.speaker.question()
        parts = [opening(self.speaker)] if wanted > 8 and self.speaker.often(0.3) else []
        left = wanted - sum(len(part.spanish) for part in parts)
        clauses = self.voices[self.chance.choice("mf")]
        least = min(clauses)
        while True:
            clause = self.chance.choice(clauses[self.length(clauses, left)])
            if any(clause is part for part in parts):
                # Said twice, the marks of the one would link to the words of the other: begin again.
                return self.sentence(wanted)
            parts.append(clause)
            left -= len(clause.spanish)
            if left < least + 1:
                return arranged(parts)
            spanish, english = self.chance.choice(JOINTS)
            comma = [said(",", ",")] if spanish == "pero" else []
            parts += [*comma, said(spanish, english)]
            left -= 1 + len(comma)

    def length(self, clauses: dict[int, list[Phrase]], left: int) -> int:
        """Draw a clause's length so that what is left is filled exactly, or leaves room for a joint and a clause."""
        fits = [length for length in clauses if length == left or length <= left - min(clauses) - 1]
        weights = [len(clauses[length]) for length in fits]
        if not fits:
            return min(clauses, key=lambda length: abs(length - left))
        return self.chance.choices(fits, weights)[0]


def opening(speaker: Clauses) -> Phrase:
    """Say "creo que", "mi madre dice que": what follows is a whole sentence."""
    that = said("que", "that")
    if speaker.often(0.5):
        verb = said(*speaker.chance.choice((("creo", "think"), ("sé", "know"))))
        pronoun = loosely("", "i", *verb.spanish[0].sure)
        return arranged([verb, that], [pronoun, verb, that])
    who = speaker.named(speaker.noun("person"), ("my", "your", "our"), told=False)
    says = said("dicen" if who.plural else "dice", "say" if who.plural else "says")
    return arranged([Phrase(who.phrase.spanish, who.phrase.english), says, that])
