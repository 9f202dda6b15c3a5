"""A control of lesson 02's figure: the numbers of a grid, typed one by one. Its twin is entries.js."""

from pathlib import Path

from helpers import figure as fig
from helpers.figure.pointing import Mover


class Entries(Mover):
    """An input over each pixel of a stage, so that the numbers of a grid are typed one by one.

    Args:
        field: what is typed goes there, with the rest of the grid, as a text: "1 2; 3 4".
        values: a symbol, (rows, columns): the grid that the stage shows.
        most: the largest size of a number.
    """

    script = Path(__file__).with_name("entries.js")

    def __init__(self, name: str, field: fig.Field, values: fig.Symbol, most: float, **rest: object) -> None:
        super().__init__(name, field=field.name, values=values, most=most, **rest)
