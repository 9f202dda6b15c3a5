"""Figures of lesson 09: arrays in, interactive figures out. What one computes live is in labs.py and bank.js."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.patches import Rectangle

from helpers import figure as fig
from helpers import plotting
from helpers.draw import labs
from helpers.figure import taking
from helpers.figure.symbols import decimal

ORDER = ("#e6c229", "#f17105", "#d11149")  # of the second to fourth glimpse
DRAWS = 3  # draws of z that a step offers: the picture's own, and two others
# A filter bank's five numbers in hundredths: what a slider spans, where it begins, and its keys.
SLIDERS = {
    "x": (range(-100, 101, 2), 0, ""),
    "y": (range(-100, 101, 2), 0, ""),
    "log_variance": (range(-200, 501, 10), 100, "-+"),
    "log_stride": (range(-300, 11, 5), -70, "[]"),
    "log_intensity": (range(-200, 201, 10), 0, ""),
}


def grey(now: fig.Lab, name: str, *layers: object, **rest: object) -> fig.Stage:
    """A stage of one of the lab's grids, from 0, black, to its most, white."""
    return fig.Stage(fig.Heat(now[name], 0, now[f"{name}_most"], "gray"), *layers, **rest)


def filter_bank(picture: object, n: int, alt: str) -> fig.Figure:
    """Set a filter bank's five numbers by hand: what it reads, and what it writes back with the same filters.

    Args:
        picture: (H, W) numbers from 0 to 1.
        n: filters along a side, 2 to 12.
        alt: what the picture shows, in a few words, for a reader who hears the page.
    """
    picture = taking.numbers(picture, "picture").astype(float)
    if picture.ndim != 2 or not picture.size or not ((picture >= 0) & (picture <= 1)).all():
        raise ValueError(f"Expected a picture (H, W) of numbers from 0 to 1, got shape {picture.shape}.")
    if not 2 <= n <= 12:
        raise ValueError(f"n is {n}: expected 2 to 12 filters along a side.")
    sliders = {
        name: fig.Slider(
            name.replace("_", " "), span, first, [decimal(each / 100, 2) for each in span], keys=keys
        )
        for name, (span, first, keys) in SLIDERS.items()
    }
    cell = fig.Cell("Filter", (n, n), (n // 2, n // 2))
    now = fig.Lab(
        Path(__file__).with_name("bank.js"), "filter_bank", labs.filter_bank,
        picture=picture, n=n, row=cell.row, column=cell.column, **sliders,
    )  # fmt: skip
    chosen, box = fig.Box([cell.column, cell.row, 1, 1]), fig.Box(now["box"])
    drawn, dots = fig.Heat(picture, colours="gray"), fig.Dots(now["dots"], now["chosen"], 0.35)
    return fig.Figure(
        fig.Column(
            grey(now, "patch", chosen, title=f"Read: {n} x {n} numbers", pointer=cell, side=160),
            grey(now, "one", title="Where the chosen filter looks", side=160),
        ),
        fig.Stage(drawn, dots, box, title="The picture, and the filters' centres", side=300),
        grey(now, "written", box, title="Written back by the same filters", side=300),
        also=tuple(sliders.values()),
        caption="Centre at column {x:.1f}, row {y:.1f}; {stride:.2f} pixels from filter to filter; each filter's "
        "standard deviation {deviation:.2f} pixels; intensity {intensity:.2f}. Filter {Filter} reads {value:.2f}.",
        lines=3,
        alt=alt,
        **{name: now[name] for name in ("x", "y", "stride", "deviation", "intensity", "value")},
    )


def stroke_by_stroke(
    target: object,
    canvases: object,
    read: object,
    written: object,
    kl: object,
    alt: str = "A picture in strokes.",
) -> fig.Figure:
    """A picture drawn stroke by stroke, with its windows; one step's z can be swapped for two other draws.

    Args:
        target: (H, W) uint8, the picture that was drawn.
        canvases: (T, DRAWS, T, H, W) uint8: the step whose z was swapped, which draw it got (0: the picture's own), and
            the canvas after each step.
        read: (T, 4), the boxes that were read of the picture: left, top, width, height.
        written: (T, DRAWS, T, 4), the boxes that were written.
        kl: (T,), nats a step.
        alt: what the picture shows, in a few words, for a reader who hears the page.
    """
    T, (H, W) = len(kl), np.shape(target)
    found = tuple(tuple(np.shape(each)) for each in (canvases, read, written))
    wanted = (T, DRAWS, T, H, W), (T, 4), (T, DRAWS, T, 4)
    if found != wanted:
        raise ValueError(
            f"{T} steps of {H} x {W} pixels need canvases, read and written of {wanted}, got {found}."
        )
    t = fig.Slider("Step", T, labels=[f"{t + 1} of {T}" for t in range(T)], play=True)
    swapped = fig.Slider("Swap the z of step", T, labels=[str(k + 1) for k in range(T)], keys="-+")
    draw = fig.Choice("Its z", ["the picture's own", "another draw", "a third draw"])
    boxes = fig.Toggle("Boxes", True)
    each = fig.Each(T)
    drawn, where = fig.array(canvases)[swapped, draw], fig.array(written)[swapped, draw, t]

    def framed(picture: object, box: object, title: str) -> fig.Stage:
        return fig.Stage(fig.Image(picture), fig.Box(box, when=boxes), title=title, side=250)

    return fig.Figure(
        fig.Column(
            fig.Row(each, fig.Image(drawn[each]), title="All steps", columns=-(-T // 2), choose=t, side=300),
            fig.Lines(
                {"nats": kl}, x=range(1, T + 1), title="KL of each step of the picture's own z", mark=t, low=0
            ),
        ),
        framed(target, fig.array(read)[t], "The picture, and what is read"),
        framed(drawn[t], where, "The canvas, and where is written"),
        also=(t, swapped, draw, boxes),
        caption="Step {Step}: {nats:.1f} nats. The z of step {which}: {own}.",
        alt=alt,
        still={"Step": T - 1},
        nats=fig.array(kl)[t],
        which=swapped,
        own=draw,
    )


def sliding_window(
    letters: Sequence[str], marks: Sequence[Sequence[str]], weights: Sequence[object], names: Sequence[str],
    alt: str = "A window that moves along a text while it is keyed.",
) -> fig.Figure:  # fmt: skip
    """A text, the strokes that key it, and how much weight every letter has at each stroke, for several models.

    Args:
        letters: of the text. marks: a model's strokes, each "." or "-".
        weights: for each model (strokes, letters) numbers. names: what the models are called.
        alt: what is keyed, in a few words, for a reader who hears the page.
    """
    weights = [taking.numbers(each, "weights").astype(float) for each in weights]
    found, wanted = [each.shape for each in weights], [(len(each), len(letters)) for each in marks]
    if found != wanted:
        raise ValueError(f"The models' strokes and letters need weights {wanted}, got {found}.")
    model, signs = fig.Choice("Model", names), {"-": "dash", ".": "dot"}
    strokes = fig.names([[f"{i} ({signs[mark]})" for i, mark in enumerate(each, 1)] for each in marks])[model]
    count = fig.array([len(each) for each in marks])[model]
    t = fig.Slider("Stroke", count, labels=strokes, play=True, every=300)
    shares = fig.array([np.minimum(each, 1) for each in weights])[model]
    return fig.Figure(
        fig.Column(
            fig.Tokens(list(letters), weights=shares[t], title="The text, and the weight of each letter"),
            fig.Matrix(shares, strokes, list(letters), title="All strokes, from above to below"),
        ),
        also=(model, t),
        caption="{Model}: stroke {Stroke}; the weights sum to {total:.2f}.",
        alt=alt,
        total=fig.array([each.sum(axis=1) for each in weights])[model, t],
    )


def glimpses(images: object, windows: object, titles: Sequence[str]) -> None:
    """Draw images (N, H, W) with the boxes (N, T, 4) of their windows from the second on: left, top, width, height."""
    windows = np.asarray(windows)[:, 1:]
    drawn = plotting.images(list(images), titles, columns=-(-len(windows) // 2), size=1.5)
    for axis, boxes in zip(drawn.axes, windows, strict=False):
        for t, ((left, top, width, height), colour) in enumerate(zip(boxes, ORDER, strict=True), start=2):
            style = {"fill": False, "edgecolor": colour, "linewidth": 1.6, "label": f"glimpse {t}"}
            axis.add_patch(Rectangle((left - 0.5, top - 0.5), width, height, **style))
    frames = drawn.axes[0].patches
    drawn.legend(handles=frames, loc="outside lower center", ncols=len(frames), fontsize=9)
    plotting.show(drawn, "Cluttered digits with the squares of three glimpses, most of them on the digit.")
