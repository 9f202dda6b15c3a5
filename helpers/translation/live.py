"""A trained translator as a function from a typed text to what a figure of alignments shows of it."""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any

from torch import Tensor

from helpers.data.readings import Candidate, Reading
from helpers.data.tokens import SPECIAL, detokenise, padded, tokenise
from helpers.decoding import Decoded, beam
from helpers.translation.model import Memory, Translator
from helpers.translation.translators import Corpus

LONGEST = 40  # words of a typed sentence: some more than the longest of the lessons
SENTENCES = (  # that the alignment explorer shows
    "mi gato es el mejor",
    "mi hermana vende su coche",
    "ayer mi hermana vendió su coche",
    "¿dónde está el gato de mi vecino?",
    "no me gustan los gatos negros",
)
Translate = Callable[[str, Collection[int]], Reading | str]


class Masked:
    """A translator that may not look at some places of its source; the translator itself stays as it is.

    Its encoder has read all words, so the annotations of the neighbours still depend on those words.

    Args:
        model: what `decoding.beam` takes, with a memory that has a `mask`.
        places: which places of the source.
    """

    def __init__(self, model: Any, places: Collection[int]):
        self.model, self.places = model, sorted(places)

    def begin(self, source: Tensor) -> tuple[Memory, Tensor]:
        """Encode sources (B, S); the mask loses the places that are switched off."""
        memory, state = self.model.begin(source)
        mask = memory.mask.clone()
        mask[:, self.places] = False
        return memory._replace(mask=mask), state

    def step(self, words: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor | None]:
        return self.model.step(words, state, memory)


def text_translator(model: Translator, words: Corpus, width: int = 4, most: int = 60) -> Translate:
    """Make the function that translates a typed text: translate(text, masked) gives a Reading, or why it does not.

    The answer is a plain sentence where the text is empty, too long, in other letters than Latin, or of unknown words
    only. Marks that the vocabulary lacks, such as a full stop, are left out: they are no words to wonder about.

    Args:
        model: trained, with attention.
        words: the corpus whose vocabularies it learned.
        width: candidates of the beam.
        most: words after which a translation is cut off.

    Raises:
        ValueError: the model has no attention to show. From the function: a masked place is none of the sentence's.
    """
    if model.score is None:
        raise ValueError(
            "This translator has no attention, so there is nothing to see of where it looks. Give one with a score."
        )
    device = next(model.parameters()).device

    def translate(text: str, masked: Collection[int] = frozenset()) -> Reading | str:
        tokens = [
            each for each in tokenise(text) if has_letters_or_digits(each) or each in words.source.numbers
        ]
        if refusal := refused(text, tokens, words):
            return refusal
        if wrong := sorted(place for place in masked if not 0 <= place < len(tokens)):
            raise ValueError(
                f"There is no word {wrong[0]} to switch off: expected places from 0 to {len(tokens) - 1}."
            )
        source = padded([words.source.encode(tokens)]).to(device)
        (decoded,) = beam(Masked(model, masked), source, most, width)
        return Reading(
            tokens,
            tuple(sorted(masked)),
            tuple(words.source.unknown(tokens)),
            [candidate(each, words) for each in decoded],
        )

    return translate


def candidate(decoded: Decoded, words: Corpus) -> Candidate:
    """Write a decoded translation out in words."""
    # One by one: no number may be left out, or words and rows of weights would part ways.
    written = [words.target.words[number] for number in decoded.words]
    return Candidate(written, decoded.score, decoded.weights.float().numpy())


def refused(text: str, tokens: Sequence[str], words: Corpus) -> str:
    """Why a typed text cannot be translated, and what to do; nothing if it can."""
    such_as = f"such as “{detokenise(words.source.decode(words.sources[0]))}”"
    if not text.strip():
        return f"There is nothing to translate yet. Type a sentence of up to {LONGEST} words, {such_as}."
    if not any(map(is_latin, text)):
        return (
            f"“{shortened(text)}” holds no letters of the Latin script, which are all that this translator has "
            f"learned to read. Type a sentence in its language, {such_as}."
        )
    if len(tokens) > LONGEST:
        return (
            f"This sentence has {len(tokens)} words; expected at most {LONGEST}. "
            "Shorten it, or translate it in two parts."
        )
    if not any(each in words.source.numbers and has_letters_or_digits(each) for each in tokens):
        learned = sum(map(has_letters_or_digits, words.source.words[len(SPECIAL) :]))
        return (
            f"None of these words is among the {learned} that this translator has learned. "
            f"Use words from its lessons, {such_as}."
        )
    return ""


def has_letters_or_digits(token: str) -> bool:
    return any(map(str.isalnum, token))


def is_latin(letter: str) -> bool:
    return letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN")


def shortened(text: str, most: int = 30) -> str:
    """The beginning of a text, as long as a message has room for."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def stored_readings(translate: Translate, sentences: Sequence[str]) -> list[list[Reading]]:
    """Read each sentence as it is, and then with each of its words switched off: what a page without a kernel shows.

    Args:
        translate: made by `text_translator`.
        sentences: texts; each must be one that it reads.

    Returns:
        For each sentence the plain reading, then one for each source word in order.

    Raises:
        ValueError: a sentence is refused; the message says which and why.
    """
    found = []
    for text in sentences:
        plain = translate(text, frozenset())
        if isinstance(plain, str):
            raise ValueError(f"The sentence {text!r} cannot be stored. {plain}")
        places = range(len(plain.source))
        found.append([plain, *(translate(text, frozenset({place})) for place in places)])
    return found
