"""Anatomy: a system drawn from the real network, as the tensors of one example joined by what makes each of the last.

with probe.record(model, "encoder", "score") as kept:
    model(images)
steps = [
    fig.Step("image", images[0].permute(1, 2, 0)),
    fig.Step.recorded(kept, model, "encoder", "features"),
    fig.Step.recorded(kept, model, "score", "scores", kind="scores"),
]
plotting.show(fig.anatomy(steps), alt="...")    # a still picture
fig.walk(steps, alt="...")                      # a figure that goes from step to step
"""

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import FancyArrowPatch

from helpers.figure import taking
from helpers.figure.composed import Figure
from helpers.figure.controls import Slider
from helpers.figure.layers import Image
from helpers.figure.parts import Stage
from helpers.figure.shapes import Box
from helpers.figure.steps import Step, pixels
from helpers.figure.symbols import Names, Stored
from helpers.figure.words import Tokens
from helpers.plotting import class_legend

WIDTH, EDGE, DPI = 640, 18, 80  # pixels; dots an inch, as the course's style has them
COLUMNS = 4  # steps in a line, where they have no places
THUMB, THINNEST = 88, 14  # pixels of a thumbnail's longer side, and of a strip's shorter one
NAME, SHAPE, LEGEND = 18, 20, 24  # pixels of the lines above and below it, and of a line of the legend
LETTER, LINE = 6.1, 13  # pixels of a letter and a line of an operation
BETWEEN, RISE = 16, 12  # pixels between rows without an arrow, and of an arrow over a step
INK, ARROW = "#1c1b22", "#5a1fd1"


