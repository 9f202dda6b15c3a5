"""Layers that lay shapes over a stage's pixels, as layers.js does on the page."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from helpers.figure.layers import Layer, Shape
from helpers.figure.symbols import written


def rows_of(values: object, width: int) -> list[list[float]]:
    """Numbers (N, width), or a single row of them, as a list of lists."""
    return np.asarray(values, float).reshape(-1, width).tolist()


@dataclass(eq=False)
class Box(Layer):
    """A frame round (left, top, width, height), or frames round (N, 4) of them, each with a text if given.

    A text stands in its frame's upper left corner; where it would cover an earlier one, it goes down by a third.
    """

    box: object
    text: object = ""

    def shapes(self, now: SimpleNamespace) -> list[Shape]:
        boxes = rows_of(now.box, 4)
        texts = now.text if isinstance(now.text, list) else [now.text]
        words: list[Shape] = []
        for (x, y, w, h), text in zip(boxes, texts, strict=False):
            near = [top for _, (left, top), _ in words if abs(left - x) < 0.75 * w]
            free = (k for k in range(3) if all(abs(top - y - k * h / 3) >= 0.25 * h for top in near))
            if text != "":
                words.append(("text", [x, y + next(free, 0) * h / 3], written(text)))
        return [("rect", each, "") for each in boxes] + words


@dataclass(eq=False)
class Dots(Layer):
    """Places (N, 2) as x, y in pixels (the middle of pixel 0 is 0.5), the chosen one in a ring."""

    places: object
    chosen: object = None
    radius: object = 0.4

    def shapes(self, now: SimpleNamespace) -> list[Shape]:
        dots = rows_of(now.places, 2)
        ring = [] if now.chosen is None else [("circle", [*dots[int(now.chosen)], 3 * now.radius], "")]
        return [("circle", [*dot, now.radius], "") for dot in dots] + ring


@dataclass(eq=False)
class Arrows(Layer):
    """Arrows (N, 4) or one, from x0, y0 to x1, y1; without heads they are lines."""

    ends: object
    heads: bool = True

    def shapes(self, now: SimpleNamespace) -> list[Shape]:
        kind = "arrow" if now.heads else "line"
        return [(kind, each, "") for each in rows_of(now.ends, 4)]


@dataclass(eq=False)
class Note(Layer):
    """Words at a place of the picture."""

    x: object
    y: object
    text: object

    def shapes(self, now: SimpleNamespace) -> list[Shape]:
        return [("text", [now.x, now.y], written(now.text))]
