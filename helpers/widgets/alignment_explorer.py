"""Alignment explorer: where each word of a translation looked, its rivals in the beam, and words switched off."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets
from PIL import Image, ImageDraw

from helpers import plotting
from helpers.data.readings import Candidate, Reading
from helpers.widgets import alignments, lettering
from helpers.widgets.base import Figure

__all__ = ["AlignmentExplorer", "Candidate", "Reading"]

FULL = plotting.CLASS_COLOURS[1].astype(int)  # the colour of weight 1; weight 0 is white
GREY = 160  # columns of words that are switched off
CELL, LETTERS, ROOM = 20, 13, 110  # pixels of the poster: a cell, its words' size, the longest word
Translate = Callable[[str, frozenset[int]], Reading | str]


class AlignmentExplorer(Figure):
    """Two rows of words and ribbons between them, as wide as the attention; beside them the alignment matrix.

    Args:
        readings: for each stored sentence its plain reading, then one with each single source word switched off, in
            order, as the recipe's `stored` makes them: they work on a page without a kernel.
        translate: (text, silenced places) -> a Reading, or a sentence that says why there is none. It answers for
            typed sentences and for several words switched off; without it the figure shows what is stored.
        language: of the source, as the field for typed sentences names it.
        alt: what the sentences are, in a few words, for a reader who hears the page.
        controls: first values of `sentence` (a stored one's index), `typed` (a text that stands in its place, "" for
            none), `silenced` (places switched off; those beyond the sentence do not count), `candidate` and `word`
            (of the translation; where there are fewer, the last).

    Raises:
        ValueError: readings or controls do not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = (
        *("cells.js", "readings.js", "asking.js", "word_rows.js", "word_matrix.js", "sentence_desk.js"),
        "alignment_explorer.js",
    )
    controls: ClassVar[tuple[str, ...]] = ("sentence", "typed", "silenced", "candidate", "word")

    stored = traitlets.List(help="For each sentence its readings, without weights.").tag(sync=True)
    language = traitlets.Unicode().tag(sync=True)
    can_ask = traitlets.Bool(help="Whether Python has a translator.").tag(sync=True)
    asked = traitlets.Dict(help="The page's last question: text, silenced, number.").tag(sync=True)
    answer = traitlets.Dict(help="To the question of this number: a reading, or a refusal.").tag(sync=True)
    sentence = traitlets.Int(0, min=0).tag(sync=True)
    typed = traitlets.Unicode().tag(sync=True)
    silenced = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    candidate = traitlets.Int(0, min=0).tag(sync=True)
    word = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        readings: Sequence[Sequence[Reading]],
        translate: Translate | None = None,
        language: str = "Spanish",
        alt: str = "",
        **controls: object,
    ) -> None:
        self._translate = translate
        self._stored = [_of_one_sentence(each, number) for number, each in enumerate(readings)]
        if not self._stored:
            raise ValueError("No sentence was given; expected the readings of at least one.")
        self._texts = [alignments.spelled(" ".join(each[0]["source"])) for each in self._stored]
        if len(set(self._texts)) != len(self._texts):
            raise ValueError("Two of the stored sentences are the same; give each once.")
        flat = [c["weights"].ravel() for each in self._stored for r in each for c in r["candidates"]]
        super().__init__(
            {},
            controls,
            alt=alt or f"{len(self._stored)} {language} sentences, and where their translator looked.",
            stored=[[_without_weights(reading) for reading in each] for each in self._stored],
            language=language,
            can_ask=translate is not None,
        )
        if isinstance(found := self._read(self.state()), str):
            raise ValueError(found)
        self.send(weights=np.concatenate(flat))

    @traitlets.validate("sentence")
    def _fits(self, proposal: dict) -> int:
        """Refuse a sentence that is not stored."""
        if proposal["value"] >= len(self._stored):
            raise traitlets.TraitError(
                f"sentence = {proposal['value']} is not stored; expected 0 to {len(self._stored) - 1}"
            )
        return proposal["value"]

    @traitlets.observe("asked")
    def _reply(self, change: dict) -> None:
        """Answer the page, with a sentence if anything goes wrong: no trace of Python may reach the reader."""
        question = change["new"]
        try:
            found = self.read(str(question["text"]), question["silenced"])
        except (Exception, KeyboardInterrupt) as error:
            first_line = (str(error).splitlines() or [""])[0][:200]
            found = (
                f"The translator failed at this ({type(error).__name__}{': ' if first_line else ''}{first_line}). "
                "Run the notebook's cells up to this figure again, or try another sentence."
            )
        self.answer = {
            **question,
            **({"refusal": found} if isinstance(found, str) else {"reading": _json(found)}),
        }

    def read(self, text: str, silenced: Sequence[int] = ()) -> dict | str:
        """What the page gets for a text: a stored reading or one by `translate`; or why there is none."""
        if (spelled := alignments.spelled(text)) in self._texts:
            readings = self._stored[self._texts.index(spelled)]
            silenced = [place for place in silenced if place < len(readings) - 1]
            if len(set(silenced)) <= 1:
                return readings[silenced[0] + 1 if silenced else 0]
        if self._translate is None:
            return "What is not stored needs a running notebook, and a figure that was given `translate`."
        plain = self._translate(text, frozenset())
        reading = (
            plain if isinstance(plain, str) or not silenced else self._translate(text, frozenset(silenced))
        )
        if isinstance(reading, str):
            return reading
        return alignments.packed(reading, plain, set(silenced), "The translator's answer")

    def _read(self, state: SimpleNamespace) -> dict | str:
        return self.read(state.typed or self._texts[state.sentence], state.silenced)

    def _shown(self, state: SimpleNamespace) -> tuple[dict, int, int]:
        """The reading of a state, and which candidate and word of it."""
        reading = self._read(state)
        if isinstance(reading, str):
            raise ValueError(reading)
        number = min(state.candidate, len(reading["candidates"]) - 1)
        return reading, number, max(0, min(state.word, len(reading["candidates"][number]["words"]) - 1))

    def panels(self, **changes: object) -> list[np.ndarray]:
        """The matrix, a pixel a cell: (T, S, 3) uint8, the fuller the colour the more weight; grey is switched off."""
        reading, number, _ = self._shown(self.state(**changes))
        rows, columns = len(reading["candidates"][number]["words"]), len(reading["source"])
        weights = np.zeros((max(rows, 1), columns), int)
        weights[:rows] = np.reshape(reading["candidates"][number]["weights"], (rows, columns))
        picture = (255 * 255 + weights[..., None] * (FULL - 255) + 127) // 255
        picture[:, reading["silenced"]] = GREY
        return [picture.astype(np.uint8)]

    def render(self, **changes: object) -> np.ndarray:
        """The matrix with its words, the chosen row in a frame: (H, W, 3) uint8."""
        reading, number, row = self._shown(self.state(**changes))
        words, source = reading["candidates"][number]["words"], reading["source"]
        (cells,) = self.panels(**changes)
        labels = [
            [lettering.line(lettering.fitting(word, ROOM, LETTERS), LETTERS) for word in each]
            for each in (words, source)
        ]
        left, top = (max([8, *(label.width for label in each)]) + 12 for each in labels)
        height, width = CELL * cells.shape[0], CELL * cells.shape[1]
        picture = Image.new("RGB", (left + width + 8, top + height + 8), "white")
        picture.paste(Image.fromarray(cells.repeat(CELL, 0).repeat(CELL, 1)), (left, top))
        for i, label in enumerate(labels[0]):
            picture.paste(label, (left - 6 - label.width, top + CELL * i + 1))
        for i, label in enumerate(labels[1]):
            picture.paste(label.rotate(90, expand=True), (left + CELL * i + 1, top - 6 - label.width))
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left - 1, top - 1, left + width, top + height), outline=lettering.SOFT)
        frame = (left - 2, top + CELL * row - 1, left + width + 1, top + CELL * (row + 1))
        draw.rectangle(frame, outline=lettering.INK, width=2)
        return np.array(picture)

    def caption(self, **changes: object) -> str:
        """Where the chosen word looks, which candidate it is of, what was switched off and what that changed."""
        return alignments.told(*self._shown(self.state(**changes)))


def _of_one_sentence(readings: Sequence[Reading], number: int) -> list[dict]:
    """A sentence's readings for the page, or a ValueError."""
    readings = list(readings)
    if not readings or len(readings) != 1 + len(readings[0].source):
        raise ValueError(
            f"Sentence {number} has {len(readings)} readings; expected the plain one, and one with each source word "
            "switched off, in order. The recipe's `stored` makes them."
        )
    return [
        alignments.packed(each, readings[0], [i - 1] if i else [], f"Reading {i} of sentence {number}")
        for i, each in enumerate(readings)
    ]


def _without_weights(reading: dict) -> dict:
    kept = [{k: v for k, v in each.items() if k != "weights"} for each in reading["candidates"]]
    return {**reading, "candidates": kept}


def _json(reading: dict) -> dict:
    """A single reading with its weights as lists: so few that they need no payload."""
    listed = [{**each, "weights": each["weights"].ravel().tolist()} for each in reading["candidates"]]
    return {**reading, "candidates": listed}
