"""Parts that are charts: curves and bars. Their twin is charts.js."""

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from types import SimpleNamespace

import numpy as np

from helpers.figure import taking
from helpers.figure.controls import Choice, Slider
from helpers.figure.parts import Part, Shown, named
from helpers.figure.symbols import Look, Names, Stored, Symbol, picked_from, written

WIDTH, HEIGHT = 340, 200  # of a chart, in units of its own
LEFT, TOP, RIGHT, BOTTOM = 46, 12, 328, 170  # where its axes end
ROOM = 40  # of a chart's units between two labels of its axis
# 3 : 1 on light and on dark
LINE_COLOURS = ("#2f8fae", "#d9582a", "#a24fd6", "#7c8a3a", "#c2467a", "#4b67c8")


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

    series: InitVar[Mapping[str, object]]
    x: InitVar[Sequence | None] = None
    mark: Slider | Choice | None = None
    numbers: str = ".2f"
    low: float | None = None
    high: float | None = None
    colours: Sequence[str] = LINE_COLOURS

    def __post_init__(self, series: Mapping[str, object], x: Sequence | None) -> None:
        self.names = taking.distinct(list(series), "curves")
        values = [each if isinstance(each, Symbol) else Stored(each, name) for name, each in series.items()]
        if self.low is None or self.high is None:
            least, most = _ends(values, self.names)
            self.low = least if self.low is None else self.low
            self.high = most if self.high is None else self.high
        words = x is not None and any(isinstance(each, str) for each in x)
        labels = None if x is None else Names([each if words else written(float(each)) for each in x])
        places = None if x is None or words else Stored(np.asarray(x, float))
        self.colours = [self.colours[i % len(self.colours)] for i in range(len(values))]
        super().__post_init__()
        self.args |= {"names": self.names, "values": values, "x": places, "labels": labels}
        self.answers(self.mark)

    def curves(self, now: SimpleNamespace) -> tuple[np.ndarray, list[np.ndarray]]:
        """The places of the numbers across, and those of each curve downwards, in the chart's units."""
        values = [np.asarray(each, float) for each in now.values]
        for name, each in zip(now.names, values, strict=True):
            if now.labels and len(each) > len(now.labels):
                count = f"{len(each)} numbers for {len(now.labels)} places of x"
                raise ValueError(f"{name!r} has {count}; give each its own.")
        x = np.arange(max(map(len, values)), dtype=float) if now.x is None else now.x
        span = (now.high - now.low) or 1  # divided by last: its inverse may be more than a number holds
        ups = [BOTTOM - (BOTTOM - TOP) * (each - now.low) / span for each in values]
        return LEFT + (RIGHT - LEFT) * (x - x[0]) / (x[-1] - x[0] or 1), ups

    def shows(self, look: Look) -> Shown:
        now = self.now(look)
        across, ups = self.curves(now)
        shapes = [("polyline", run, "") for up in ups for run in runs(across, up)]
        labels = now.labels or [written(i) for i in range(len(across))]
        texts = [written(end, now.numbers) for end in (now.high, now.low)]
        texts += [labels[i] for i in spaced(across)]
        if now.mark is None:
            return Shown(None, shapes, texts + now.names)
        at = now.mark
        shapes.append(("line", [across[at], TOP, across[at], BOTTOM], ""))
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
    for symbol in map(picked_from, symbols):
        if not isinstance(symbol, Stored):
            raise ValueError("A curve that is computed needs the axis' ends: fig.Lines(..., low=0, high=1).")
        every += map(np.ravel, symbol.tree if isinstance(symbol.tree, list) else [symbol.tree])
    every = np.concatenate(every).astype(float)
    finite = every[np.isfinite(every)]
    if not finite.size:
        raise ValueError(f"The curves {', '.join(names)} hold no finite number: there is nothing to draw.")
    return float(finite.min()), float(finite.max())


def runs(across: np.ndarray, up: np.ndarray) -> list[list[float]]:
    """The unbroken pieces of a curve, each as x0, y0, x1, y1, ...; a lone point is a line of no length."""
    pieces = np.ma.clump_unmasked(np.ma.masked_invalid(up))
    found = [np.stack([across[piece], up[piece]], axis=1).ravel().tolist() for piece in pieces]
    return [run if len(run) > 2 else run * 2 for run in found]


@dataclass(eq=False)
class Bars(Part):
    """Shares of several names as bars, with the numbers beside them.

    Args:
        names: a name a bar.
        values: a number a bar, of which 1 is a full one.
        numbers: their format.
        colours: (bars, 3) uint8, such as the course's class colours; one colour for all if left out.
    """

    names: Sequence[str] | Symbol
    values: object
    numbers: str = ".0%"
    colours: object = None

    def __post_init__(self) -> None:
        self.names = named(self.names)
        super().__post_init__()

    def shows(self, look: Look) -> Shown:
        now = self.now(look)
        pairs = [(name, float(value)) for name, value in zip(now.names, now.values, strict=False)]
        bars = [("bar", [100 * min(max(value, 0), 1)], "") for _, value in pairs]
        texts = [text for name, value in pairs for text in (name, written(value, now.numbers))]
        return Shown(None, bars, texts)
