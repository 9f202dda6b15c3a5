"""Controls: what a hand moves. Each is a symbol, has a name, a first value, and refuses what it cannot take.

Every control takes `resets=(other, ...)`: when a hand moves it, those go back to their first values.
"""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from helpers.figure import taking
from helpers.figure.symbols import Lab, Look, Names, Pick, Stored, Symbol, written
from helpers.plotting import CLASS_COLOURS


class Control(Symbol):
    """A named value in the figure's state."""

    def __init__(self, name: str, first: object, resets: Sequence["Control"] = (), **args: object) -> None:
        super().__post_init__()
        self.name = name
        self.first = self.fits(first)
        self.args = {"name": name, "first": self.first, "resets": [each.name for each in resets], **args}

    def fits(self, value: object) -> object:
        """The value as the state keeps it, or a ValueError that says what is expected."""
        raise NotImplementedError

    def refuse(self, value: object, expected: str) -> None:
        """Say what is expected."""
        raise ValueError(f"{self.name!r} cannot be {value!r}; expected {expected}.")

    def find(self, look: Look, now: SimpleNamespace) -> object:
        return look.state[self.name]


class Slider(Control):
    """A whole number from a range, by hand or step by step.

    Args:
        values: how many (0, 1, ...), a range, or a symbol that says how many in each state.
        first: its first value.
        labels: how a value is written: a format such as "{}%", or a text a value.
        play: whether a button goes through the values; Space does so too.
        keys: two keys that move it wherever the focus is, such as "-+"; a slider that plays has "[]".
        leap: how far these keys move it.
        every: milliseconds a value while it plays.
    """

    def __init__(
        self,
        name: str,
        values: int | range | Symbol,
        first: int = 0,
        labels: str | Sequence | Symbol = "{}",
        play: bool = False,
        keys: str = "",
        leap: int = 1,
        every: int = 700,
        **rest: object,
    ) -> None:
        dynamic = isinstance(values, Symbol)
        self.span = values if isinstance(values, range) else range(10**6 if dynamic else values)
        if not len(self.span):
            raise ValueError(f"The slider {name!r} has no values; give it at least one.")
        if isinstance(labels, str) and labels.count("{}") != 1:
            raise ValueError(f"The labels of {name!r} are {labels!r}; expected one {{}} for the value.")
        self.labels = labels if isinstance(labels, str | Symbol) else Names(labels)
        if isinstance(self.labels, Names) and not dynamic and len(self.labels.texts) != len(self.span):
            raise ValueError(f"{name!r} has {len(self.span)} values and {len(self.labels.texts)} labels.")
        count = values if dynamic else len(self.span)
        rest |= {"start": self.span.start, "step": self.span.step, "count": count, "every": every}
        rest |= {"play": play, "keys": keys or ("[]" if play else ""), "leap": leap}
        super().__init__(name, first, labels=self.labels, **rest)

    def fits(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value not in self.span:
            self.refuse(value, f"a whole number, {self.span.start} to {self.span[-1]}")
        return int(value)

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return min(look.state[self.name], now.start + max(now.count - 1, 0) * now.step)

    def written(self, look: Look, spec: str) -> str:
        value, labels = look(self), look(self.labels)
        if isinstance(labels, str):
            return labels.replace("{}", written(value, spec))
        return labels[min((value - self.span.start) // self.span.step, len(labels) - 1)]


class Choice(Control):
    """One of several options, by number; two keys, such as "[]", go to the option before and after."""

    def __init__(
        self, name: str, options: Sequence[str] | Symbol, first: int | str = 0, keys: str = "", **rest: object
    ) -> None:
        self.known = None if isinstance(options, Symbol) else taking.distinct(options, f"options of {name!r}")
        self.options = Names(self.known) if self.known else options
        super().__init__(name, first, options=self.options, keys=keys, **rest)

    def fits(self, value: object) -> int:
        if isinstance(value, str) and self.known and value in self.known:
            return self.known.index(value)
        most = len(self.known) if self.known else np.inf
        if isinstance(value, str | bool) or not isinstance(value, int | np.integer) or not 0 <= value < most:
            self.refuse(value, f"one of {', '.join(self.known or ['the numbers from 0'])}")
        return int(value)

    def on(self, *names: str) -> Pick:
        """1 where the choice is one of these options, else 0."""
        if unknown := [name for name in names if name not in self.known]:
            raise ValueError(f"{self.name!r} has no option {unknown[0]!r}: {', '.join(self.known)}.")
        return Stored(np.array([name in names for name in self.known]))[self]

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return min(look.state[self.name], max(len(now.options) - 1, 0))

    def written(self, look: Look, spec: str) -> str:
        options = look(self.options)
        return options[look(self)] if options else ""


class Toggle(Control):
    """A switch; its value is 0 or 1, so it picks."""

    def __init__(self, name: str, first: bool = False, **rest: object) -> None:
        super().__init__(name, first, **rest)

    def fits(self, value: object) -> bool:
        if not isinstance(value, bool | np.bool_):
            self.refuse(value, "True or False")
        return bool(value)

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return int(look.state[self.name])

    def written(self, look: Look, spec: str) -> str:
        return "on" if look(self) else "off"


class Pointer(Control):
    """A place in a picture: `at.x`, `at.y` in its pixels, or in the cells of a grid over it.

    Args:
        shape: (H, W, ...) of the picture.
        grid: (rows, columns) of a coarse grid, or the pixels of the rows' and the columns' centres (two sequences, or
            symbols where the grid depends on another control: the place is kept when the grid changes).
        first: (x, y) in pixels; the middle if left out.
        hover: whether a mouse moves it without a button pressed.
        step, leap: pixels that an arrow key moves it, alone and with Shift; on a grid, cells.

    A stage whose pixels are the grid's cells takes `pointer=at.cells`.
    """

    def __init__(
        self,
        shape: Sequence[int],
        grid: Sequence | None = None,
        first: Sequence[float] | None = None,
        name: str = "place",
        hover: bool = True,
        step: int | None = None,
        leap: int | None = None,
        **rest: object,
    ) -> None:
        self.height, self.width = (int(each) for each in shape[:2])
        rows, columns = (_centres(*each) for each in zip(grid or (None, None), shape, strict=False))
        rest |= {"step": step or (1 if grid else 2), "leap": leap or (4 if grid else 10), "hover": hover}
        rest |= {"size": [self.width, self.height], "rows": rows, "columns": columns}
        super().__init__(name, first or [self.width // 2, self.height // 2], **rest)
        self.x, self.y, self.cells = Pick(self, [0]), Pick(self, [1]), Cells(self)

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


class Cells:
    """A pointer on a stage whose pixels are the cells of the pointer's grid."""

    def __init__(self, pointer: Pointer) -> None:
        self.pointer = pointer


class Cell(Control):
    """A cell of a matrix or of a coarse picture: `cell.row`, `cell.column`; counts may be symbols."""

    def __init__(
        self, name: str, shape: Sequence[int | Symbol], first: Sequence[int] = (0, 0), **rest: object
    ) -> None:
        super().__init__(name, list(first), shape=list(shape), **rest)
        self.row, self.column = Pick(self, [0]), Pick(self, [1])

    def fits(self, value: object) -> list:
        if not isinstance(value, list | tuple) or len(value) != 2 or min(value) < 0:
            self.refuse(value, "[row, column], each from 0")
        return [int(each) for each in value]

    def find(self, look: Look, now: SimpleNamespace) -> list:
        return [min(at, max(most - 1, 0)) for at, most in zip(look.state[self.name], now.shape, strict=True)]

    def written(self, look: Look, spec: str) -> str:
        return "row {}, column {}".format(*look(self))


class BoxHandle(Control):
    """A box that a hand drags and sizes, and that snaps to the nearest of stored ones; its value is that one's number.

    Args:
        boxes: (N, 4): left, top, width, height in pixels. `handle.box` is the one chosen.
    """

    def __init__(self, boxes: object, first: int = 0, name: str = "box", **rest: object) -> None:
        boxes = taking.numbers(boxes, name)
        if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes):
            raise ValueError(
                f"The boxes have shape {boxes.shape}; expected (N, 4): left, top, width, height."
            )
        self.count = len(boxes)
        super().__init__(name, first, boxes=Stored(boxes), **rest)
        self.box = Pick(self.args["boxes"], [self])

    def fits(self, value: object) -> int:
        if not isinstance(value, int | np.integer) or not 0 <= value < self.count:
            self.refuse(value, f"a box's number, 0 to {self.count - 1}")
        return int(value)


class Grip(Control):
    """A frame on a picture that a hand drags, scales by a corner and turns by its knob: it moves four sliders.

    Where the hand only points, a `Cell` goes to the nearest of some places. The grip has no value of its own.

    Args:
        sliders: for the centre's x and y, the size and the angle in degrees.
        handles: a symbol, (6, 2): the corners, the knob and the centre, in the stage's pixels.
        units: how far the x and the y slider go for one of these pixels.
        cell, places: what pointing sets, and a symbol (rows * columns, 2) of the places of its cells, row by row.
    """

    def __init__(
        self,
        sliders: Sequence[Slider],
        handles: Symbol,
        units: Sequence[float],
        cell: Cell,
        places: Symbol,
        name: str = "frame",
        **rest: object,
    ) -> None:
        rest |= {"sliders": [each.name for each in sliders], "handles": handles, "units": list(units)}
        super().__init__(name, 0, cell=cell.name, places=places, columns=cell.args["shape"][1], **rest)

    def fits(self, value: object) -> int:
        if value != 0:
            self.refuse(value, "0: move its sliders")
        return 0


class Switches(Control):
    """A switch for each of several names; its value is a list of 0 and 1, so `switches[k]` picks.

    Written in a caption it names what is off: "Hidden: digit 3." or nothing.
    """

    def __init__(
        self,
        name: str,
        names: Sequence[str] | Symbol,
        first: Sequence[bool] = (),
        off: str = "Hidden: {}.",
        **rest: object,
    ) -> None:
        self.count = None if isinstance(names, Symbol) else len(taking.distinct(names, name.lower()))
        self.names, self.off = names if self.count is None else Names(names), off
        super().__init__(name, first, names=self.names, off=off, **rest)

    def fits(self, value: object) -> list:
        flags = [bool(each) for each in value]
        if self.count is not None and len(flags) not in (0, self.count):
            self.refuse(value, f"a flag for each of {self.count} names")
        return flags

    def find(self, look: Look, now: SimpleNamespace) -> list:
        """What the state does not tell is on."""
        flags = look.state[self.name]
        return [int(flags[i]) if i < len(flags) else 1 for i in range(len(now.names))]

    def written(self, look: Look, spec: str) -> str:
        hidden = [name for name, on in zip(look(self.names), look(self), strict=True) if not on]
        return self.off.replace("{}", ", ".join(hidden)) if hidden else ""


class Legend(Switches):
    """Class colours with their names, each a switch, but the background's (label 0), which is never drawn.

    Args:
        names: a name a class, background first.
        colours: (classes, 3) uint8; the course's own if left out.
        present: a symbol of labels: classes that it lacks are written in grey.
    """

    def __init__(
        self,
        names: Sequence[str],
        colours: object = CLASS_COLOURS,
        present: Symbol | None = None,
        name: str = "Classes",
        **rest: object,
    ) -> None:
        self.colours = np.asarray(colours, np.uint8)
        if not 2 <= len(names) <= len(self.colours):
            raise ValueError(
                f"{len(names)} class names; expected 2 to {len(self.colours)}, background first. "
                "The palette has no more colours: join rare classes into one."
            )
        super().__init__(name, names, colours=Stored(self.colours), present=present, **rest)


class Field(Control):
    """A line of text that the reader types; Enter takes it, and so does a button that says what it does."""

    def __init__(
        self, name: str, first: str = "", most: int = 200, button: str = "Ask", **rest: object
    ) -> None:
        self.most = most
        super().__init__(name, first, most=most, button=button, **rest)

    def fits(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > self.most:
            self.refuse(value, f"a text of at most {self.most} letters")
        return value


class Entries(Control):
    """An input over each pixel of a stage, so that the numbers of a grid are typed one by one; no value of its own.

    Args:
        field: what is typed goes there, with the rest of the grid, as a text: "1 2; 3 4".
        values: a symbol, (rows, columns): the grid that the stage shows.
        most: the largest size of a number.
    """

    def __init__(self, name: str, field: Field, values: Symbol, most: float, **rest: object) -> None:
        super().__init__(name, 0, field=field.name, values=values, most=most, **rest)

    def fits(self, value: object) -> int:
        if value != 0:
            self.refuse(value, "0: write into its field")
        return 0


class Paint(Control):
    """Strokes of a pen, by mouse, finger or keys: a list of strokes, each a list of [x, y] in pixels.

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
        self.height, self.width = (int(each) for each in shape)
        super().__init__(name, first, size=[self.width, self.height], **rest)
        self.ink = Lab(None, "ink", ink, strokes=self, height=self.height, across=self.width, width=width)

    def fits(self, value: object) -> list:
        for x, y in (place for stroke in value for place in stroke):
            if not (0 <= x <= self.width and 0 <= y <= self.height):
                self.refuse([x, y], f"places from [0, 0] to [{self.width}, {self.height}]")
        return [[[float(x), float(y)] for x, y in stroke] for stroke in value]

    def written(self, look: Look, spec: str) -> str:
        return written(len(look(self)))


def ink(strokes: list, height: int, across: int, width: float) -> np.ndarray:
    """What strokes leave on a pad: (H, W) uint8."""
    rows, columns = np.mgrid[:height, :across] + 0.5
    nearest = np.full((height, across), np.inf)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in zip(stroke, stroke[1:] or stroke, strict=False):
            length = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
            along = np.clip(((columns - x0) * (x1 - x0) + (rows - y0) * (y1 - y0)) / length, 0, 1)
            distance = np.hypot(columns - x0 - along * (x1 - x0), rows - y0 - along * (y1 - y0))
            nearest = np.minimum(nearest, distance)
    return np.floor(np.clip(width / 2 + 0.5 - nearest, 0, 1) * 255 + 0.5).astype(np.uint8)
