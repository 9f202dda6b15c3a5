"""Controls on a picture: mouse, finger and keys move them there. Their twin is pointing.js."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from helpers.figure.computing import Lab
from helpers.figure.controls import Control
from helpers.figure.raster import ink
from helpers.figure.symbols import Look, Stored, Symbol, written


class Pointer(Control):
    """A place in a picture: `at.x`, `at.y` in its pixels, or in the cells of a grid over it.

    Args:
        shape: (H, W, ...) of the picture.
        grid: (rows, columns) of a coarse grid, or the pixels of the rows' and the columns' centres (two sequences, or
            symbols where the grid depends on another control: the place is kept when the grid changes).
        first: (x, y) in pixels; the middle if left out.
        hover: whether a mouse moves it without a button pressed.
        leap: pixels that an arrow key with Shift moves it; on a grid, cells.

    It answers as well on a stage that has the grid's cells as its pixels.
    """

    def __init__(
        self,
        shape: Sequence[int],
        grid: Sequence | None = None,
        first: Sequence[float] | None = None,
        name: str = "place",
        hover: bool = True,
        leap: int | None = None,
        **rest: object,
    ) -> None:
        self.height, self.width = (int(each) for each in shape[:2])
        rows, columns = (_centres(*each) for each in zip(grid or (None, None), shape, strict=False))
        rest |= {"step": 1 if grid else 2, "leap": leap or (4 if grid else 10), "hover": hover}
        rest |= {"size": [self.width, self.height], "rows": rows, "columns": columns}
        super().__init__(name, first or [self.width // 2, self.height // 2], **rest)
        self.x, self.y = self[0], self[1]

    def fits(self, value: object) -> list:
        place = list(value) if isinstance(value, Sequence | np.ndarray) and len(value) == 2 else [-1, -1]
        if not (0 <= place[0] <= self.width - 1 and 0 <= place[1] <= self.height - 1):
            self.refuse(value, f"[x, y] from [0, 0] to [{self.width - 1}, {self.height - 1}]")
        return [float(along) if along % 1 else int(along) for along in place]

    def find(self, look: Look, now: SimpleNamespace) -> list:
        x, y = look.state[self.name]
        if now.rows is None:
            return [x, y]
        return [int(np.abs(np.asarray(c) - p).argmin()) for c, p in ((now.columns, x), (now.rows, y))]

    def written(self, look: Look, spec: str) -> str:
        x, y = look(self)
        return f"row {written(y)}, column {written(x)}"


def _centres(cells: int | Sequence | Symbol | None, size: int) -> Symbol | None:
    """Pixels of the centres of so many cells along a side; the centres themselves pass through."""
    if cells is None or isinstance(cells, Symbol):
        return cells
    return Stored(
        (np.arange(cells) + 0.5) * size / cells - 0.5 if np.ndim(cells) == 0 else np.asarray(cells, float)
    )


class Cell(Control):
    """A cell of a matrix or of a coarse picture: `cell.row`, `cell.column`; counts may be symbols."""

    def __init__(
        self, name: str, shape: Sequence[int | Symbol], first: Sequence[int] = (0, 0), **rest: object
    ) -> None:
        super().__init__(name, list(first), shape=list(shape), **rest)
        self.row, self.column = self[0], self[1]

    def fits(self, value: object) -> list:
        if not isinstance(value, list | tuple) or len(value) != 2 or min(value) < 0:
            self.refuse(value, "[row, column], each from 0")
        return [int(each) for each in value]

    def find(self, look: Look, now: SimpleNamespace) -> list:
        return [min(at, max(most - 1, 0)) for at, most in zip(look.state[self.name], now.shape, strict=True)]

    def written(self, look: Look, spec: str) -> str:
        return "row {}, column {}".format(*look(self))


class Mover(Control):
    """A control that only moves others, and has no value of its own."""

    def __init__(self, name: str, **rest: object) -> None:
        super().__init__(name, 0, **rest)

    def fits(self, value: object) -> int:
        return self.whole(value, range(1), "0: it has no value of its own; set the controls that it moves")


class Paint(Control):
    """Strokes of a pen, by mouse, finger or keys: a list of strokes, each a list of [x, y] in a picture's pixels.

    `paint.ink` is what they leave: (H, W), 0 to 255, full within `width` / 2 of a stroke, none a pixel further out.
    """

    def __init__(
        self,
        shape: Sequence[int],
        width: float = 2.4,
        first: Sequence = (),
        name: str = "strokes",
        **rest: object,
    ) -> None:
        height, across = (int(each) for each in shape)
        self.size = [across, height]
        super().__init__(name, first, size=self.size, **rest)
        self.ink = Lab(None, "ink", ink, strokes=self, height=height, across=across, width=width)

    def fits(self, value: object) -> list:
        for x, y in (place for stroke in value for place in stroke):
            if not (0 <= x <= self.size[0] and 0 <= y <= self.size[1]):
                self.refuse([x, y], f"places from [0, 0] to {self.size}")
        return [[[float(x), float(y)] for x, y in stroke] for stroke in value]

    def written(self, look: Look, spec: str) -> str:
        return written(len(look(self)))
