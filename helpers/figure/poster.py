"""The still picture that stands where no script runs: parts with titles, legend and caption, 640 pixels across."""

import io
import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib import patches
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image as Pillow

from helpers.figure.controls import Control, Legend
from helpers.figure.parts import CHART, Part, Shown
from helpers.figure.symbols import Look, Text, written

WIDTH, MARGIN, GAP, LINE = 640, 8, 16, 18  # pixels
COLOURS = 128  # a palette of so many halves the file and cannot be told apart
SMALL, LARGE = 9, 10  # points at 100 dots per inch: 12 and 14 pixels
INK, SOFT, FIELD, ACCENT = "#1c1b22", "#5c5a66", "#eceaf1", "#5a1fd1"


def poster(parts: Sequence[Part], controls: Iterable[Control], caption: Text, look: Look) -> bytes:
    """Draw the figure in one state, to PNG bytes."""
    from helpers.figure.composed import flat

    shown = [(part, part.shows(look)) for part in flat(parts) if look(part.args["when"])]
    sizes = [_size(part, each, alone=len(shown) == 1) for part, each in shown]
    places, height = _flow(sizes)
    legends = [control for control in controls if isinstance(control, Legend)]
    entries = [entry for legend in legends for entry in _entries(legend, look)]
    per_line = 5
    words = textwrap.wrap(look(caption), 88)
    total = height + LINE * (-(-len(entries) // per_line)) + LINE * len(words) + 2 * MARGIN
    figure = Figure(figsize=(WIDTH / 100, total / 100), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    for (part, each), (left, top), (wide, high) in zip(shown, places, sizes, strict=True):
        title = written(look(part.args["title"]))
        figure.text(left / WIDTH, 1 - (top + 12) / total, title, fontsize=SMALL, color=SOFT)
        axes = figure.add_axes([left / WIDTH, 1 - (top + high) / total, wide / WIDTH, (high - LINE) / total])
        axes.set_axis_off()
        (_pictured if each.pixels is not None else WAYS[part.kind])(axes, part, each, look)
    for i, (name, colour) in enumerate(entries):
        x, y = MARGIN + i % per_line * 124, height + i // per_line * LINE
        box = patches.Rectangle(
            (x / WIDTH, 1 - (y + 14) / total),
            12 / WIDTH,
            12 / total,
            facecolor=colour,
            edgecolor=SOFT,
            linewidth=0.6,
        )
        figure.add_artist(box)
        figure.text((x + 17) / WIDTH, 1 - (y + 12) / total, name, fontsize=SMALL, color=INK)
    figure.text(MARGIN / WIDTH, MARGIN / total, "\n".join(words), fontsize=LARGE, color=INK, va="bottom")
    return _png(figure)


def _size(part: Part, shown: Shown, alone: bool) -> tuple[int, int]:
    """Pixels that a part takes, its title included."""
    if shown.pixels is not None:
        height, width = shown.pixels.shape[:2]
        room = WIDTH - 2 * MARGIN if part.kind == "row" else 420 if alone else 300
        scale = room / max(width, height)
        wide, high = max(width * scale, 48), max(height * scale, 24)
        names = [text for text in shown.texts if text]
        return round(wide), round(high) + LINE * (1 + bool(names))
    if part.kind == "lines":
        return 300, LINE + 190
    if part.kind == "bars":
        return 300, LINE + 17 * len(shown.shapes)
    return WIDTH - 2 * MARGIN, LINE + 26 * max(1, -(-sum(len(t) + 4 for t in shown.texts) // 88))


def _flow(sizes: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], int]:
    """Places (left, top) in lines from the left, and the height of all."""
    places, left, top, tall = [], MARGIN, MARGIN, 0
    for wide, high in sizes:
        if left > MARGIN and left + wide > WIDTH - MARGIN:
            left, top, tall = MARGIN, top + tall + GAP // 2, 0
        places.append((left, top))
        left, tall = left + wide + GAP, max(tall, high)
    return places, top + tall + GAP // 2


def _entries(legend: Legend, look: Look) -> list[tuple[str, np.ndarray]]:
    """Names and colours: of the classes that the picture has, or of all."""
    shown, present = look(legend), look(legend.args["present"])
    has = range(len(shown)) if present is None else set(np.unique(present).tolist())
    names = look(legend.args["names"])
    return [(names[k], legend.colours[k] / 255) for k in range(1, len(names)) if k in has and shown[k]]


def _pictured(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    height, width = shown.pixels.shape[:2]
    names = [text for text in shown.texts if text] if part.kind == "row" else []
    if part.kind == "matrix":
        rows, columns = (look(part.args[name]) for name in ("rows", "columns"))
        for i, name in enumerate(rows):
            axes.text(-0.6, i, name, ha="right", va="center", fontsize=SMALL, color=INK)
        for i, name in enumerate(columns):
            axes.text(i, height - 0.4, name, rotation=90, ha="center", va="top", fontsize=SMALL, color=INK)
        room = 0.012 * max([1, *map(len, rows)]), 0.012 * max([1, *map(len, columns)])
        left, bottom, wide, high = axes.get_position().bounds
        axes.set_position([left + room[0], bottom + room[1], wide - room[0], high - room[1]])
        for i, number in enumerate(shown.texts[len(rows) + len(columns) :]):
            axes.text(i % width, i // width, number, ha="center", va="center", fontsize=SMALL - 1)
    axes.imshow(shown.pixels, interpolation="nearest", aspect="auto")
    if names:
        left, bottom, wide, high = axes.get_position().bounds
        cut = high * LINE / (LINE + 40)
        axes.set_position([left, bottom + cut, wide, high - cut])
        for i, name in enumerate(names):
            axes.text(
                (i + 0.5) / len(names),
                -0.04,
                name,
                transform=axes.transAxes,
                ha="center",
                va="top",
                fontsize=SMALL,
            )
    for kind, numbers, text in shown.shapes:
        for colour, line in (("#18181c", 3.5), ("white", 1.6)):
            if kind == "rect":
                left, top, wide, high = numbers
                axes.add_patch(
                    patches.Rectangle((left - 0.5, top - 0.5), wide, high, fill=False, color=colour, lw=line)
                )
            elif kind == "circle":
                x, y, radius = numbers
                axes.add_patch(patches.Circle((x - 0.5, y - 0.5), radius, fill=False, color=colour, lw=line))
            elif kind in ("arrow", "line"):
                x0, y0, x1, y1 = (each - 0.5 for each in numbers)
                style = {"arrowstyle": "->" if kind == "arrow" else "-", "color": colour, "lw": line}
                axes.annotate("", (x1, y1), (x0, y0), arrowprops=style)
        if kind == "text":
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            axes.text(numbers[0], numbers[1], text, fontsize=SMALL, va="top", color=INK, bbox=box)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)


def _lines(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    given = part.given(look)
    axes.set_xlim(0, CHART["width"])
    axes.set_ylim(CHART["height"] + 20 * len(given["names"]), 0)
    edge, bottom = CHART["left"], CHART["height"] - CHART["bottom"]
    axes.plot(
        [edge, edge, CHART["width"] - CHART["right"]], [CHART["top"], bottom, bottom], color=SOFT, lw=0.8
    )
    labels = given["labels"] or [str(i) for i in range(max(map(len, given["values"])))]
    tick = {"fontsize": SMALL, "color": SOFT}
    axes.text(edge - 5, CHART["top"], shown.texts[0], ha="right", va="center", **tick)
    axes.text(edge - 5, bottom, shown.texts[1], ha="right", va="center", **tick)
    axes.text(edge, bottom + 4, labels[0], va="top", **tick)
    axes.text(CHART["width"] - CHART["right"], bottom + 4, labels[-1], ha="right", va="top", **tick)
    runs = iter([numbers for kind, numbers, _ in shown.shapes if kind == "polyline"])
    for i, (name, values, colour) in enumerate(
        zip(given["names"], given["values"], given["colours"], strict=True)
    ):
        finite = np.isfinite(np.asarray(values, float))
        for _ in range(int(finite[0]) + int((np.diff(finite.astype(int)) == 1).sum())):
            run = np.reshape(next(runs), (-1, 2))
            axes.plot(run[:, 0], run[:, 1], color=colour, lw=2, marker="o" if len(run) == 1 else None)
        here = "" if given["at"] is None else written(_at(values, given["at"]), given["numbers"])
        axes.text(
            edge, CHART["height"] + 20 * i + 6, f"{name}  {here}", fontsize=SMALL, color=colour, va="center"
        )
    for kind, numbers, _ in shown.shapes:
        if kind == "line":
            axes.plot(numbers[::2], numbers[1::2], color=SOFT, lw=0.8)


def _at(values: np.ndarray, at: int) -> float | None:
    return float(values[at]) if at < len(values) else None


def _bars(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    given = part.given(look)
    axes.set_xlim(0, 300)
    axes.set_ylim(17 * len(shown.shapes), 0)
    for i, (_, (share,), _) in enumerate(shown.shapes):
        colour = ACCENT if given["colours"] is None else np.asarray(given["colours"][i]) / 255
        name, number = shown.texts[2 * i : 2 * i + 2]
        axes.text(0, 17 * i + 8, name, fontsize=SMALL, va="center", color=INK)
        axes.add_patch(patches.Rectangle((100, 17 * i + 2), 150, 12, color=FIELD))
        axes.add_patch(
            patches.Rectangle((100, 17 * i + 2), 1.5 * share, 12, facecolor=colour, edgecolor=SOFT, lw=0.5)
        )
        axes.text(300, 17 * i + 8, number, fontsize=SMALL, va="center", ha="right", color=INK)


def _words(axes: Axes, part: Part, shown: Shown, look: Look) -> None:
    chosen = look(part.args.get("chosen"))
    on = look(part.args.get("on"))
    axes.set_xlim(0, 88)
    lines = max(1, -(-sum(len(t) + 4 for t in shown.texts) // 88))
    axes.set_ylim(lines, 0)
    x, y = 0.3, 0.5
    for i, word in enumerate(shown.texts):
        if x + len(word) + 2 > 88 and x > 1:
            x, y = 0.3, y + 1
        here = i == chosen and part.kind == "tokens"
        off = on is not None and i < len(on) and not on[i]
        box = {"facecolor": ACCENT if here else FIELD, "edgecolor": "none", "boxstyle": "round,pad=0.35"}
        colour = "white" if here else SOFT if off else INK
        axes.text(
            x,
            y,
            f"({word})" if off else word,
            fontsize=SMALL,
            va="center",
            color=colour,
            bbox=box if part.kind == "tokens" else None,
        )
        x += len(word) * 0.95 + 3


WAYS = {"lines": _lines, "bars": _bars, "tokens": _words, "words": _words}


def _png(figure: Figure) -> bytes:
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=100)
    with Pillow.open(drawn) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Pillow.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()
