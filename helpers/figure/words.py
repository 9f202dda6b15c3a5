"""Parts of words: tokens, ribbons between two rows of them, and lines of text. Their twin is words.js."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.figure.controls import Choice, Switches
from helpers.figure.parts import Column, Part, Shown, named
from helpers.figure.symbols import Look, Symbol, stored, write


@dataclass(eq=False)
class Tokens(Part):
    """Words in a row, of which one can be chosen, or each switched off.

    Args:
        choose: a Choice among them (its options may be the same symbol): click, arrows, Home and End.
        off: Switches among them: a click switches a word off or on.
        weights: a number from 0 to 1 a word, drawn as a bar below it.
        notes: a small text below each word.
        marked: a flag a word: underlined.
    """

    words: Sequence[str] | Symbol
    choose: Choice | None = None
    off: Switches | None = None
    weights: object = None
    notes: Sequence[str] | Symbol = ()
    marked: object = None

    def __post_init__(self) -> None:
        if self.choose and self.off:
            raise ValueError(
                "A click on a word chooses it or switches it off, not both: take two rows of tokens."
            )
        self.words, self.notes = named(self.words), named(self.notes)
        super().__post_init__()
        self.answers(self.choose or self.off)

    def shows(self, look: Look) -> Shown:
        now = self.now(look)
        weights = [] if now.weights is None else np.asarray(now.weights, float)
        bars = [("bar", [100 * float(w)], "") for w, _ in zip(weights, now.words, strict=False)]
        notes = [*now.notes, *[""] * len(now.words)]
        return Shown(None, bars, [t for pair in zip(now.words, notes, strict=False) for t in pair if t])


class Ribbons(Column):
    """Two rows of tokens, and ribbons from each word of the second to the words of the first, as wide as the weights.

    The weights are (target's words, source's words), each from 0 to 1. The ribbons of the word that is chosen in the
    second row stand out.
    """

    def __init__(self, source: Tokens, target: Tokens, weights: object, **rest: object) -> None:
        super().__init__(source, target, **rest)
        self.args["weights"] = stored(weights)


class Words(Part):
    """Lines of text."""

    def __init__(self, *lines: object, **rest: object) -> None:
        super().__init__(**rest)
        self.args["lines"] = list(lines)

    def shows(self, look: Look) -> Shown:
        return Shown(texts=[write(look, line) for line in self.args["lines"]])
