"""Parts of a figure, each a picture, a chart or words of its own. Their twin is parts.js.

`shows` says what a part shows in a state: `pixels` (H, W, 3) or None, `shapes` over them or in its chart, `texts`.
The browser tests hold the page to it, and the poster draws it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from helpers.figure import taking
from helpers.figure.controls import Cell, Cells, Choice, Control, Slider, Switches
from helpers.figure.layers import Heat, Layer, Shape
from helpers.figure.symbols import Each, Look, Names, Pick, Piece, Stored, Symbol, stored, write, written

GAP, BETWEEN = 1, 110  # between two small pictures: pixels, and a grey that differs from black and white
BEHIND = 255  # a stage's first layer, where that lets anything through
CHART = {"width": 340, "height": 200, "left": 46, "right": 12, "top": 12, "bottom": 30}  # a chart's own units
ROOM = 40  # of a chart's units between two labels of its axis
# 3 : 1 on light and on dark
LINE_COLOURS = ("#2f8fae", "#d9582a", "#a24fd6", "#7c8a3a", "#c2467a", "#4b67c8")


class Shown(NamedTuple):
    """What a part shows in one state."""

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

    def answers(self, control: object) -> None:
        """Let a control answer on this part."""
        self.args["answer"] = getattr(control, "pointer", control).name if control else None
        self.args["cells"] = isinstance(control, Cells)
        self.controls = [getattr(control, "pointer", control)] if control else []

    def shows(self, look: Look) -> Shown:
        """What stands on the page in this state."""
        raise NotImplementedError


class Column(Part):
    """Parts one above the other."""

    def __init__(self, *parts: Part, title: object = "", when: object = 1) -> None:
        self.title, self.when = title, when
        super().__post_init__()
        self.args["parts"] = list(parts)


class Stage(Part):
    """Layers over one another, of the first layer's size.

    Args:
        layers: from below to above.
        pointer: a Pointer (or its `.cells`), Cell, BoxHandle, Grip, Entries or Paint that answers on this stage.
        side: CSS pixels of its longer side, about.
    """

    def __init__(
        self,
        *layers: Layer,
        title: object = "",
        pointer: Control | Cells | None = None,
        side: int = 384,
        when: object = 1,
    ) -> None:
        if not layers:
            raise ValueError("A stage needs at least one layer, such as fig.Image(picture).")
        self.title, self.when = title, when
        super().__post_init__()
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
            "The first layer of a stage must be a picture: Image, Heat, Classes, Regions or Crop."
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
        title: object = "",
        titles: Sequence[str] | Symbol = (),
        columns: int | None = None,
        choose: Choice | Slider | None = None,
        side: int = 600,
        when: object = 1,
    ) -> None:
        self.title, self.when = title, when
        super().__post_init__()
        self.layers, count = list(layers), each.count
        self.args |= {"each": each, "count": count, "columns": min(columns or count, count), "chosen": choose}
        self.args |= {"layers": self.layers, "titles": named(titles), "side": side}
        self.answers(choose)

    def shows(self, look: Look) -> Shown:
        now, tiles = self.now(look), []
        for look.turn in range(now.count):
            tiles.append(drawn(self.layers, look))
        look.turn = 0
        height, width = tiles[0][0].shape[:2]
        down, across = height + GAP, width + GAP
        rows = -(-now.count // now.columns)
        pixels = np.full((rows * down - GAP, now.columns * across - GAP, 3), BETWEEN, np.uint8)
        shapes = []
        for i, (tile, over) in enumerate(tiles):
            top, left = i // now.columns * down, i % now.columns * across
            pixels[top : top + height, left : left + width] = tile
            shapes += [moved(shape, left, top) for shape in over]
            shapes += [("rect", [left, top, width, height], "")] if i == now.chosen else []
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
    """Numbers in cells of colour, with names for rows and columns.

    Args:
        values: (rows, columns).
        rows, columns: names.
        low, high, colours: as of `Heat`.
        numbers: a format such as ".2f" writes each number into its cell.
        choose: a Cell, or a Choice of a row, that a click or an arrow key moves.
    """

    values: object
    rows: Sequence[str] | Symbol = ()
    columns: Sequence[str] | Symbol = ()
    low: object = 0
    high: object = 1
    colours: object = "Purples"
    numbers: str = ""
    choose: Cell | Choice | None = None
    side: int = 300

    def __post_init__(self) -> None:
        self.rows, self.columns = named(self.rows), named(self.columns)
        self.layers = [Heat(self.values, self.low, self.high, self.colours)]
        self.colours = None  # the layer has them
        super().__post_init__()
        self.args |= {"layers": self.layers, "values": self.layers[0].args["values"]}
        self.answers(self.choose)

    def shows(self, look: Look) -> Shown:
        now, (pixels, shapes) = self.now(look), drawn(self.layers, look)
        if now.choose is not None:
            whole = not isinstance(now.choose, list)
            box = [0, now.choose, pixels.shape[1], 1] if whole else [now.choose[1], now.choose[0], 1, 1]
            shapes = [("rect", box, "")]
        cells = [written(float(v), now.numbers) for v in np.ravel(now.values)] if now.numbers else []
        return Shown(pixels, shapes, [*now.rows, *cells, *now.columns])


@dataclass(eq=False)
class Tokens(Part):
    """Words in a row, of which one can be chosen, or each switched off.

    Args:
        words: their texts.
        choose: a Choice among them (its options may be the same symbol): click, arrows, Home and End.
        off: Switches among them: a click switches a word off or on.
        weights: a number from 0 to 1 a word, drawn as a bar below it.
        notes: a small text below each word.
        marked: a flag a word: underlined.
        hover: whether a mouse over a word chooses it, without a click.
    """

    words: Sequence[str] | Symbol
    choose: Choice | None = None
    off: Switches | None = None
    weights: object = None
    notes: Sequence[str] | Symbol = ()
    marked: object = None
    hover: bool = False

    def __post_init__(self) -> None:
        if self.choose and self.off:
            raise ValueError(
                "A word can be chosen or switched off by a click, not both; take two rows of tokens."
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

    The ribbons of the word that is chosen in the second row stand out.

    Args:
        source, target: the rows.
        weights: (target's words, source's words), each from 0 to 1.
    """

    def __init__(self, source: Tokens, target: Tokens, weights: object, **rest: object) -> None:
        super().__init__(source, target, **rest)
        self.args["weights"] = stored(weights)


