"""The still picture that stands where no script runs: parts with titles, legend and caption, 640 pixels across."""

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib import patches, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL.Image import Quantize

from helpers.figure import charts
from helpers.figure.charts import BOTTOM, LEFT, RIGHT, TOP, runs
from helpers.figure.controls import Control, Legend
from helpers.figure.parts import Part, Shown
from helpers.figure.symbols import Look, Text, write
from helpers.plotting import png

WIDTH, MARGIN, GAP, LINE = 640, 8, 16, 18  # pixels
STAGE = 420  # pixels of a picture that stands alone
LETTER = 8  # pixels of a letter of the names beside a matrix
PER_LINE, LETTERS = 5, 82  # legend entries, letters of the caption
INK, SOFT, FIELD, ACCENT = "#1c1b22", "#5c5a66", "#eceaf1", "#5a1fd1"
SMALL = {"fontsize": 9, "color": INK}  # points at 100 dots per inch: 12.5 pixels


@style.context("default")  # whatever style the notebook has set
def poster(parts: Iterable[Part], controls: Iterable[Control], caption: Text, look: Look) -> bytes:
    """Draw the figure in one state, to PNG bytes."""
    shown = [(part, part.shows(look)) for part in parts if look(part.args["when"])]
    sizes = [_size(part, each, alone=len(shown) == 1) for part, each in shown]
    places, height = _flow(sizes, MARGIN, WIDTH - MARGIN, GAP, GAP // 2)
    entries = [entry for each in controls if isinstance(each, Legend) for entry in _entries(each, look)]
    words = textwrap.wrap(look(caption), LETTERS)
    total = height + LINE * (-(-len(entries) // PER_LINE)) + LINE * len(words) + 2 * MARGIN
    figure = Figure(figsize=(WIDTH / 100, total / 100), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    for (part, each), (left, top), (wide, high) in zip(shown, places, sizes, strict=True):
        title = write(look, part.title)
        figure.text(left / WIDTH, 1 - (top + 12) / total, title, fontsize=9, color=SOFT)
        axes = figure.add_axes([left / WIDTH, 1 - (top + high) / total, wide / WIDTH, (high - LINE) / total])
        axes.set_axis_off()
        WAYS[part.kind](axes, part, each, look)
    for i, (name, colour) in enumerate(entries):
        x, y = MARGIN + i % PER_LINE * 124, height + i // PER_LINE * LINE + 14
        place = (x / WIDTH, 1 - y / total), 12 / WIDTH, 12 / total
        figure.add_artist(patches.Rectangle(*place, facecolor=colour, edgecolor=SOFT, linewidth=0.6))
        figure.text((x + 17) / WIDTH, 1 - (y - 2) / total, name, **SMALL)
    figure.text(MARGIN / WIDTH, MARGIN / total, "\n".join(words), fontsize=10, color=INK, va="bottom")
    # By coverage, so that a thin bar of a class keeps its colour; the median cut gives photographs all of them.
    return png(figure, Quantize.MAXCOVERAGE)


def _size(part: Part, shown: Shown, alone: bool) -> tuple[int, int]:
    """(width, height) in pixels of a part, its title included."""
    if shown.pixels is not None:
        height, width = shown.pixels.shape[:2]
        whole = WIDTH - 2 * MARGIN
        side = whole if part.kind == "row" else STAGE if alone else 300
        if part.args["side"] > STAGE:  # it is large on the page, so there is something to read in it
            side = part.args["side"]
        scale = min(side / max(width, height), whole / width)
        lines = 2 if any(shown.texts) else 1
        return round(max(width * scale, 48)), round(max(height * scale, 24)) + LINE * lines
    if part.kind in ("lines", "bars"):
        return 300, LINE + (170 + 17 * len(part.names) if part.kind == "lines" else 17 * len(shown.shapes))
    return WIDTH - 2 * MARGIN, LINE + 26 * _lined(shown.texts)[1]


def _flow(
    sizes: Iterable[tuple[float, float]], start: float, end: float, gap: float, between: float
) -> tuple[list[tuple[float, float]], float]:
    """Places (left, top) of things in lines from the left, `start` from the corner; and where all of them end."""
    places, left, top, tall = [], start, start, 0
    for wide, high in sizes:
        if left > start and left + wide > end:
            left, top, tall = start, top + tall + between, 0
        places.append((left, top))
        left, tall = left + wide + gap, max(tall, high)
    return places, top + tall + between


def _lined(texts: Sequence[str]) -> tuple[list[tuple[float, float]], int]:
    """Places of words (letters from the left, middle of the line), and how many lines they take."""
    # They start half a letter from the left, and half a line from the top: places are middles, the end half a line on.
    places, end = _flow([(len(text), 1) for text in texts], 0.5, LETTERS, 3, 0)
    return places, max(1, int(end))


def _entries(legend: Legend, look: Look) -> list[tuple[str, np.ndarray]]:
    """Names and colours, 0 to 1, of the classes that are on: those that the picture has, or all."""
    shown, present, names = look(legend), look(legend.args["present"]), look(legend.names)
    has = range(len(shown)) if present is None else set(np.unique(present).tolist())
    return [(names[k], legend.colours[k] / 255) for k in range(1, len(names)) if k in has and shown[k]]


def _pictured(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    height, width = shown.pixels.shape[:2]
    left, bottom, wide, high = axes.get_position().bounds
    names = [text for text in shown.texts if text] if part.kind == "row" else []
    if names:
        room = 20 / axes.figure.bbox.height  # pixels, as a share of the whole
        axes.set_position([left, bottom + room, wide, high - room])
    for i, name in enumerate(names):
        place = {"transform": axes.transAxes, "ha": "center", "va": "top"}
        axes.text((i + 0.5) / len(names), -0.04, name, **place, **SMALL)
    if part.kind == "matrix":
        rows, columns = look(part.rows), look(part.columns)
        long = any(len(name) > 2 for name in columns)  # and so turned on its side
        beside = LETTER * (1 + max(map(len, rows), default=0))
        below = LETTER * (1 + max(map(len, columns))) if long else LINE
        room = beside / WIDTH, below / axes.figure.bbox.height
        axes.set_position([left + room[0], bottom + room[1], wide - room[0], high - room[1]])
        off = {"textcoords": "offset pixels"} | SMALL
        for i, name in enumerate(rows):
            axes.annotate(name, (0, i + 0.5), (-5, 0), ha="right", va="center", **off)
        for i, name in enumerate(columns):
            axes.annotate(name, (i + 0.5, height), (0, -5), rotation=90 * long, ha="center", va="top", **off)
        for i, number in enumerate(shown.texts[len(rows) : len(shown.texts) - len(columns)]):
            middle = i % width + 0.5, i // width + 0.5
            axes.text(*middle, number, ha="center", va="center", bbox=WHITE, **SMALL)
    # Enlarged, a pixel stays a square; made smaller by leaving pixels out, a picture with letters could not be read.
    way = "hanning" if width > axes.bbox.width else "nearest"
    axes.imshow(shown.pixels, interpolation=way, aspect="auto", extent=(0, width, height, 0))
    for kind, numbers, text in shown.shapes:
        if kind == "text":
            axes.text(*numbers, text, va="top", bbox=WHITE, **SMALL)
            continue
        for line in ({"color": "#18181c", "lw": 3.5}, {"color": "white", "lw": 1.6}):
            axes.add_patch(_patch(kind, numbers, **line))


WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}


def _patch(kind: str, numbers: Sequence[float], **line: object) -> patches.Patch:
    """A shape over a picture."""
    if kind == "rect":
        return patches.Rectangle(numbers[:2], *numbers[2:], fill=False, **line)
    if kind == "circle":
        return patches.Circle(numbers[:2], numbers[2], fill=False, **line)
    style = {"arrowstyle": "->" if kind == "arrow" else "-", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
    return patches.FancyArrowPatch(numbers[:2], numbers[2:], **style, **line)


def _lines(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    now = part.now(look)
    axes.set(xlim=(0, charts.WIDTH), ylim=(charts.HEIGHT + 20 * len(now.names), 0))
    axes.plot([LEFT, LEFT, RIGHT], [TOP, BOTTOM, BOTTOM], color=SOFT, lw=0.8)
    across, ups = part.curves(now)
    each = 1 if now.mark is None else 2  # texts of a curve: its name, and its number at the mark
    high, low, *labels = shown.texts[: -each * len(ups)]
    beside = shown.texts[-each * len(ups) :]
    for x, y, text, side in (
        (LEFT - 5, TOP, high, "right"),
        (LEFT - 5, BOTTOM, low, "right"),
        (LEFT, BOTTOM + 12, labels[0], "left"),
        (RIGHT, BOTTOM + 12, labels[-1], "right"),
    ):
        axes.text(x, y, text, ha=side, va="center", fontsize=9, color=SOFT)
    if now.mark is not None:
        axes.plot([across[now.mark]] * 2, [TOP, BOTTOM], color=SOFT, lw=0.8)
    for i, (up, colour) in enumerate(zip(ups, now.colours, strict=True)):
        for run in runs(across, up):
            axes.plot(run[::2], run[1::2], color=colour, lw=2, solid_capstyle="round")
        words = "  ".join(beside[each * i :][:each])
        axes.text(LEFT, charts.HEIGHT + 20 * i + 6, words, fontsize=9, color=colour, va="center")


def _bars(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    colours, count = part.now(look).colours, len(shown.shapes)
    colours = ACCENT if colours is None else np.asarray(colours[:count]) / 255
    middles, shares = 17 * np.arange(count) + 8, [share for _, (share,), _ in shown.shapes]
    axes.barh(middles, 150, 12, left=100, color=FIELD, edgecolor=FIELD)
    axes.barh(middles, 1.5 * np.array(shares), 12, left=100, color=colours, edgecolor=SOFT)
    for y, name, number in zip(middles, shown.texts[::2], shown.texts[1::2], strict=True):
        axes.text(0, y, name, va="center", **SMALL)
        axes.text(300, y, number, va="center", ha="right", **SMALL)
    axes.set(xlim=(0, 300), ylim=(17 * count, 0))


def _words(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    places, lines = _lined(shown.texts)
    axes.set(xlim=(0, LETTERS), ylim=(lines, 0))
    for place, text in zip(places, shown.texts, strict=True):
        axes.text(*place, text, va="center", **SMALL)


def _tokens(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    _words(axes, part, shown, look)
    now, told = part.now(look), iter(axes.texts)
    for i, word in enumerate(told):
        if i < len(now.notes) and now.notes[i]:
            next(told)  # the word's note
        off, chosen = now.off and not now.off[i], i == now.choose
        word.set_bbox({"facecolor": ACCENT if chosen else FIELD, "lw": 0, "boxstyle": "round,pad=0.35"})
        word.set_color("white" if chosen else SOFT if off else INK)
        (x, y), letters, over = word.get_position(), len(word.get_text()), {"lw": 1.2, "zorder": 4}
        if shown.shapes:
            _, (share,), _ = shown.shapes[i]
            bar = {"color": "white" if chosen else ACCENT, "zorder": 4}
            axes.add_patch(patches.Rectangle((x, y + 0.32), letters * share / 100, 0.12, **bar))
        if off:
            axes.plot([x, x + letters], [y, y], color=SOFT, **over)
        if now.marked is not None and now.marked[i]:
            turns = np.arange(2 * letters)
            axes.plot(x + turns / 2, y + 0.3 + 0.08 * (turns % 2), color=ACCENT, **over)


WAYS = {"stage": _pictured, "row": _pictured, "matrix": _pictured, "lines": _lines, "bars": _bars}
WAYS |= {"tokens": _tokens, "words": _words}
