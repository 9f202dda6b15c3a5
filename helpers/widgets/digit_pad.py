"""A pad to draw a digit on, by mouse, finger, pen or keyboard; Python reads the ink."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers.widgets.base import Figure

SIDE = 28  # pixels, as MNIST's digits have
FINE = 10  # strokes are kept in tenths of a pixel
RADIUS = 12  # of the pen, in tenths: about as thick as MNIST's strokes


class DigitPad(Figure):
    """Draw a digit; `ink` is what was drawn, as a digit of MNIST would be.

    Args:
        alt: what the pad is for, for a reader who hears the page.
        controls: first values of `strokes` (each a list of places [x, y] in tenths of a pixel, 0 to 280), `x` and `y`
            (the keyboard's pen, in whole pixels) and `down` (whether it draws).

    Raises:
        ValueError: a stroke holds a place outside the pad; the message says which.
    """

    scripts: ClassVar[tuple[str, ...]] = ("digit_pad.js",)
    controls: ClassVar[tuple[str, ...]] = ("strokes", "x", "y", "down")

    strokes = traitlets.List(traitlets.List(traitlets.List(traitlets.Int(), minlen=2, maxlen=2))).tag(
        sync=True
    )
    x = traitlets.Int(SIDE // 2, min=0, max=SIDE - 1).tag(sync=True)
    y = traitlets.Int(SIDE // 2, min=0, max=SIDE - 1).tag(sync=True)
    down = traitlets.Bool(False).tag(sync=True)

    def __init__(self, alt: str = "A pad of 28 by 28 pixels to draw a digit on.", **controls: object) -> None:
        super().__init__({}, controls, alt=alt)

    @traitlets.validate("strokes")
    def _inside(self, proposal: dict) -> list:
        for stroke in proposal["value"]:
            for place in stroke:
                if not all(0 <= along <= SIDE * FINE for along in place):
                    raise traitlets.TraitError(
                        f"a stroke goes through {place}; places lie within 0..{SIDE * FINE}, in tenths of a pixel"
                    )
        return proposal["value"]

    @property
    def ink(self) -> np.ndarray:
        """What is drawn now, (28, 28) uint8, bright on black; all 0 on an empty pad."""
        return drawn(self.strokes)

    def render(self, **changes: object) -> np.ndarray:
        """The pad in this state, (28, 28, 3) uint8; the keyboard's pen as a grey dot."""
        state = self.state(**changes)
        picture = drawn(state.strokes)[..., None].repeat(3, axis=2)
        picture[state.y, state.x] = np.where(picture[state.y, state.x] > 127, 90, 170)
        return picture

    def caption(self, **changes: object) -> str:
        """Where the keyboard's pen is, and how much is drawn."""
        state = self.state(**changes)
        inked = int((drawn(state.strokes) > 127).sum())
        return f"{self._pen(state)} {inked} of {SIDE * SIDE} pixels hold ink."

    def _pen(self, state: SimpleNamespace) -> str:
        return f"Pen at row {state.y}, column {state.x}, {'drawing' if state.down else 'lifted'}."


def drawn(strokes: list[list[list[int]]]) -> np.ndarray:
    """Draw strokes of a round pen: full ink within its radius, none a pixel further out. (28, 28) uint8."""
    rows, columns = np.mgrid[:SIDE, :SIDE] * FINE + FINE / 2
    nearest = np.full((SIDE, SIDE), np.inf)
    for stroke in strokes:
        for start, end in zip(stroke, stroke[1:] or stroke, strict=False):
            nearest = np.minimum(nearest, _distance(columns, rows, start, end))
    return np.floor(np.clip((RADIUS + FINE / 2 - nearest) / FINE, 0, 1) * 255 + 0.5).astype(np.uint8)


def _distance(x: np.ndarray, y: np.ndarray, start: list[int], end: list[int]) -> np.ndarray:
    """From places to the straight line between two others."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = max(across**2 + down**2, 1)
    along = np.clip(((x - start[0]) * across + (y - start[1]) * down) / length, 0, 1)
    return np.hypot(x - start[0] - along * across, y - start[1] - along * down)
