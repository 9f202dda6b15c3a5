"""A pad to draw a digit on, composed from the kit; two lessons use it."""

from collections.abc import Sequence

import numpy as np

from helpers.figure.composed import Figure
from helpers.figure.layers import Image
from helpers.figure.parts import Stage
from helpers.figure.pointing import Paint

SIDE = 28  # pixels, as MNIST's digits have


class DigitPad(Figure):
    """Draw a digit by mouse, finger, pen or keys; `ink` is what was drawn, as a digit of MNIST would be.

    Args:
        alt: what the pad is for, for a reader who hears the page.
        strokes: what is drawn at first: each a list of places [x, y] in pixels, 0 to 28.
    """

    def __init__(
        self, alt: str = "A pad of 28 by 28 pixels to draw a digit on.", strokes: Sequence = ()
    ) -> None:
        self._pen = Paint((SIDE, SIDE), first=strokes)
        stage = Stage(Image(self._pen.ink), title="Draw a digit here", pointer=self._pen, side=280)
        super().__init__(stage, caption="Strokes on the pad: {strokes}.", alt=alt, lines=1)

    @property
    def ink(self) -> np.ndarray:
        """What is drawn now, (28, 28) uint8, bright on black; all 0 on an empty pad."""
        return self.look()(self._pen.ink)
