"""A control of lesson 10's figure: a frame on a picture, which moves sliders. Its twin is grip.js."""

from collections.abc import Sequence
from pathlib import Path

from helpers import figure as fig
from helpers.figure.pointing import Mover


class Grip(Mover):
    """A frame on a picture that a hand drags, scales by a corner and turns by its knob: it moves four sliders.

    Where the hand only points, a `Cell` goes to the nearest of some places.

    Args:
        sliders: for the centre's x and y, the size and the angle in degrees.
        handles: a symbol, (6, 2): the corners, the knob and the centre, in the stage's pixels.
        units: how far the x and the y slider go for one of these pixels.
        cell, places: what pointing sets, and a symbol (rows * columns, 2) of the places of its cells, row by row.
    """

    script = Path(__file__).with_name("grip.js")

    def __init__(
        self,
        sliders: Sequence[fig.Slider],
        handles: fig.Symbol,
        units: Sequence[float],
        cell: fig.Cell,
        places: fig.Symbol,
        name: str = "frame",
        **rest: object,
    ) -> None:
        rest |= {"sliders": [each.name for each in sliders], "handles": handles, "units": list(units)}
        super().__init__(name, cell=cell.name, places=places, columns=cell.args["shape"][1], **rest)