@dataclass(eq=False)
class Lines(Part):
    """Curves over one axis, with a mark that moves along them and the numbers there.

    Args:
        series: name -> (n,) numbers; NaN leaves a gap.
        x: n increasing numbers, or n names, along the axis; 0, 1, ... if left out.
        mark: a Slider or Choice: where the mark stands. A click moves it, and so do arrow keys.
        numbers: the format of the numbers, such as ".2f".
        low, high: of the upward axis; the numbers' own if left out.
        colours: one a curve, as the page writes them.
    """

    series: Mapping[str, object]
    x: Sequence | None = None
    mark: Slider | Choice | None = None
    numbers: str = ".2f"
    low: float | None = None
    high: float | None = None
    colours: Sequence[str] = LINE_COLOURS

    def __post_init__(self) -> None:
        self.names = taking.distinct(list(self.series), "curves")
        values = [
            each if isinstance(each, Symbol) else Stored(each, name) for name, each in self.series.items()
        ]
        if self.low is None or self.high is None:
            ends = _ends(values, self.names)
            self.low, self.high = (
                end if own is None else own for end, own in zip(ends, (self.low, self.high), strict=True)
            )
        words = self.x is not None and any(isinstance(each, str) for each in self.x)
        labels = None if self.x is None else [each if words else written(float(each)) for each in self.x]
        places = None if self.x is None or words else Stored(np.asarray(self.x, float))
        colours = [self.colours[i % len(self.colours)] for i in range(len(values))]
        self.series, self.x = None, None
        super().__post_init__()
        self.args |= {"names": self.names, "values": values, "x": places, "colours": colours}
        self.args["labels"] = labels and Names(labels)
        self.answers(self.mark)

    def curves(self, now: SimpleNamespace) -> tuple[np.ndarray, list[np.ndarray]]:
        """The places of the numbers across, and those of each curve downwards, in the chart's units."""
        values = [np.asarray(each, float) for each in now.values]
        x = np.arange(max(map(len, values)), dtype=float) if now.x is None else now.x
        wide, bottom = CHART["width"] - CHART["left"] - CHART["right"], CHART["height"] - CHART["bottom"]
        span = (now.high - now.low) or 1  # divided by last: its inverse may be more than a number holds
        ups = [bottom - (bottom - CHART["top"]) * (each - now.low) / span for each in values]
        return CHART["left"] + wide * (x - x[0]) / (x[-1] - x[0] or 1), ups

    def shows(self, look: Look) -> Shown:
        now = self.now(look)
        across, ups = self.curves(now)
        shapes = [("polyline", run, "") for up in ups for run in runs(across, up)]
        labels = now.labels or [written(i) for i in range(len(across))]
        texts = [
            written(now.high, now.numbers),
            written(now.low, now.numbers),
            *(labels[i] for i in spaced(across)),
        ]
        if now.mark is None:
            return Shown(None, shapes, texts + now.names)
        at, bottom = now.mark, CHART["height"] - CHART["bottom"]
        shapes.append(("line", [across[at], CHART["top"], across[at], bottom], ""))
        marked = [up[at] for up in ups if at < len(up) and np.isfinite(up[at])]
        shapes += [("circle", [across[at], up, 4], "") for up in marked]
        for name, values in zip(now.names, now.values, strict=True):
            texts += [name, written(float(values[at]) if at < len(values) else None, now.numbers)]
        return Shown(None, shapes, texts)


