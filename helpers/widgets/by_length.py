"""By length: BLEU by the length of the source, and under it sentences of each length as every system said them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np
import traitlets
from PIL import Image, ImageDraw

from helpers.widgets import checks, lettering, pictures
from helpers.widgets.base import Figure

MOST_SYSTEMS = 4  # as many colours and shapes of points as there are
COLOURS = (
    (51, 153, 179),
    (230, 102, 51),
    (204, 102, 255),
    (153, 160, 122),
)  # the page's, seen on light and on dark
WIDTH, HEIGHT, RIM, LETTERS = 360, 210, 30, 12  # pixels of the poster
FINE = 3  # it is drawn so much larger, and then shrunk: smooth lines


class Example(NamedTuple):
    """A sentence, its true translation, and what each system made of it.

    Attributes:
        source, truth: plain text.
        said: name of a system -> plain text.
    """

    source: str
    truth: str
    said: Mapping[str, str]


class ByLength(Figure):
    """Curves of BLEU over bins of source length; for the chosen bin, examples with the words that the truth lacks.

    Args:
        labels: what the bins are called, short to long, such as "1-5".
        curves: name of a system -> BLEU in each bin, from 0 to 100; NaN where the bin holds no sentence.
        counts: how many sentences each bin holds.
        examples: for each bin some examples; a bin may have none.
        alt: what the systems are, in a few words, for a reader who hears the page.
        controls: first values of `bin` and `example` (where a bin has fewer, its last).

    Raises:
        ValueError: the arguments do not fit together; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = ("by_length.js",)
    controls: ClassVar[tuple[str, ...]] = ("bin", "example")

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    curves = traitlets.List(help="A list a system; None where there is no score.").tag(sync=True)
    counts = traitlets.List(traitlets.Int()).tag(sync=True)
    examples = traitlets.List(help="A list a bin; words, and which of those said are marked.").tag(sync=True)
    bin = traitlets.Int(0, min=0).tag(sync=True)
    example = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        labels: Sequence[str],
        curves: Mapping[str, Sequence[float]],
        counts: Sequence[int],
        examples: Sequence[Sequence[Example]],
        alt: str = "",
        **controls: object,
    ) -> None:
        checks.some(curves, "curves")
        names, labels = list(curves), list(labels)
        if len(names) > MOST_SYSTEMS:
            raise ValueError(f"{len(names)} curves; expected at most {MOST_SYSTEMS}. Leave some out.")
        for what, given in {"counts": counts, "examples": examples, **curves}.items():
            if not labels or len(given) != len(labels):
                raise ValueError(
                    f"{what} has {len(given)} entries and there are {len(labels)} labels; expected one a bin, and at "
                    "least one bin."
                )
        for bin_examples in examples:
            for example in bin_examples:
                if list(example.said) != names:
                    raise ValueError(
                        f"An example says what {list(example.said)} said; expected {names}, as in the curves."
                    )
        self._labels_count = len(labels)
        super().__init__(
            {},
            controls,
            alt=alt or f"BLEU of {' and '.join(names)} by the length of the source.",
            labels=labels,
            names=names,
            curves=[_scores(curves[name], name) for name in names],
            counts=[int(count) for count in counts],
            examples=[[_packed(each) for each in some] for some in examples],
        )

    @traitlets.validate("bin")
    def _fits(self, proposal: dict) -> int:
        """Refuse a bin that there is not."""
        if proposal["value"] >= self._labels_count:
            raise traitlets.TraitError(
                f"bin = {proposal['value']} lies beyond the last; expected 0 to {self._labels_count - 1}"
            )
        return proposal["value"]

    @property
    def still(self) -> dict[str, object]:
        """The poster shows the longest sources."""
        return {"bin": len(self.labels) - 1}

    def _chosen(self, state: SimpleNamespace) -> tuple[int, dict | None]:
        """Which example of the bin, and the example."""
        some = self.examples[state.bin]
        number = min(state.example, len(some) - 1)
        return number, some[number] if some else None

    def render(self, **changes: object) -> np.ndarray:
        """The curves, the chosen bin marked: (H, W, 3) uint8."""
        state = self.state(**changes)
        picture = Image.new("RGB", (FINE * WIDTH, FINE * HEIGHT), "white")
        draw = ImageDraw.Draw(picture)
        bins = len(self.labels)
        step = (WIDTH - 2 * RIM) / bins

        def place(at: int, score: float) -> tuple[float, float]:
            return FINE * (RIM + step * (at + 0.5)), FINE * (HEIGHT - RIM - (HEIGHT - 2 * RIM) * score / 100)

        left = FINE * (RIM + step * state.bin)
        draw.rectangle((left, FINE * RIM, left + FINE * step, FINE * (HEIGHT - RIM)), fill=(238, 236, 244))
        for score in (0, 50, 100):
            height = place(0, score)[1]
            draw.line((FINE * RIM, height, FINE * (WIDTH - RIM), height), (213, 211, 220), FINE)
        for scores, colour in zip(self.curves, COLOURS, strict=False):
            dots = [None if score is None else place(at, score) for at, score in enumerate(scores)]
            for one, next_one in zip(dots, dots[1:], strict=False):
                if one and next_one:
                    draw.line((*one, *next_one), colour, 2 * FINE)
            for x, y in filter(None, dots):
                draw.ellipse((x - 4 * FINE, y - 4 * FINE, x + 4 * FINE, y + 4 * FINE), fill=colour)
        picture = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        for at, label in enumerate(self.labels):
            text = lettering.line(lettering.fitting(label, round(step), LETTERS), LETTERS)
            picture.paste(text, (round(RIM + step * (at + 0.5) - text.width / 2), HEIGHT - RIM + 6))
        for score in (0, 50, 100):
            text = lettering.line(str(score), LETTERS - 2)
            picture.paste(text, (RIM - 6 - text.width, round(place(0, score)[1] / FINE) - 8))
        at = RIM
        for name, colour in zip(self.names, COLOURS, strict=False):
            ImageDraw.Draw(picture).ellipse((at, 9, at + 9, 18), fill=colour)
            text = lettering.line(lettering.fitting(name, WIDTH // len(self.names) - 40, LETTERS), LETTERS)
            picture.paste(text, (at + 14, 5))
            at += 30 + text.width
        return np.array(picture)

    def caption(self, **changes: object) -> str:
        """The bin's scores, and which words of the example the truth lacks."""
        state = self.state(**changes)
        scores = ", ".join(
            f"{name} {'no score' if scores[state.bin] is None else pictures.decimal(scores[state.bin], 1)}"
            for name, scores in zip(self.names, self.curves, strict=True)
        )
        bin_told = f"Sources of {self.labels[state.bin]} words: {self.counts[state.bin]}. BLEU: {scores}."
        number, example = self._chosen(state)
        if example is None:
            return f"{bin_told} There is no example of this length."
        lacks = "; ".join(
            f"{name}: {_marked(said)}" for name, said in zip(self.names, example["said"], strict=True)
        )
        some = len(self.examples[state.bin])
        return f"{bin_told} Example {number + 1} of {some}, words that the truth lacks: {lacks}."


def foreign(said: Sequence[str], truth: Sequence[str]) -> list[int]:
    """The places of said words that the truth lacks; a word counts at most as often as the truth has it.

    Capital letters and marks at a word's ends make no difference.
    """
    left = Counter(map(_bare, truth))
    places = []
    for place, word in enumerate(map(_bare, said)):
        if word and left[word] == 0:
            places.append(place)
        left[word] -= word != "" and left[word] > 0
    return places


def _bare(word: str) -> str:
    return word.casefold().strip(".,;:!?¿¡\"'’“”()[]")


def _packed(example: Example) -> dict:
    """An example as the page gets it: texts, and what each system said in words and marks."""
    truth = example.truth.split()
    said = [{"words": text.split(), "marked": foreign(text.split(), truth)} for text in example.said.values()]
    return {"source": example.source, "truth": example.truth, "said": said}


def _marked(said: dict) -> str:
    return ", ".join(f"“{said['words'][place]}”" for place in said["marked"]) or "none"


def _scores(scores: Sequence[float], name: str) -> list[float | None]:
    """BLEU scores with None for NaN, or a ValueError."""
    array = np.asarray(scores, float)
    if wrong := [score for score in array.tolist() if score < 0 or score > 100]:
        raise ValueError(
            f"{name!r} has a BLEU of {wrong[0]}; expected 0 to 100. Multiply shares by 100; NaN is no score."
        )
    return [None if np.isnan(score) else score for score in array.tolist()]