class Frame(NamedTuple):
    """Where a thumbnail lies, in pixels from the upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def foot(self) -> float:
        """Below the line with its shape."""
        return self.top + self.height + SHAPE

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2


def _arrows(steps: Sequence[Step]) -> list[tuple[str, str, str, str]]:
    """Every arrow: from which step, to which, the operation that it bears, and how many parameters that has."""
    names = taking.distinct([step.name for step in steps], "steps")
    arrows = []
    for before, step in zip([None, *steps], steps, strict=False):
        after = ({before.name: step.operation} if before else {}) if step.after is None else step.after
        for number, (name, operation) in enumerate(after.items()):
            if name not in names:
                raise ValueError(f"{step.name!r} comes after {name!r}; there are {', '.join(names)}.")
            paid = f"{_short(step.parameters)} params" if step.parameters and not number else ""
            arrows.append((name, step.name, operation, paid))
    return arrows


def _short(count: int) -> str:
    return f"{count / 1e6:.1f}M" if count >= 1e6 else f"{count / 1e3:.0f}k" if count >= 1e4 else f"{count:,}"


class Layout:
    """Where everything lies: a thumbnail's frame for each step, and the height of the whole picture."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.arrows = _arrows(steps)
        given = [step.place for step in steps]
        if all(place is None for place in given):  # there and back: each line starts below the last one's end
            lines = [divmod(i, COLUMNS) for i in range(len(steps))]
            given = [(COLUMNS - 1 - at if row % 2 else at, row) for row, at in lines]
        if None in given or len(set(given)) < len(given):
            raise ValueError("Give every step a place of its own, (column, row), or none of them.")
        self.places = {step.name: place for step, place in zip(steps, given, strict=True)}
        self.last = max(column for column, _ in given)
        self.pictures = {step.name: pixels(step, 4) for step in steps}
        sizes = {step.name: self._size(step) for step in steps}
        self.frames, top = {}, 2.0
        for row in range(1 + max(row for _, row in given)):
            names = [name for name, (_, its) in self.places.items() if its == row]
            above = [
                LINE * (1 + len(text) // 24 + bool(paid)) + 18
                for *ends, text, paid in self.arrows
                if self._above(row, *ends)
            ]
            top += max(above, default=BETWEEN if row else 0) + NAME
            high = max((sizes[name][1] for name in names), default=0)
            for name in names:
                wide, tall = sizes[name]
                self.frames[name] = Frame(self.middle(name) - wide / 2, top + (high - tall) / 2, wide, tall)
            top += high + SHAPE
        self.height = top + 4

    def middle(self, name: str) -> float:
        """The pixel column of a step's middle."""
        pitch = (WIDTH - 2 * EDGE - THUMB) / max(self.last, 1)
        return EDGE + THUMB / 2 + pitch * self.places[name][0] if self.last else WIDTH / 2

    def _size(self, step: Step) -> tuple[float, float]:
        if step.kind == "words":
            return THUMB, LINE * len(_wrapped(step))
        tall, wide = self.pictures[step.name].shape[:2]
        return max(wide * THUMB / max(tall, wide), THINNEST), max(tall * THUMB / max(tall, wide), THINNEST)

    def over(self, one: str, to: str) -> bool:
        """Whether an arrow must go over a third step between the two."""
        (x0, row), (x1, other) = self.places[one], self.places[to]
        between = range(min(x0, x1) + 1, max(x0, x1))
        return row == other and any((x, row) in self.places.values() for x in between)

    def _above(self, row: int, one: str, to: str) -> bool:
        """Whether an arrow takes room above a row."""
        rows = self.places[one][1], self.places[to][1]
        return max(rows) == row and (rows[0] != rows[1] or self.over(one, to))


def _wrapped(step: Step) -> list[str]:
    return textwrap.wrap(" ".join(step.value), 14)


def anatomy(steps: Sequence[Step]) -> Drawing:
    """Draw a system: each step's tensor as a thumbnail with its shape, joined by arrows that bear the operations.

    The steps come in the order of computation. Without places they run there and back in lines of four.
    """
    layout = Layout(steps)
    maps = [step.labels.ravel() for step in steps if step.labels is not None]
    labels = np.unique(np.concatenate(maps)) if maps else []
    height = layout.height + LEGEND * -(-len(labels) // 6)
    drawing = Drawing(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white", layout="none")
    axes = FigureCanvasAgg(drawing).figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    centred = {"ha": "center", "color": INK}
    for step in steps:
        left, top, wide, tall = frame = layout.frames[step.name]
        x, y = frame.middle
        if step.kind == "words":
            axes.text(x, y, "\n".join(_wrapped(step)), va="center", fontsize=10, **centred)
        else:
            extent = (left, left + wide, top + tall, top)
            axes.imshow(layout.pictures[step.name], extent=extent, interpolation="auto")
        axes.text(x, top - 4, step.name, va="bottom", fontsize=10.5, weight="bold", **centred)
        axes.text(x, top + tall + 8, step.shape, va="top", fontsize=9.5, **centred)
    axes.set(xlim=(0, WIDTH), ylim=(height, 0), aspect="auto")
    for arrow in layout.arrows:
        _draw(axes, layout, *arrow)
    if maps:
        class_legend(drawing, labels)
    return drawing


def _draw(axes: Axes, layout: Layout, one: str, to: str, operation: str, paid: str) -> None:
    """An arrow from step to step: along a row or a column, over what lies between, or round a corner."""
    start, end = layout.frames[one], layout.frames[to]
    (x0, y0), (x1, y1) = start.middle, end.middle
    along = 1 if x1 > x0 else -1
    way, words = "arc3", {"ha": "center", "va": "center"}
    beside = x0 + along * (start.width / 2 + 4)
    under, above = (start.foot, end.top - NAME) if y1 > y0 else (start.top - NAME, end.foot)
    if layout.over(one, to):
        tops = start.top - NAME, end.top - NAME
        ends = (x0, tops[0]), (x1, tops[1])
        way = f"bar,angle=180,fraction={-along * RISE / abs(x1 - x0)}"
        x, y, room = (x0 + x1) / 2, min(tops) - RISE, 40
    elif layout.places[one][1] == layout.places[to][1]:
        ends = (beside, y0), (x1 - along * (end.width / 2 + 4), y0)
        x, y, room = (beside + ends[1][0]) / 2, y0, int(abs(ends[1][0] - beside) / LETTER)
    elif x0 == x1:
        ends, inwards = ((x0, under), (x0, above)), -8 if x0 > WIDTH / 2 else 8
        words["ha"] = "left" if inwards > 0 else "right"
        x, y, room = x0 + inwards, (under + above) / 2, 24
    else:
        ends, way = ((beside, y0), (x1, above)), "angle,angleA=0,angleB=90,rad=8"
        x, y, room = (beside + x1) / 2, y0, 24
    line = {"arrowstyle": "-|>", "mutation_scale": 11, "color": ARROW, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(*ends, connectionstyle=way, **line))
    words |= {"fontsize": 9.5, "linespacing": 1.05, "color": INK, "zorder": 4}
    words["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # other arrows pass behind it
    told = textwrap.wrap(operation, room)
    if x0 == x1:
        axes.text(x, y, "\n".join([*told, paid] if paid else told), **words)
        return
    axes.text(x, y - 4, "\n".join(told), **words | {"va": "bottom"})
    axes.text(x, y + 4, paid, **words | {"va": "top"})


def walk(steps: Sequence[Step], alt: str) -> Figure:
    """The same picture as a figure: a slider and keys go from step to step, each shown larger and told in words."""
    t = Slider("Step", len(steps), labels=[step.name for step in steps], play=True, every=1500)
    drawing, layout = anatomy(steps), Layout(steps)
    drawing.canvas.draw()
    overview = np.asarray(drawing.canvas.buffer_rgba())[..., :3].copy()
    boxes = [np.add(layout.frames[step.name], (-2, -2, 4, 4)) for step in steps]
    words = [step.value if step.kind == "words" else [] for step in steps]
    large = Image(Stored([pixels(step, 16) for step in steps])[t])
    return Figure(
        Stage(Image(overview), Box(Stored(boxes)[t]), side=max(overview.shape)),
        Stage(large, title=t, side=300, when=Stored([not each for each in words])[t]),
        Tokens(Names(words)[t], title=t, when=Stored([bool(each) for each in words])[t]),
        caption="{sentence}",
        alt=alt,
        lines=3,
        sentence=Names([_sentence(step, layout.arrows) for step in steps])[t],
    )


def _sentence(step: Step, arrows: Sequence[tuple]) -> str:
    made = [f"{text} from {one}" for one, to, text, _ in arrows if to == step.name and text]
    paid = f", {step.parameters:,} parameters" if step.parameters else ""
    return f"{step.name}, {step.shape}{': ' if made else ''}{'; '.join(made)}{paid}. {step.note}".strip()
