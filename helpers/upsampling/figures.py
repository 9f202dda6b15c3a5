"""Figures of lesson 02: arrays in, interactive figures out. What they compute live is in labs.py and its twins."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.upsampling import labs
from helpers.upsampling.entries import Entries
from helpers.upsampling.unpooling_figures import stage_by_stage as stage_by_stage

SCRIPT = Path(__file__).with_name("kernels.js")
# Below 0, 0, above 0. Dark ink stays legible on all three, and they differ to the colour-blind as well.
ENDS = np.array([(235, 125, 45), (249, 248, 251), (150, 105, 250)], float)
SIGNED = np.stack([np.interp(np.linspace(-1, 1, 256), [-1, 0, 1], end) for end in ENDS.T], 1)
SIGNED = np.floor(SIGNED + 0.5).astype(np.uint8)
GREY = np.full((256, 3), 160, np.uint8)  # what padding cuts off, and stamps not yet laid, turn towards it
MOST_VALUES, MOST_KERNEL = 16, 6


def stamp_stepper(values: object, kernel: object, stride: int = 2, alt: str = "") -> fig.Figure:
    """Lay a transposed convolution down stamp by stamp, with numbers that can be typed, and see it as a matrix.

    Args:
        values: (h, w) numbers, one channel of at most 16 values.
        kernel: (k, k) weights, k from 1 to 5.
        stride: output cells from one stamp to the next at first, 1 to 3.
        alt: what the figure is for, for a reader who hears the page.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """
    values, kernel = _grid(values, "input"), _grid(kernel, "kernel")
    shape, n = list(values.shape), values.size
    if n > MOST_VALUES:
        raise ValueError(f"The input has {n} values; expected at most {MOST_VALUES}. Take a part of it.")
    step = fig.Slider("Last stamp", n, first=0, labels=[f"{i + 1} of {n}" for i in range(n)], play=True)
    view = fig.Choice("The output shows", ["running sum", "stamps on each cell"])
    sizes = ["as typed", *(f"{k} x {k}" for k in range(1, labs.MOST_WEIGHTS + 1))]
    settings = {
        "input": fig.Field("Input", _typed(values), button="Take"),
        "kernel": fig.Field("Kernel", _typed(kernel), most=400, button="Take"),
        "size": fig.Slider("Kernel size", len(sizes), labels=sizes),
        "stride": fig.Slider("Stride", range(1, 4), stride),
        "padding": fig.Slider("Padding", 3),
        "added": fig.Slider("Output padding", 3),
    }
    canvas = fig.Lab(SCRIPT, "stamp_canvas", labs.stamp_canvas, shape=shape, **settings)
    cell = fig.Cell("Output cell", (canvas["height"], canvas["width"]), (stride, stride))
    counts = view.on("stamps on each cell")
    now = fig.Lab(SCRIPT, "stamps", labs.stamps, step=step, counts=counts, cell=cell, shape=shape, **settings)

    typed = Entries("Kernel's cell", settings["kernel"], now["weights"], labs.LARGEST)
    k, j = fig.Each(n), fig.Each(n)
    return fig.Figure(
        fig.Column(
            fig.Row(
                k,
                _signed(now, now["tiles"][k], "input_limit"),
                fig.Box([2, 2, labs.TILE - 4, labs.TILE - 4], when=now["gives"][k]),
                fig.Note(4, 5, now["input_texts"][k]),
                title="Input",
                columns=shape[1],
                choose=step,
                side=170,
            ),
            _table(
                now, "weight", "weight_limit", "weight_used", title="Kernel: type in its cells", pointer=typed
            ),
        ),
        fig.Stage(
            _signed(now, now["output"], "output_limit"),
            fig.Heat(now["cut"], 0, 1, GREY, blend=67),
            fig.Box(now["output_places"], now["output_texts"]),
            fig.Box(now["window"]),
            fig.Box(now["stamp"]),
            fig.Box(now["chosen"]),
            title="Output",
            pointer=cell,
        ),
        fig.Row(
            j,
            _signed(now, now["columns"][j], "weight_limit"),
            fig.Heat(now["waiting"][j], 0, 1, GREY, blend=67),
            fig.Box(now["entry"]),
            title="Matrix: a column a stamp",
            choose=step,
            side=384,
        ),
        also=(step, *settings.values(), view),
        caption="{told}",
        lines=3,
        alt=alt or "A transposed convolution, stamp by stamp, and its matrix.",
        still={"Last stamp": n - 1},  # a poster shows the finished sum
        told=now["told"],
    )


def _grid(values: object, called: str) -> np.ndarray:
    """A grid of numbers that can be typed, or a ValueError."""
    grid = taking.numbers(values, called).astype(float)
    if grid.ndim != 2 or not grid.size or not (np.abs(grid) <= labs.LARGEST).all():
        raise ValueError(
            f"The {called} has shape {grid.shape}; expected (h, w) numbers from -{labs.LARGEST} to {labs.LARGEST}. "
            "Take one channel, and scale it first."
        )
    return grid


def _typed(grid: np.ndarray) -> str:
    """A grid as a reader types it."""
    return "; ".join(" ".join(f"{each:g}" for each in row) for row in grid)


def _signed(now: fig.Lab, values: fig.Symbol, limit: str) -> fig.Heat:
    """Values on a scale that has 0 in its middle, from minus a limit to it."""
    return fig.Heat(values, now[f"minus_{limit}"], now[limit], SIGNED)


def _table(now: fig.Lab, name: str, limit: str, framed: str, **options: object) -> fig.Stage:
    """A grid of values with a text in each cell, some of them framed."""
    texts = fig.Box(now[f"{name}_places"], now[f"{name}_texts"])
    return fig.Stage(_signed(now, now[f"{name}s"], limit), texts, fig.Box(now[framed]), side=170, **options)


def checkerboard(kernels: Mapping[str, object], cells: int = 8, alt: str = "") -> fig.Figure:
    """See what kernels make of a constant input: the pattern, the kernel's phase sums and the pattern's spectrum.

    Args:
        kernels: name -> (k, k) weights, k from 1 to 6.
        cells: input cells along a side whose output is shown; there are more around them, so no border shows.
        alt: what the figure is for, for a reader who hears the page.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """
    names = taking.distinct(list(kernels), "kernels")
    weights = [_grid(each, name) for name, each in kernels.items()]
    for name, grid in zip(names, weights, strict=True):
        if grid.shape[0] != grid.shape[1] or len(grid) > MOST_KERNEL:
            raise ValueError(
                f"The kernel {name!r} has shape {grid.shape}; expected (k, k), k from 1 to {MOST_KERNEL}."
            )
    which = fig.Choice("Kernel", names, keys="[]")
    method = fig.Choice("Upsampling", ["transposed convolution", "resize, then convolve"])
    stride = fig.Slider("Stride", range(1, 5), 2)
    side = fig.array([cells * size for size in range(5)])[stride]
    place = fig.Cell("Pixel", (side, side))
    now = fig.Lab(
        SCRIPT,
        "checkerboard",
        labs.checkerboard,
        kernel=fig.choose(which, *map(fig.array, weights)),
        stride=stride,
        resized=method.on("resize, then convolve"),
        cells=cells,
        place=place,
    )
    return fig.Figure(
        fig.Stage(
            _signed(now, now["output"], "limit"),
            fig.Dots(now["dots"], radius=0.12),
            title="Output for a constant 1",
            pointer=place,
            side=288,
        ),
        fig.Column(
            _table(now, "weight", "weight_limit", "own", title="Kernel", pointer=place),
            _table(now, "sum", "limit", "sum_box", title="Its phase sums", pointer=place),
        ),
        fig.Stage(
            fig.Heat(now["spectrum"], labs.FAINTEST, 0, "inferno"),
            title="Its spectrum, black to yellow",
            side=288,
        ),
        also=(which, method, stride),
        caption="{Kernel}, {Upsampling} at stride {Stride}: phase sums from {low:.2f} to {high:.2f}, artefact "
        "{strength:.2f} (deviation over mean size). {why} Phase {phase} gets {count} weights: {chosen:.2f}.",
        lines=3,
        alt=alt or "The pattern that a kernel prints on a constant input.",
        **{name: now[name] for name in ("low", "high", "strength", "why", "phase", "count", "chosen")},
    )
