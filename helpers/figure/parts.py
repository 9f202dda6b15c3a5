"""Parts of a figure, each a picture, a chart or words of its own. Their twin is parts.js.

`shows` says what a part shows in a state: `pixels` (H, W, 3) or None, `shapes` over them or in its chart, `texts`.
The browser tests hold the page to it, and the poster draws it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from helpers.figure import taking
from helpers.figure.controls import BoxHandle, Cell, Cells, Choice, Control, Paint, Pointer, Slider, Switches
from helpers.figure.layers import Heat, Layer, Shape
from helpers.figure.symbols import Each, Look, Names, Pick, Stored, Symbol, stored, written

GAP, BETWEEN = (
    1,
    110,
)  # between two small pictures: pixels, and a grey that neither black nor white edges hide in
BEHIND = 255  # a stage's first layer, where that lets anything through
CHART = {"width": 340, "height": 200, "left": 46, "right": 12, "top": 12, "bottom": 30}  # a chart's own units
LINE_COLOURS = (
    "#2f8fae",
    "#d9582a",
    "#a24fd6",
    "#7c8a3a",
    "#c2467a",
    "#4b67c8",
)  # 3 : 1 on light and on dark


class Shown(NamedTuple):
    """What a part shows in one state."""

    pixels: np.ndarray | None = None
    shapes: Sequence[Shape] = ()
    texts: Sequence[str] = ()


class Part:
    """A part; every argument may be a symbol. `title` is written above it; `when` hides it where it is 0."""

    kind = ""

    def __init__(self, title: object = "", when: object = 1, **args: object) -> None:
        self.args = {"title": title, "when": stored(when), **{k: stored(v) for k, v in args.items()}}

    def given(self, look: Look) -> dict:
        """The values of the arguments."""
        return {name: look(value) for name, value in self.args.items()}

    def shows(self, look: Look) -> Shown:
        """What stands on the page in this state."""
        raise NotImplementedError


class Column(Part):
    """Parts one above the other."""

    kind = "column"

    def __init__(self, *parts: Part, title: object = "", when: object = 1) -> None:
        super().__init__(title, when)
        self.args["parts"] = list(parts)


class Stage(Part):
    """Layers over one another, of the first layer's size.

    Args:
        layers: from below to above.
        pointer: a Pointer (or its `.cells`), Cell, BoxHandle or Paint that answers on this stage.
        side: CSS pixels of its longer side, about.
    """

    kind = "stage"

    def __init__(
        self,
        *layers: Layer,
        title: object = "",
        pointer: Pointer | Cells | Cell | BoxHandle | Paint | None = None,
        side: int = 384,
        when: object = 1,
    ) -> None:
        super().__init__(title, when, side=side, cells=isinstance(pointer, Cells))
        self.args |= {"layers": list(layers), "pointer": _named(pointer)}
        self.controls = [getattr(pointer, "pointer", pointer)] if pointer is not None else []
        if not layers:
            raise ValueError("A stage needs at least one layer, such as fig.Image(picture).")

    def shows(self, look: Look) -> Shown:
        return Shown(*drawn(self.args["layers"], look))


def _named(control: object) -> str | None:
    return getattr(control, "pointer", control).name if control is not None else None


def drawn(layers: Sequence[Layer], look: Look) -> tuple[np.ndarray, list[Shape]]:
    """The pixels of layers over one another, and the shapes over these."""
    inputs = [(layer, layer.inputs(look)) for layer in layers]
    size = next((layer.size(**found) for layer, found in inputs if found and layer.size(**found)), None)
    if size is None:
        raise ValueError(
            "The first layer of a stage must be a picture: Image, Heat, Classes, Regions or Crop."
        )
    pixels = np.full((*size, 3), BEHIND, np.uint8)
    for layer, found in inputs:
        pixels = layer.paint(pixels, **found) if found else pixels
    return pixels, [shape for layer, found in inputs if found for shape in layer.shapes(**found)]


class Row(Part):
    """The same layers for each of several small pictures, side by side.

    Args:
        each: fig.Each(count), by which the layers pick theirs.
        layers: from below to above.
        titles: a text a picture, below it.
        columns: how many stand side by side; all if left out.
        choose: a Choice or Slider that a click on a picture sets; the chosen one is framed.
    """

    kind = "row"

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
        count = each.args["count"]
        titles = titles if isinstance(titles, Symbol) else Names(list(titles))
        super().__init__(
            title,
            when,
            each=each,
            count=count,
            columns=columns or count,
            titles=titles,
            side=side,
            chosen=choose,
        )
        self.args |= {"layers": list(layers), "choose": _named(choose)}
        self.controls = [choose] if choose else []

    def shows(self, look: Look) -> Shown:
        given = {name: look(self.args[name]) for name in ("count", "columns", "titles", "chosen")}
        count, columns = given["count"], min(given["columns"], given["count"])
        tiles = []
        for look.turn in range(count):
            tiles.append(drawn(self.args["layers"], look))
        look.turn = 0
        height, width = tiles[0][0].shape[:2]
        rows = -(-count // columns)
        down, across = height + GAP, width + GAP
        pixels = np.full((rows * down - GAP, columns * across - GAP, 3), BETWEEN, np.uint8)
        shapes = []
        for i, (tile, over) in enumerate(tiles):
            top, left = i // columns * down, i % columns * across
            pixels[top : top + height, left : left + width] = tile
            shapes += [moved(shape, left, top) for shape in over]
            if i == given["chosen"]:
                shapes.append(("rect", [left, top, width, height], ""))
        return Shown(pixels, shapes, given["titles"])


def moved(shape: Shape, left: float, top: float) -> Shape:
    """A shape elsewhere."""
    kind, numbers, text = shape
    moves = {"circle": 2, "rect": 2}.get(kind, len(numbers))
    return kind, [n + (left, top)[i % 2] if i < moves else n for i, n in enumerate(numbers)], text


class Matrix(Part):
    """Numbers in cells of colour, with names for rows and columns.

    Args:
        values: (rows, columns).
        rows, columns: names.
        low, high, colours: as of `Heat`.
        numbers: a format such as ".2f" writes each number into its cell.
        choose: a Cell, or a Choice of a row, that a click or an arrow key moves.
    """

    kind = "matrix"

    def __init__(
        self,
        values: object,
        rows: Sequence[str] | Symbol = (),
        columns: Sequence[str] | Symbol = (),
        title: object = "",
        low: object = 0,
        high: object = 1,
        colours: object = "Purples",
        numbers: str = "",
        choose: Cell | Choice | None = None,
        side: int = 300,
        when: object = 1,
    ) -> None:
        rows, columns = (each if isinstance(each, Symbol) else Names(list(each)) for each in (rows, columns))
        super().__init__(title, when, rows=rows, columns=columns, numbers=numbers, side=side, chosen=choose)
        heat = Heat(values, low, high, colours)
        self.args |= {"layers": [heat], "values": heat.args["values"], "choose": _named(choose)}
        self.controls = [choose] if choose else []

    def shows(self, look: Look) -> Shown:
        given = {name: look(self.args[name]) for name in ("rows", "columns", "numbers", "chosen", "values")}
        pixels, _ = drawn(self.args["layers"], look)
        chosen, (height, width) = given["chosen"], pixels.shape[:2]
        frame = []
        if chosen is not None:
            row, column = chosen if isinstance(chosen, list) else (chosen, None)
            box = [0, row, width, 1] if column is None else [column, row, 1, 1]
            frame = [("rect", box, "")]
        cells = np.asarray(given["values"], float).ravel() if given["numbers"] else []
        return Shown(
            pixels,
            frame,
            [*given["rows"], *given["columns"], *(written(float(v), given["numbers"]) for v in cells)],
        )


class Tokens(Part):
    """Words in a row, of which one can be chosen, and each switched off.

    Args:
        words: their texts.
        choose: a Choice among them (its options may be the same symbol): click, arrows, Home and End.
        off: Switches among them: a click switches a word off or on.
        weights: a number from 0 to 1 a word, drawn as a bar below it.
        notes: a small text below each word.
        marked: a flag a word: underlined.
    """

    kind = "tokens"

    def __init__(
        self,
        words: Sequence[str] | Symbol,
        title: object = "",
        choose: Choice | None = None,
        off: Switches | None = None,
        weights: object = None,
        notes: Sequence[str] | Symbol = (),
        marked: object = None,
        when: object = 1,
    ) -> None:
        words, notes = (each if isinstance(each, Symbol) else Names(list(each)) for each in (words, notes))
        if choose and off:
            raise ValueError(
                "A word can be chosen or switched off by a click, not both; take two rows of tokens."
            )
        args = {
            "words": words,
            "chosen": choose,
            "on": off,
            "weights": weights,
            "notes": notes,
            "marked": marked,
        }
        super().__init__(title, when, **args)
        self.args |= {"choose": _named(choose), "off": _named(off)}
        self.controls = [each for each in (choose, off) if each]

    def shows(self, look: Look) -> Shown:
        given = {name: look(self.args[name]) for name in ("words", "weights", "notes")}
        weights = [] if given["weights"] is None else np.asarray(given["weights"], float)
        bars = [("bar", [100 * float(w)], "") for w, _ in zip(weights, given["words"], strict=False)]
        notes = [each for each in given["notes"] if each][: len(given["words"])]
        return Shown(None, bars, [*given["words"], *notes])


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

    kind = "lines"

    def __init__(
        self,
        series: Mapping[str, object],
        x: Sequence | None = None,
        title: object = "",
        mark: Slider | Choice | None = None,
        numbers: str = ".2f",
        low: float | None = None,
        high: float | None = None,
        colours: Sequence[str] = LINE_COLOURS,
        when: object = 1,
    ) -> None:
        names = taking.distinct(list(series), "curves")
        values = [each if isinstance(each, Symbol) else Stored(each, name) for name, each in series.items()]
        every = np.concatenate([_all_numbers(each) for each in values])
        every = every[np.isfinite(every)]
        if not len(every):
            raise ValueError(
                f"The curves {', '.join(names)} hold no finite number: there is nothing to draw."
            )
        named = x is not None and any(isinstance(each, str) for each in x)
        super().__init__(
            title,
            when,
            names=names,
            values=values,
            labels=Names([each if named else written(float(each)) for each in x]) if x is not None else None,
            x=None if x is None or named else Stored(np.asarray(x, float)),
            at=mark,
            numbers=numbers,
            low=float(every.min() if low is None else low),
            high=float(every.max() if high is None else high),
            colours=[colours[i % len(colours)] for i in range(len(names))],
        )
        self.args["mark"] = _named(mark)
        self.controls = [mark] if mark else []

    def shows(self, look: Look) -> Shown:
        given = self.given(look)
        values = [np.asarray(each, float) for each in given["values"]]
        low, high, at = given["low"], given["high"], given["at"]
        length = max(map(len, values))
        x = np.arange(length, dtype=float) if given["x"] is None else given["x"]
        across = CHART["left"] + (CHART["width"] - CHART["left"] - CHART["right"]) * (x - x[0]) / (
            x[-1] - x[0] or 1
        )
        bottom = CHART["height"] - CHART["bottom"]
        ups = [bottom - (bottom - CHART["top"]) * (each - low) / ((high - low) or 1) for each in values]
        shapes = [("polyline", run, "") for up in ups for run in _runs(across, up)]
        texts = [written(high, given["numbers"]), written(low, given["numbers"])]
        labels = given["labels"] or [written(i) for i in range(length)]
        texts += labels if len(labels) <= 8 else [labels[0], labels[-1]]
        if at is not None:
            shapes.append(("line", [across[at], CHART["top"], across[at], bottom], ""))
            shapes += [
                ("circle", [across[at], up[at], 4], "") for up in ups if at < len(up) and np.isfinite(up[at])
            ]
        for name, each in zip(given["names"], values, strict=True):
            here = float(each[at]) if at is not None and at < len(each) else None
            texts += [name] if at is None else [name, written(here, given["numbers"])]
        return Shown(None, shapes, texts)


def _all_numbers(symbol: Symbol) -> np.ndarray:
    """Every number that a pick may come to."""
    while isinstance(symbol, Pick):
        symbol = symbol.args["of"]
    if not isinstance(symbol, Stored):
        raise ValueError("A curve that a lab computes needs the axis' ends: Lines(..., low=, high=).")
    flat = symbol.tree if isinstance(symbol.tree, list) else [symbol.tree]
    return np.concatenate([np.ravel(each).astype(float) for each in flat])


def _runs(across: np.ndarray, up: np.ndarray) -> list[list[float]]:
    """The unbroken pieces of a curve, each as x0, y0, x1, y1, ..."""
    runs, run = [], []
    for x, y in zip(across, up, strict=False):
        if np.isfinite(y):
            run += [float(x), float(y)]
        elif run:
            runs.append(run)
            run = []
    runs = [*runs, run] if run else runs
    return [run if len(run) > 2 else run * 2 for run in runs]  # a lone point is a line of no length


class Bars(Part):
    """Shares of several names as bars, with the numbers beside them.

    Args:
        names: a name a bar.
        values: a number a bar.
        high: the value of a full bar.
        numbers: their format.
        colours: (bars, 3) uint8, such as the course's class colours; one colour for all if left out.
    """

    kind = "bars"

    def __init__(
        self,
        names: Sequence[str] | Symbol,
        values: object,
        title: object = "",
        high: object = 1,
        numbers: str = ".0%",
        colours: object = None,
        when: object = 1,
    ) -> None:
        names = names if isinstance(names, Symbol) else Names(list(names))
        super().__init__(title, when, names=names, values=values, high=high, numbers=numbers, colours=colours)

    def shows(self, look: Look) -> Shown:
        given = self.given(look)
        values = [float(each) for each in given["values"]][: len(given["names"])]
        shares = [100 * min(max(value / given["high"], 0), 1) for value in values]
        texts = [
            t
            for name, v in zip(given["names"], values, strict=False)
            for t in (name, written(v, given["numbers"]))
        ]
        return Shown(None, [("bar", [share], "") for share in shares], texts)


class Words(Part):
    """Lines of text."""

    kind = "words"

    def __init__(self, *lines: object, title: object = "", when: object = 1) -> None:
        super().__init__(title, when, lines=list(lines))

    def shows(self, look: Look) -> Shown:
        return Shown(None, (), [written(line) for line in self.given(look)["lines"]])


def every_control(part: Part) -> list[Control]:
    """The controls that a part itself draws, so that the panel need not."""
    inner = [control for each in part.args.get("parts", []) for control in every_control(each)]
    return [*getattr(part, "controls", []), *inner]
