"""Parts of a figure, each a picture, a chart or words of its own. Their twin is parts.js.

`shows` says what stands on the page in a state. The browser tests hold the page to it, and the poster draws it.
"""

from collections.abc import Sequence
from dataclasses import KW_ONLY, InitVar, dataclass
from typing import NamedTuple

import numpy as np

from helpers.figure.controls import Choice, Control, Slider
from helpers.figure.layers import Heat, Layer, Shape
from helpers.figure.pointing import Cell
from helpers.figure.raster import tiled
from helpers.figure.symbols import Each, Look, Names, Piece, Symbol, stored, written

GAP, BETWEEN = 1, 110  # between two small pictures: pixels, and a grey that differs from black and white
BEHIND = 255  # a stage's first layer, where that lets anything through


class Shown(NamedTuple):
    """What a part shows in a state: pixels (H, W, 3) uint8 or None, shapes over them or in a chart, texts in order."""

    pixels: np.ndarray | None = None
    shapes: Sequence[Shape] = ()
    texts: Sequence[str] = ()


@dataclass(eq=False)
class Part(Piece):
    """A part; every field may be a symbol. `title` is written above it; `when` hides it where it is 0."""

    _: KW_ONLY
    title: object = ""
    when: object = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.controls: list[Control] = []

    def answers(self, control: Control | None) -> None:
        """Let a control answer on this part."""
        self.args["answer"] = control.name if control else None
        self.controls = [control] if control else []

    def shows(self, look: Look) -> Shown:
        """What stands on the page in this state."""
        raise NotImplementedError


class Column(Part):
    """Parts one above the other."""

    def __init__(self, *parts: Part, **rest: object) -> None:
        super().__init__(**rest)
        self.args["parts"] = list(parts)


class Stage(Part):
    """Layers over one another, of the first layer's size.

    Args:
        layers: from below to above.
        pointer: a Pointer, Cell, Paint or a lesson's own control that answers on this stage.
        side: CSS pixels of its longer side, about.
    """

    def __init__(
        self, *layers: Layer, pointer: Control | None = None, side: int = 384, **rest: object
    ) -> None:
        super().__init__(**rest)
        if not layers:
            raise ValueError("A stage needs at least one layer, such as fig.Image(picture).")
        self.layers = list(layers)
        self.args |= {"side": side, "layers": self.layers}
        self.answers(pointer)

    def shows(self, look: Look) -> Shown:
        return Shown(*drawn(self.layers, look))


def drawn(layers: Sequence[Layer], look: Look) -> tuple[np.ndarray, list[Shape]]:
    """The pixels of layers over one another, and the shapes over these."""
    seen = [(layer, now) for layer in layers if (now := layer.now(look))]
    size = next((size for layer, now in seen if (size := layer.size(now))), None)
    if size is None:
        raise ValueError(
            "A stage's first layer must be a picture: fig.Image, Heat, Classes, Regions or Crop."
        )
    pixels = np.full((*size, 3), BEHIND, np.uint8)
    for layer, now in seen:
        pixels = layer.paint(pixels, now)
    return pixels, [shape for layer, now in seen for shape in layer.shapes(now)]


class Row(Part):
    """The same layers for each of several small pictures, side by side.

    Args:
        each: fig.Each(count), by which the layers pick theirs.
        layers: from below to above.
        titles: a text a picture, below it.
        columns: how many stand side by side; all if left out.
        choose: a Choice or Slider that a click on a picture sets; the chosen one is framed.
        side: CSS pixels of the longer side of all, about.
    """

    def __init__(
        self,
        each: Each,
        *layers: Layer,
        titles: Sequence[str] | Symbol = (),
        columns: int | None = None,
        choose: Choice | Slider | None = None,
        side: int = 600,
        **rest: object,
    ) -> None:
        if each.count < 1:
            raise ValueError(f"A row shows at least one picture; fig.Each({each.count}) counts none.")
        super().__init__(**rest)
        self.layers, count = list(layers), each.count
        self.args |= {"each": each, "count": count, "columns": min(columns or count, count), "chosen": choose}
        self.args |= {"layers": self.layers, "titles": named(titles), "side": side}
        self.answers(choose)

    def shows(self, look: Look) -> Shown:
        now, tiles = self.now(look), []
        for look.turn in range(now.count):
            tiles.append(drawn(self.layers, look))
        look.turn = 0
        pixels, corners = tiled([tile for tile, _ in tiles], now.columns, GAP, BETWEEN)
        shapes = []
        for i, ((tile, over), (top, left)) in enumerate(zip(tiles, corners, strict=True)):
            shapes += [moved(shape, left, top) for shape in over]
            if i == now.chosen:
                shapes.append(("rect", [left, top, tile.shape[1], tile.shape[0]], ""))
        return Shown(pixels, shapes, now.titles)


def moved(shape: Shape, left: float, top: float) -> Shape:
    """A shape elsewhere."""
    kind, numbers, text = shape
    moves = 2 if kind in ("circle", "rect") else len(numbers)
    return kind, [n + (left, top)[i % 2] if i < moves else n for i, n in enumerate(numbers)], text


def named(texts: Sequence | Symbol) -> Symbol:
    """Texts as a symbol."""
    return texts if isinstance(texts, Symbol) else Names(list(texts))


@dataclass(eq=False)
class Matrix(Part):
    """Numbers (rows, columns) in cells of colour, with the names of `rows` and `columns`.

    Args:
        low, high, colours: as of `Heat`.
        numbers: a format such as ".2f" writes each number into its cell.
        choose: a Cell, or a Choice of a row, that a click or an arrow key moves.
    """

    values: object
    rows: Sequence[str] | Symbol = ()
    columns: Sequence[str] | Symbol = ()
    low: InitVar[object] = 0
    high: InitVar[object] = 1
    colours: InitVar[object] = "Purples"
    numbers: str = ""
    choose: Cell | Choice | None = None
    side: int = 300

    def __post_init__(self, low: object, high: object, colours: object) -> None:
        self.rows, self.columns = named(self.rows), named(self.columns)
        self.values = stored(self.values)
        self.layers = [Heat(self.values, low, high, colours)]
        super().__post_init__()
        self.args["layers"] = self.layers
        self.answers(self.choose)

    def shows(self, look: Look) -> Shown:
        now, (pixels, shapes) = self.now(look), drawn(self.layers, look)
        if now.choose is not None:
            whole = not isinstance(now.choose, list)
            box = [0, now.choose, pixels.shape[1], 1] if whole else [now.choose[1], now.choose[0], 1, 1]
            shapes = [("rect", box, "")]
        cells = [written(float(v), now.numbers) for v in np.ravel(now.values)] if now.numbers else []
        return Shown(pixels, shapes, [*now.rows, *cells, *now.columns])