def spaced(across: Sequence[float]) -> list[int]:
    """Which labels of an axis have room: from the left, and always the last."""
    kept, last = [0], len(across) - 1
    for i, x in enumerate(across):
        if x - across[kept[-1]] >= ROOM and (across[-1] - x >= ROOM or i == last):
            kept.append(i)
    return kept if kept[-1] == last else [*kept, last]


def _ends(symbols: Sequence[Symbol], names: Sequence[str]) -> tuple[float, float]:
    """The least and the greatest number that any of these picks may come to."""
    every = [np.empty(0)]
    for symbol in symbols:
        while isinstance(symbol, Pick):
            symbol = symbol.of
        if not isinstance(symbol, Stored):
            raise ValueError("A curve that a lab computes needs the axis' ends: Lines(..., low=, high=).")
        every += map(np.ravel, symbol.tree if isinstance(symbol.tree, list) else [symbol.tree])
    every = np.concatenate(every).astype(float)
    if not np.isfinite(every).any():
        raise ValueError(f"The curves {', '.join(names)} hold no finite number: there is nothing to draw.")
    return float(every[np.isfinite(every)].min()), float(every[np.isfinite(every)].max())


def runs(across: np.ndarray, up: np.ndarray) -> list[list[float]]:
    """The unbroken pieces of a curve, each as x0, y0, x1, y1, ...; a lone point is a line of no length."""
    found: list[list[float]] = [[]]
    for x, y in zip(across, up, strict=False):
        if np.isfinite(y):
            found[-1] += [float(x), float(y)]
        elif found[-1]:
            found.append([])
    return [run if len(run) > 2 else run * 2 for run in found if run]


@dataclass(eq=False)
class Bars(Part):
    """Shares of several names as bars, with the numbers beside them.

    Args:
        names: a name a bar.
        values: a number a bar.
        high: the value of a full bar.
        numbers: their format.
        colours: (bars, 3) uint8, such as the course's class colours; one colour for all if left out.
    """

    names: Sequence[str] | Symbol
    values: object
    high: object = 1
    numbers: str = ".0%"
    colours: object = None

    def __post_init__(self) -> None:
        self.names = named(self.names)
        super().__post_init__()

    def shows(self, look: Look) -> Shown:
        now = self.now(look)
        pairs = [(name, float(value)) for name, value in zip(now.names, now.values, strict=False)]
        bars = [("bar", [100 * min(max(value / now.high, 0), 1)], "") for _, value in pairs]
        texts = [text for name, value in pairs for text in (name, written(value, now.numbers))]
        return Shown(None, bars, texts)


class Words(Part):
    """Lines of text."""

    def __init__(self, *lines: object, title: object = "", when: object = 1) -> None:
        self.title, self.when = title, when
        super().__post_init__()
        self.args["lines"] = list(lines)

    def shows(self, look: Look) -> Shown:
        return Shown(texts=[write(look, line) for line in self.args["lines"]])
